import S3Wire

/// What a request promised of its body, to be kept at the body's end.
struct PayloadExpectations: Sendable {
    /// The SHA-256 that the signature covers.
    var sha256: [UInt8]?
    /// `Content-MD5`, 16 bytes.
    var md5: [UInt8]?
    /// The checksum to compute: declared in a header or announced for the trailers.
    var checksum: ChecksumAlgorithm?
    /// The checksum's value where a header declared it.
    var checksumValue: [UInt8]?
    /// Whether the checksum's value must come in the trailers.
    var checksumInTrailer = false
    /// Whether the plaintext's MD5 is wanted for an ETag.
    var wantsMD5 = false
    /// The number of bytes that the client stated.
    var count: UInt64 = 0

    /// What the body must turn out to be, as far as its head says.
    var declared: PayloadFacts {
        let value = checksumValue.flatMap { value in
            checksum.map { ChecksumValue(algorithm: $0, value: value) }
        }
        return PayloadFacts(md5: md5, checksum: value)
    }
}

/// What was found of a body that kept its promises.
struct PayloadFacts: Sendable {
    /// The plaintext's MD5, 16 bytes, where it was wanted.
    var md5: [UInt8]?
    /// The checksum and its value, where one was asked for.
    var checksum: ChecksumValue?
}

/// A checksum of a plaintext.
struct ChecksumValue: Equatable, Sendable {
    var algorithm: ChecksumAlgorithm
    var value: [UInt8]
}
