public import HTTPWire

/// What the checksum of a multipart object is over.
public enum ChecksumType: String, Sendable {
    /// The parts' checksums, one behind the other; written with `-N` behind it.
    case composite = "COMPOSITE"
    /// The object's bytes.
    case fullObject = "FULL_OBJECT"

    /// Reads what CreateMultipartUpload asks for.
    ///
    /// - Returns: the algorithm of `x-amz-checksum-algorithm` with the type of
    ///   `x-amz-checksum-type` or its default; `nil` where no algorithm is named.
    /// - Throws: `InvalidRequest` for unknown values and for pairs that don't go together.
    public static func requested(
        _ fields: HTTPFields
    ) throws(S3Error) -> (algorithm: ChecksumAlgorithm, type: ChecksumType)? {
        let typeText = fields["x-amz-checksum-type"]
        guard let text = fields["x-amz-checksum-algorithm"] else {
            guard typeText == nil else {
                throw S3Error(
                    .invalidRequest,
                    "The x-amz-checksum-type header can only be used with the "
                        + "x-amz-checksum-algorithm header."
                )
            }
            return nil
        }
        guard let algorithm = ChecksumAlgorithm(rawValue: text.uppercased()) else {
            throw S3Error(
                .invalidRequest,
                "Checksum algorithm provided is unsupported. Please try again with any of the "
                    + "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
            )
        }
        guard let typeText else { return (algorithm, algorithm.defaultType) }
        guard let type = ChecksumType(rawValue: typeText.uppercased()) else {
            throw S3Error(.invalidRequest, "Value for x-amz-checksum-type header is invalid.")
        }
        guard algorithm.permits(type) else {
            throw S3Error(
                .invalidRequest,
                "The \(type.rawValue) checksum type cannot be used with the "
                    + "\(algorithm.rawValue.lowercased()) checksum algorithm."
            )
        }
        return (algorithm, type)
    }
}

extension ChecksumAlgorithm {
    /// The type that multipart uploads get where they name none.
    public var defaultType: ChecksumType { self == .crc64nvme ? .fullObject : .composite }

    /// Whether the checksum of an object can be of that type.
    public func permits(_ type: ChecksumType) -> Bool {
        switch self {
        case .crc32, .crc32c: true
        case .crc64nvme: type == .fullObject
        case .sha1, .sha256: type == .composite
        }
    }
}
