internal import Encoding
public import HTTPWire

/// How a body is sent and signed, as `x-amz-content-sha256` says.
public enum PayloadMode: Equatable, Sendable {
    /// The header is absent.
    case absent
    /// Raw, with this SHA-256, 32 bytes.
    case signed(digest: [UInt8])
    /// `UNSIGNED-PAYLOAD`: raw and not signed.
    case unsigned
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: aws-chunked with a trailer, not signed.
    case streamingUnsignedTrailer
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: aws-chunked, each chunk signed.
    case streamingSigned
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: aws-chunked, chunks and trailer signed.
    case streamingSignedTrailer

    /// Whether the body is in aws-chunked framing.
    public var isChunked: Bool {
        switch self {
        case .absent, .signed, .unsigned: false
        case .streamingUnsignedTrailer, .streamingSigned, .streamingSignedTrailer: true
        }
    }

    /// Whether each chunk carries a signature.
    public var isChunkSigned: Bool { self == .streamingSigned || self == .streamingSignedTrailer }

    /// Whether trailers follow the last chunk.
    public var hasTrailers: Bool {
        self == .streamingUnsignedTrailer || self == .streamingSignedTrailer
    }

    /// The header.
    public static let fieldName = "x-amz-content-sha256"

    /// Reads the header.
    ///
    /// - Throws: `NotImplemented` for ECDSA signatures, `InvalidArgument` for any other value.
    public init(_ fields: HTTPFields) throws(S3Error) {
        guard let index = fields.firstIndex(of: Self.fieldName) else {
            self = .absent
            return
        }
        let value = fields.value(at: index)
        switch value {
        case "UNSIGNED-PAYLOAD": self = .unsigned
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": self = .streamingUnsignedTrailer
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": self = .streamingSigned
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": self = .streamingSignedTrailer
        case "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER":
            throw .notImplemented(header: Self.fieldName)
        default:
            guard fields.occurrences(of: Self.fieldName) == 1, let digest = Hex.decode(value),
                digest.count == 32
            else {
                throw .invalidArgument(
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                        + "STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                        + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                        + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
                    name: Self.fieldName,
                    value: value
                )
            }
            self = .signed(digest: digest)
        }
    }

    /// The length of the object that a request sends, before any byte of it came.
    ///
    /// In aws-chunked framing `x-amz-decoded-content-length` says it, else the body's length.
    ///
    /// - Returns: `nil` where nothing says it.
    /// - Throws: `InvalidArgument` where `x-amz-decoded-content-length` isn't a number.
    public func decodedLength(of head: HTTPRequestHead) throws(S3Error) -> UInt64? {
        let name = "x-amz-decoded-content-length"
        if isChunked, let text = head.fields[name] {
            guard head.fields.occurrences(of: name) == 1,
                let length = DecimalText.unsigned(text.utf8)
            else {
                throw .invalidArgument("The decoded length is invalid.", name: name, value: text)
            }
            return length
        }
        guard !isChunked, case .known(let length) = head.bodyLength else { return nil }
        return length
    }
}
