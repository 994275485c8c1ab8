import S3Wire

/// What a request promised of its body, to be kept at the body's end.
struct PayloadExpectations: Sendable {
    /// The SHA-256 that the signature covers.
    var sha256: [UInt8]?
    /// `Content-MD5` and checksums: declared in headers or announced for the trailers.
    var declared: ChecksumHeaders?
    /// Whether the plaintext's MD5 is wanted for an ETag.
    var wantsMD5 = false
    /// The number of bytes that the client stated; `nil` where it may be any up to `countMax`.
    var count: UInt64?
    /// The most bytes that are taken.
    var countMax: UInt64 = 0

    /// What the body must turn out to be, as far as its head says.
    var declaredFacts: PayloadFacts {
        PayloadFacts(
            md5: declared?.contentMD5,
            checksum: declared?.declared.map {
                ChecksumValue(algorithm: $0.algorithm, value: $0.value)
            }
        )
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
