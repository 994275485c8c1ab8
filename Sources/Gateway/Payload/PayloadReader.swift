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
    private var md5: Hasher?
    private var sha256: Hasher?
    private var checksum: ChecksumComputation?

    /// A reader of a body in `mode`; `chunks` where the mode signs its chunks.
    init(
        mode: PayloadMode,
        expected: PayloadExpectations,
        chunks: consuming ChunkSignatureVerifier?
    ) {
        self.mode = mode
        self.expected = expected
        self.chunks = chunks
        if mode.isChunked {
            decoder = AWSChunkedDecoder(mode: mode, decodedLength: expected.count)
        }
        if expected.declared?.contentMD5 != nil || expected.wantsMD5 { md5 = Hasher(.md5) }
        if expected.sha256 != nil { sha256 = Hasher(.sha256) }
        if let algorithm = expected.declared?.algorithm {
            checksum = ChecksumComputation(algorithm)
        }
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

    /// The body is complete: whether it is what was promised.
    ///
    /// - Throws: `IncompleteBody`, `XAmzContentSHA256Mismatch`, `BadDigest`,
    ///   `MalformedTrailerError` for a trailer that is missing, `InvalidRequest` for a malformed
    ///   one, `SignatureDoesNotMatch`.
    func finish() throws(S3Error) -> PayloadFacts {
        if decoder != nil {
            do throws(AWSChunkedError) { try decoder?.finish() } catch { throw error.response }
            try verifying { chunks throws(SigV4Error) in try chunks?.finish() }
        }
        guard count == expected.count ?? count else { throw S3Error(.incompleteBody) }
        if let expected = expected.sha256, let found = sha256?.finish() {
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
        let foundMD5 = md5?.finish()
        if let declared = expected.declared?.contentMD5 {
            guard foundMD5 == declared else { throw S3Error(.badDigest) }
        }
        return PayloadFacts(md5: foundMD5, checksum: try finishChecksum())
    }

    private func finishChecksum() throws(S3Error) -> ChecksumValue? {
        guard let declared = expected.declared else { return nil }
        // Looked at in any case: a checksum in the trailers that nobody announced is refused.
        let trailing = try declared.trailerChecksum(in: trailers)
        guard let promised = declared.declared ?? trailing, let found = checksum?.finish() else {
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
        md5?.update(data)
        sha256?.update(data)
        checksum?.update(data)
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
