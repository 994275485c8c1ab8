/// How an object is, or an upload will be, encrypted.
public enum SSEMode: UInt8, CaseIterable, Sendable {
    /// Not at all: an object that was at the store before Sealgate.
    case none = 0
    /// SSE-S3, under a key of Sealgate's own.
    case sseS3 = 1
    /// SSE-KMS, under a key that the client named or the default.
    case sseKMS = 2
    /// SSE-C, under a key that the client gives with each request.
    case customer = 3
}

/// How a write is encrypted where the request does not say: the choice of a bucket or the gateway.
public enum SSEDefault: Equatable, Sendable {
    /// SSE-S3.
    case sseS3
    /// SSE-KMS, with the key of that id, or else the gateway's default.
    case sseKMS(keyID: String?, bucketKeyEnabled: Bool)
}

/// What a write asks for, or gets by default.
public enum SSEChoice: ~Copyable, Sendable {
    /// SSE-S3.
    case sseS3
    /// SSE-KMS.
    ///
    /// `keyID` as the client gave it, `nil` for the gateway's default; `context` is canonical JSON.
    case sseKMS(keyID: String?, context: String?, bucketKeyEnabled: Bool?)
    /// SSE-C.
    case customer(CustomerKey)

    /// The mode.
    public var mode: SSEMode {
        switch self {
        case .sseS3: .sseS3
        case .sseKMS: .sseKMS
        case .customer: .customer
        }
    }
}

/// How a request came, as far as it decides whether keys may travel so.
public struct SSETransport: Equatable, Sendable {
    /// Whether the client's connection is TLS, or a trusted proxy says that its own is.
    public var isSecure: Bool
    /// Whether keys are taken in plaintext all the same: the peer is loopback, or it was asked for.
    public var allowsInsecureKeys: Bool
    /// Whether the request is signed with Signature Version 4.
    public var isSignatureVersion4: Bool

    /// A way from its parts.
    public init(
        isSecure: Bool,
        allowsInsecureKeys: Bool = false,
        isSignatureVersion4: Bool = true
    ) {
        self.isSecure = isSecure
        self.allowsInsecureKeys = allowsInsecureKeys
        self.isSignatureVersion4 = isSignatureVersion4
    }
}
