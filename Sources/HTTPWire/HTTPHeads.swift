/// The version that a message came by or goes by.
public enum HTTPVersion: Hashable, Sendable {
    /// HTTP/1.0, RFC 1945.
    case http1_0
    /// HTTP/1.1, RFC 9112.
    case http1_1
    /// HTTP/2, RFC 9113.
    case http2
}

/// How long a message's body is, as its head says.
public enum HTTPBodyLength: Hashable, Sendable {
    /// So many bytes; 0 where there is no body.
    case known(UInt64)
    /// Until the last chunk (HTTP/1.1), the end of the stream (HTTP/2) or of the connection.
    case unknown
}

/// The head of a request, the same for HTTP/1.1 and HTTP/2.
public struct HTTPRequestHead: Equatable, Sendable {
    /// The method.
    public var method: HTTPMethod
    /// The target in origin form as sent: path, and query behind `?`; or `*`.
    public var target: String
    /// `:authority` or `Host`, as sent; the two agree where both were sent.
    public var authority: String
    /// The version it came by.
    public var version: HTTPVersion
    /// The fields; HTTP/2's `:authority` stands in them as `host` too, for signatures.
    public var fields: HTTPFields
    /// The length of the body.
    public var bodyLength: HTTPBodyLength

    /// A head from its parts.
    public init(
        method: HTTPMethod,
        target: String,
        authority: String,
        version: HTTPVersion = .http1_1,
        fields: HTTPFields = HTTPFields(),
        bodyLength: HTTPBodyLength = .known(0)
    ) {
        self.method = method
        self.target = target
        self.authority = authority
        self.version = version
        self.fields = fields
        self.bodyLength = bodyLength
    }

    /// Whether the client waits for `100 Continue`, RFC 9110 section 10.1.1 (never on HTTP/2:
    /// there the answer may come any time and nothing waits).
    public var expectsContinue: Bool {
        version == .http1_1 && fields["expect"]?.lowercased() == "100-continue"
    }
}

/// The head of a final response, the same for HTTP/1.1 and HTTP/2.
public struct HTTPResponseHead: Equatable, Sendable {
    /// The status code, 200...599.
    public var status: Int
    /// The fields; the framing follows from the `content-length` among them.
    public var fields: HTTPFields

    /// A head from its parts.
    public init(status: Int, fields: HTTPFields = HTTPFields()) {
        self.status = status
        self.fields = fields
    }
}
