internal import Encoding

/// What a signature says of the body: the value of `x-amz-content-sha256`.
public enum SigV4Payload: Hashable, Sendable {
    /// The SHA-256 of the body, 32 bytes: to be compared with what arrives.
    case sha256([UInt8])
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: aws-chunked, each chunk signed.
    case streamingSigned
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: aws-chunked, chunks and trailers signed.
    case streamingSignedTrailer
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: aws-chunked with a checksum in a trailer.
    case streamingUnsignedTrailer
    /// `UNSIGNED-PAYLOAD`: nothing.
    case unsigned

    /// The SHA-256 of no bytes.
    public static let empty = SigV4Payload.sha256(emptyDigest)

    static let emptyDigest: [UInt8] = [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]

    /// The value of `x-amz-content-sha256`.
    public var headerValue: String {
        switch self {
        case .sha256(let digest): Hex.encode(digest)
        case .streamingSigned: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        case .streamingSignedTrailer: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
        case .streamingUnsignedTrailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        case .unsigned: "UNSIGNED-PAYLOAD"
        }
    }

    /// Whether each chunk carries a signature, for `ChunkSignatureVerifier`.
    public var isChunkSigned: Bool {
        switch self {
        case .streamingSigned, .streamingSignedTrailer: true
        case .sha256, .streamingUnsignedTrailer, .unsigned: false
        }
    }

    /// Reads a value of `x-amz-content-sha256`.
    ///
    /// - Throws: `.payloadHashMalformed`, `.payloadModeUnsupported` for SigV4A's modes.
    public init(headerValue: some Collection<UInt8>) throws(SigV4Error) {
        let bytes = Array(headerValue)
        if let digest = SignatureText.decode(bytes.span) {
            self = .sha256(digest)
            return
        }
        switch String(decoding: bytes, as: UTF8.self) {
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": self = .streamingSigned
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": self = .streamingSignedTrailer
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": self = .streamingUnsignedTrailer
        case "UNSIGNED-PAYLOAD": self = .unsigned
        case "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER":
            throw .payloadModeUnsupported
        default: throw .payloadHashMalformed
        }
    }
}
