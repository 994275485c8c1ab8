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

    var md5: MD5Stream?
    private var sha256: Hasher?
    private var checksum: ChecksumComputation?

    init(_ expected: PayloadExpectations) {
        if expected.declared?.contentMD5 != nil || expected.wantsMD5 { md5 = MD5Stream() }
        if expected.sha256 != nil { sha256 = Hasher(.sha256) }
        if let algorithm = expected.declared?.algorithm {
            checksum = ChecksumComputation(algorithm)
        }
    }

    mutating func update(_ bytes: Span<UInt8>) {
        md5?.update(bytes)
        updateAllButMD5(bytes)
    }

    mutating func updateAllButMD5(_ bytes: Span<UInt8>) {
        sha256?.update(bytes)
        checksum?.update(bytes)
    }

    mutating func finish() -> Found {
        Found(md5: md5?.finish(), sha256: sha256?.finish(), checksum: checksum?.finish())
    }
}

extension PayloadExpectations {
    /// Whether digests are wanted that take as long as sealing does, or longer.
    var wantsSlowDigests: Bool { wantsSomeMD5 || wantsSHA }

    /// Whether MD5 is the only one of them.
    var wantsOnlyMD5: Bool { wantsSomeMD5 && !wantsSHA }

    private var wantsSomeMD5: Bool { wantsMD5 || declared?.contentMD5 != nil }

    private var wantsSHA: Bool {
        if sha256 != nil { return true }
        switch declared?.algorithm {
        case .sha1, .sha256: return true
        case .crc32, .crc32c, .crc64nvme, nil: return false
        }
    }
}
