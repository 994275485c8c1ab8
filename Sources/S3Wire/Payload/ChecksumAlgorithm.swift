/// The checksums that S3 knows and Sealgate computes.
public enum ChecksumAlgorithm: String, CaseIterable, Sendable {
    /// CRC-32 of ISO 3309, 4 bytes.
    case crc32 = "CRC32"
    /// CRC-32C (Castagnoli), 4 bytes.
    case crc32c = "CRC32C"
    /// CRC-64/NVME, 8 bytes.
    case crc64nvme = "CRC64NVME"
    /// SHA-1, 20 bytes.
    case sha1 = "SHA1"
    /// SHA-256, 32 bytes.
    case sha256 = "SHA256"

    /// The length of a value in bytes.
    public var digestCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// The header or trailer that carries a value, as `x-amz-checksum-crc32`.
    public var fieldName: String {
        switch self {
        case .crc32: "x-amz-checksum-crc32"
        case .crc32c: "x-amz-checksum-crc32c"
        case .crc64nvme: "x-amz-checksum-crc64nvme"
        case .sha1: "x-amz-checksum-sha1"
        case .sha256: "x-amz-checksum-sha256"
        }
    }

    /// The XML element that carries a value, as `ChecksumCRC32`.
    public var elementName: String {
        switch self {
        case .crc32: "ChecksumCRC32"
        case .crc32c: "ChecksumCRC32C"
        case .crc64nvme: "ChecksumCRC64NVME"
        case .sha1: "ChecksumSHA1"
        case .sha256: "ChecksumSHA256"
        }
    }

    /// The algorithm that an XML element carries, else `nil`.
    public init?(elementName: String) {
        guard let algorithm = Self.allCases.first(where: { $0.elementName == elementName }) else {
            return nil
        }
        self = algorithm
    }

    /// The algorithm that a header or trailer of that name (lower case) carries, else `nil`.
    public init?(fieldName: String) {
        guard let algorithm = Self.allCases.first(where: { $0.fieldName == fieldName }) else {
            return nil
        }
        self = algorithm
    }
}

/// A checksum as S3's documents show it: base64, with `-N` behind it where it is of N parts.
public struct ChecksumText: Equatable, Sendable {
    /// The algorithm.
    public var algorithm: ChecksumAlgorithm
    /// The value, base64.
    public var text: String

    /// A checksum from its parts.
    public init(_ algorithm: ChecksumAlgorithm, _ text: String) {
        self.algorithm = algorithm
        self.text = text
    }

    func write(to writer: inout XMLWriter) { writer.element(algorithm.elementName, text) }
}
