import HTTPWire
import S3Wire
import SealedObject
import SigV4

/// How a request's body comes and what it must be, from its head alone.
struct PayloadPlan {
    var mode: PayloadMode
    var expected: PayloadExpectations

    /// The plaintext's length in bytes.
    var count: Int { Int(clamping: expected.count) }

    /// The plan of an upload.
    ///
    /// - Throws: `MissingContentLength` where no length was stated, `EntityTooLarge` above 5 GiB,
    ///   and what malformed digests and checksums are answered.
    init(_ scope: RequestScope) throws(S3Error) {
        try self.init(scope, countMax: UInt64(SealedFormat.streamCountMax))
    }

    /// The plan of a body of at most `countMax` bytes.
    init(_ scope: RequestScope, countMax: UInt64) throws(S3Error) {
        let head = scope.head
        mode = try PayloadMode(head.fields)
        expected = PayloadExpectations()
        guard let count = try mode.decodedLength(of: head) else {
            throw S3Error(.missingContentLength)
        }
        guard count <= countMax else {
            throw S3Error(
                .entityTooLarge,
                details: [
                    .init("ProposedSize", String(count)), .init("MaxSizeAllowed", String(countMax)),
                ]
            )
        }
        expected.count = count
        if case .sha256(let digest)? = scope.sender?.identity.payload { expected.sha256 = digest }
        // A Complete's checksum headers are the object's, not its document's.
        guard scope.operation != .completeMultipartUpload else { return }
        let declared = try ChecksumHeaders(head.fields)
        expected.md5 = declared.contentMD5
        expected.checksum = declared.algorithm
        expected.checksumValue = declared.declared?.value
        expected.checksumInTrailer = declared.trailer != nil
    }

    /// A reader for the body.
    func reader(_ scope: RequestScope) throws(S3Error) -> PayloadReader {
        guard mode.isChunkSigned, let sender = scope.sender else {
            return PayloadReader(mode: mode, expected: expected, chunks: nil)
        }
        let chunks = try scope.loop.authenticator.chunkVerifier(for: sender)
        return PayloadReader(mode: mode, expected: expected, chunks: consume chunks)
    }
}
