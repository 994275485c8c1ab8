import Crypto
import S3Wire

/// The digests that a body's promises and its ETag need, in the making.
struct PayloadDigests: ~Copyable {
    /// What was computed of a whole body.
    struct Found: Equatable, Sendable {
        /// 16 bytes.
        var md5: [UInt8]?
        /// 32 bytes.
        var sha256: [UInt8]?
        /// The object's checksum, as S3 writes it.
        var checksum: [UInt8]?
    }

    private var md5: Hasher?
    private var sha256: Hasher?
    private var checksum: ChecksumComputation?

    init(_ expected: PayloadExpectations) {
        if expected.declared?.contentMD5 != nil || expected.wantsMD5 { md5 = Hasher(.md5) }
        if expected.sha256 != nil { sha256 = Hasher(.sha256) }
        if let algorithm = expected.declared?.algorithm {
            checksum = ChecksumComputation(algorithm)
        }
    }

    mutating func update(_ bytes: Span<UInt8>) {
        md5?.update(bytes)
        sha256?.update(bytes)
        checksum?.update(bytes)
    }

    mutating func finish() -> Found {
        Found(md5: md5?.finish(), sha256: sha256?.finish(), checksum: checksum?.finish())
    }
}

extension PayloadExpectations {
    /// Whether digests are wanted that take as long as sealing does, or longer.
    var wantsSlowDigests: Bool {
        if wantsMD5 || sha256 != nil || declared?.contentMD5 != nil { return true }
        switch declared?.algorithm {
        case .sha1, .sha256: return true
        case .crc32, .crc32c, .crc64nvme, nil: return false
        }
    }
}
