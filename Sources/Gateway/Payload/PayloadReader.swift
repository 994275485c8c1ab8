import Crypto
import Encoding
import HTTPWire
import S3Wire
import SigV4

/// Turns a request's body into the object's plaintext, and verifies all that was promised of it.
///
/// Pieces are lent to the caller as they come; the verdict comes with `finish`, and nothing may be
/// committed before it. Bound to one event loop.
final class PayloadReader {
    private let mode: PayloadMode
    private let expected: PayloadExpectations
    private var decoder: AWSChunkedDecoder?
    private var chunks: ChunkSignatureVerifier?
    private var chunkSignature: [UInt8] = []
    private var trailers = HTTPFields()
    private var count: UInt64 = 0
    private var digests: PayloadDigests?
    /// The digests where they are computed beside the loop.
    let digestWork: DigestWork?

    /// A reader of a body in `mode`; `chunks` where the mode signs its chunks.
    ///
    /// Digests are computed as the body comes, or by `digestWork`.
    init(
        mode: PayloadMode,
        expected: PayloadExpectations,
        chunks: consuming ChunkSignatureVerifier?,
        digestWork: DigestWork? = nil
    ) {
        self.mode = mode
        self.expected = expected
        self.chunks = chunks
        if mode.isChunked {
            decoder = AWSChunkedDecoder(mode: mode, decodedLength: expected.count)
        }
        self.digestWork = digestWork
        if digestWork == nil { digests = PayloadDigests(expected) }
    }

    /// Takes the next bytes of the body; `sink` is lent the plaintext among them.
    ///
    /// - Throws: `IncompleteBody` for more than was stated, `SignatureDoesNotMatch`, and what
    ///   broken framing is answered.
    func receive(
        _ bytes: Span<UInt8>,
        _ sink: (Span<UInt8>) throws(S3Error) -> Void
    ) throws(S3Error) {
        guard decoder != nil else { return try take(bytes, sink) }
        var position = 0
        while let event = try next(bytes, &position) {
            switch event {
            case .chunkBegan(_, let signature): chunkSignature = Array((signature ?? "").utf8)
            case .data(let range):
                let data = bytes.extracting(range)
                try verifying { chunks throws(SigV4Error) in try chunks?.update(data) }
                try take(data, sink)
            case .chunkEnded:
                let signature = chunkSignature
                try verifying { chunks throws(SigV4Error) in
                    try chunks?.endChunk(signature: signature.span)
                }
            case .trailers(let fields, let signature, _):
                trailers = fields
                guard mode == .streamingSignedTrailer else { continue }
                let text = Array((signature ?? "").utf8)
                try verifying { chunks throws(SigV4Error) in
                    try chunks?.verifyTrailers(fields, signature: text.span)
                }
            case .end: break
            }
        }
    }

    /// The body is complete: whether it is what was promised, of a reader without digest work.
    ///
    /// - Throws: `IncompleteBody`, `XAmzContentSHA256Mismatch`, `BadDigest`,
    ///   `MalformedTrailerError` for a trailer that is missing, `InvalidRequest` for a malformed
    ///   one, `SignatureDoesNotMatch`.
    func finish() throws(S3Error) -> PayloadFacts {
        try checkEnd()
        guard let found = digests?.finish() else { throw S3Error(.internalError) }
        return try verdict(found)
    }

    /// The body is complete: likewise, of a reader with digest work, once that is done.
    func finish(
        _ work: DigestWork,
        then completion: @escaping (Result<PayloadFacts, S3Error>) -> Void
    ) {
        do throws(S3Error) {
            try checkEnd()
        } catch {
            return completion(.failure(error))
        }
        work.finish { [self] found in
            completion(
                Result { () throws(S3Error) in
                    guard let found else { throw S3Error(.serviceUnavailable) }
                    return try verdict(found)
                }
            )
        }
    }

    /// Whether the body's framing ended as it must, and all of it came.
    private func checkEnd() throws(S3Error) {
        if decoder != nil {
            do throws(AWSChunkedError) { try decoder?.finish() } catch { throw error.response }
            try verifying { chunks throws(SigV4Error) in try chunks?.finish() }
        }
        guard count == expected.count ?? count else { throw S3Error(.incompleteBody) }
    }

    private func verdict(_ found: PayloadDigests.Found) throws(S3Error) -> PayloadFacts {
        if let expected = expected.sha256, let found = found.sha256 {
            guard ConstantTime.equal(found, expected) else {
                throw S3Error(
                    .xAmzContentSHA256Mismatch,
                    details: [
                        .init("ClientComputedContentSHA256", Hex.encode(expected)),
                        .init("S3ComputedContentSHA256", Hex.encode(found)),
                    ]
                )
            }
        }
        if let declared = expected.declared?.contentMD5 {
            guard found.md5 == declared else { throw S3Error(.badDigest) }
        }
        return PayloadFacts(md5: found.md5, checksum: try checksum(found.checksum))
    }

    private func checksum(_ found: [UInt8]?) throws(S3Error) -> ChecksumValue? {
        guard let declared = expected.declared else { return nil }
        // Looked at in any case: a checksum in the trailers that nobody announced is refused.
        let trailing = try declared.trailerChecksum(in: trailers)
        guard let promised = declared.declared ?? trailing, let found else {
            return nil
        }
        guard promised.value == found else { throw ChecksumHeaders.mismatch(promised.algorithm) }
        return ChecksumValue(algorithm: promised.algorithm, value: found)
    }

    private func take(
        _ data: Span<UInt8>,
        _ sink: (Span<UInt8>) throws(S3Error) -> Void
    ) throws(S3Error) {
        guard data.count > 0 else { return }
        let (total, overflow) = count.addingReportingOverflow(UInt64(data.count))
        if let stated = expected.count, overflow || total > stated {
            throw S3Error(.incompleteBody)
        }
        guard !overflow, total <= expected.countMax else {
            throw PayloadPlan.tooLarge(total, expected.countMax)
        }
        count = total
        if let digestWork { digestWork.update(data) } else { digests?.update(data) }
        try sink(data)
    }

    private func next(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(S3Error) -> AWSChunkedDecoder.Event? {
        do throws(AWSChunkedError) {
            return try decoder?.next(bytes, &position)
        } catch {
            throw error.response
        }
    }

    private func verifying(
        _ body: (inout ChunkSignatureVerifier?) throws(SigV4Error) -> Void
    ) throws(S3Error) {
        do throws(SigV4Error) {
            try body(&chunks)
        } catch {
            throw S3Error(error)
        }
    }
}
