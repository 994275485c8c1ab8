/// A checksum of the plaintext that the client gave or asked for.
public struct ObjectChecksum: Hashable, Sendable {
    /// The algorithm: the first byte of the attribute.
    public enum Algorithm: UInt8, CaseIterable, Sendable {
        /// CRC-32, 4 bytes.
        case crc32 = 1
        /// CRC-32C, 4 bytes.
        case crc32c = 2
        /// CRC-64/NVME, 8 bytes.
        case crc64nvme = 3
        /// SHA-1, 20 bytes.
        case sha1 = 4
        /// SHA-256, 32 bytes.
        case sha256 = 5
        /// SHA-512, 64 bytes.
        case sha512 = 6
        /// MD5, 16 bytes.
        case md5 = 7
        /// XXH64, 8 bytes.
        case xxhash64 = 8
        /// XXH3 with 64 bits, 8 bytes.
        case xxhash3 = 9
        /// XXH3 with 128 bits, 16 bytes.
        case xxhash128 = 10

        /// The length of a value in bytes.
        public var valueCount: Int {
            switch self {
            case .crc32, .crc32c: 4
            case .crc64nvme, .xxhash3, .xxhash64: 8
            case .md5, .xxhash128: 16
            case .sha1: 20
            case .sha256: 32
            case .sha512: 64
            }
        }
    }

    /// What the checksum is over: the second byte of the attribute.
    public enum Scope: UInt8, Sendable {
        /// FULL_OBJECT: all bytes.
        case fullObject = 0
        /// COMPOSITE: the parts' checksums; how many is the number of parts.
        case composite = 1
    }

    /// The algorithm.
    public let algorithm: Algorithm
    /// What it is over.
    public let scope: Scope
    /// The value, `algorithm.valueCount` bytes.
    public let value: [UInt8]

    /// A checksum.
    ///
    /// - Throws: `.attributeInvalid(8)` for a value of another length than the algorithm's.
    public init(
        _ algorithm: Algorithm,
        _ scope: Scope,
        value: [UInt8]
    ) throws(SealedObjectError) {
        guard value.count == algorithm.valueCount else {
            throw .attributeInvalid(AttributeType.checksum.rawValue)
        }
        self.algorithm = algorithm
        self.scope = scope
        self.value = value
    }
}
