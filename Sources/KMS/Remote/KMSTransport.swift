internal import Encoding
public import HTTPWire

/// A request to a KMS on the network, without its host and framing.
public struct KMSRequest: Equatable, Sendable {
    /// The method.
    public var method: HTTPMethod
    /// Path and query, percent-encoded.
    public var target: String
    /// The fields; `host` and `content-length` are the transport's.
    public var fields: HTTPFields
    /// The whole body.
    public var body: [UInt8]

    /// A request from its parts.
    public init(
        _ method: HTTPMethod,
        _ target: String,
        fields: HTTPFields = HTTPFields(),
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }
}

/// The whole answer of a KMS on the network.
public struct KMSReply: Equatable, Sendable {
    /// The status.
    public var status: Int
    /// The whole body.
    public var body: [UInt8]

    /// An answer from its parts.
    public init(status: Int, body: [UInt8] = []) {
        self.status = status
        self.body = body
    }
}

/// The way to a KMS on the network; what is sent and what an answer means is its provider's.
public protocol KMSTransport: Sendable {
    /// Sends a request, once, and collects the answer, whatever its status.
    ///
    /// Returns soon after its task is cancelled; deadlines end calls that way.
    ///
    /// - Throws: `.unreachable`, `.timedOut`, `.overloaded`, `.cancelled`, and `.misconfigured`
    ///   for a server that isn't who it should be.
    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply

    /// Closes connections that no exchange uses, now and whenever one ends.
    func retire()
}

extension KMSTransport {
    /// Nothing.
    public func retire() {}
}

/// A secret that is read each time it is needed: a file may have been replaced since.
public struct KMSSecret: Sendable {
    /// The secret's bytes as they are now.
    public let read: @Sendable () throws(KMSError) -> [UInt8]

    /// A secret that `read` gives; it throws `.misconfigured` with the remedy.
    public init(read: @escaping @Sendable () throws(KMSError) -> [UInt8]) { self.read = read }

    /// The secret as text for a header or a JSON string.
    ///
    /// - Throws: `.misconfigured` for what can stand in neither.
    func text() throws(KMSError) -> String {
        let bytes = try read()
        guard !bytes.isEmpty, bytes.span.isVisible else {
            throw .misconfigured("a credential for the KMS is empty or no line of visible ASCII")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
