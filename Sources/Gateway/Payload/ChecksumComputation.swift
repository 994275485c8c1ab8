import CChecksums
import Crypto
import S3Wire

/// One of S3's object checksums in the making.
struct ChecksumComputation: ~Copyable {
    let algorithm: ChecksumAlgorithm
    private var crc: UInt64 = 0
    private var hasher: Hasher?

    init(_ algorithm: ChecksumAlgorithm) {
        self.algorithm = algorithm
        switch algorithm {
        case .sha1: hasher = Hasher(.sha1)
        case .sha256: hasher = Hasher(.sha256)
        case .crc32, .crc32c, .crc64nvme: hasher = nil
        }
    }

    mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            let address = raw.baseAddress
            switch algorithm {
            case .crc32:
                crc = unsafe UInt64(
                    sealgate_crc32(UInt32(truncatingIfNeeded: crc), address, raw.count)
                )
            case .crc32c:
                crc = unsafe UInt64(
                    sealgate_crc32c(UInt32(truncatingIfNeeded: crc), address, raw.count)
                )
            case .crc64nvme: crc = unsafe sealgate_crc64nvme(crc, address, raw.count)
            case .sha1, .sha256: break
            }
        }
        hasher?.update(bytes)
    }

    /// The checksum, big-endian as S3 writes it: 4, 8, 20 or 32 bytes.
    mutating func finish() -> [UInt8] {
        if let digest = hasher?.finish() { return digest }
        let count = algorithm == .crc64nvme ? 8 : 4
        return (0..<count).map { index in
            UInt8(truncatingIfNeeded: crc >> UInt64((count - 1 - index) * 8))
        }
    }
}
