import HTTPWire
import S3Wire
import SealedObject
import SigV4

/// How a request's body comes and what it must be, from its head alone.
struct PayloadPlan {
    var mode: PayloadMode
    var expected: PayloadExpectations

    /// The plaintext's length in bytes.
    var count: Int { Int(clamping: expected.count ?? 0) }

    /// The plan of an upload, whose length must be known.
    ///
    /// - Throws: `MissingContentLength` where no length was stated, `EntityTooLarge` above 5 GiB,
    ///   and what malformed digests and checksums are answered.
    init(_ scope: RequestScope) throws(S3Error) {
        try self.init(scope, countMax: UInt64(SealedFormat.streamCountMax))
        guard expected.count != nil else { throw S3Error(.missingContentLength) }
    }

    /// The plan of a document of at most `countMax` bytes.
    ///
    /// - Throws: as for an upload, but a length needn't be stated of a body that isn't in chunks
    ///   of its own.
    init(_ scope: RequestScope, countMax: UInt64) throws(S3Error) {
        mode = try PayloadMode(scope.head.fields)
        expected = PayloadExpectations(countMax: countMax)
        expected.count = try mode.decodedLength(of: scope.head)
        if expected.count == nil, mode.isChunked { throw S3Error(.missingContentLength) }
        if let count = expected.count, count > countMax {
            throw Self.tooLarge(count, countMax)
        }
        expected.sha256 = try Self.signedDigest(mode, scope.sender?.identity.payload)
        // A Complete's checksum headers are the object's, not its document's.
        guard scope.operation != .completeMultipartUpload else { return }
        expected.declared = try ChecksumHeaders(scope.head.fields)
    }

    /// A reader for the body of an upload: digests of large ones are computed beside the loop.
    func uploadReader(_ scope: RequestScope) throws(S3Error) -> PayloadReader {
        guard let threads = scope.loop.services.digestThreads, expected.wantsSlowDigests,
            let count = expected.count, count >= DigestThreads.bodyCountMin
        else { return try reader(scope) }
        return try reader(scope, DigestWork(expected, threads, on: scope.loop.eventLoop))
    }

    /// A reader for the body.
    func reader(
        _ scope: RequestScope,
        _ digestWork: DigestWork? = nil
    ) throws(S3Error) -> PayloadReader {
        guard mode.isChunkSigned, let sender = scope.sender else {
            return PayloadReader(
                mode: mode,
                expected: expected,
                chunks: nil,
                digestWork: digestWork
            )
        }
        let chunks = try scope.loop.authenticator.chunkVerifier(for: sender)
        return PayloadReader(
            mode: mode,
            expected: expected,
            chunks: consume chunks,
            digestWork: digestWork
        )
    }

    /// The SHA-256 that the body must have: by the signature, else by the header.
    ///
    /// - Throws: `InvalidRequest` where a signature in the query wants chunks that no header
    ///   announces: they would be stored as they are, unverified.
    private static func signedDigest(
        _ mode: PayloadMode,
        _ payload: SigV4Payload?
    ) throws(S3Error) -> [UInt8]? {
        switch payload {
        case .sha256(let digest): return digest
        case .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer:
            guard mode.isChunked else {
                throw S3Error(
                    .invalidRequest,
                    "Missing required header for this request: x-amz-content-sha256"
                )
            }
        case .unsigned, nil: break
        }
        if case .signed(let digest) = mode { return digest }
        return nil
    }

    static func tooLarge(_ count: UInt64, _ countMax: UInt64) -> S3Error {
        S3Error(
            .entityTooLarge,
            details: [
                .init("ProposedSize", String(count)), .init("MaxSizeAllowed", String(countMax)),
            ]
        )
    }
}
