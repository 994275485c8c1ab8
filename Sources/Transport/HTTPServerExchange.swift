public import HTTPWire
public import NIOCore

/// The server's end of one request and its response, over HTTP/1.1 or HTTP/2.
///
/// Bound to its event loop: every call is made there. The application answers through it, and is
/// told of what comes in through the `HTTPServerHandler` that it gave.
public protocol HTTPServerExchange: AnyObject {
    /// The loop that the connection lives on.
    var eventLoop: any EventLoop { get }

    /// Who is at the other end.
    var peer: PeerInfo { get }

    /// Whether the transport takes more of the response without queueing over its limit.
    ///
    /// After `false`, `HTTPServerHandler.becameWritable()` says when it does again.
    var isWritable: Bool { get }

    /// Sends `100 Continue`, at most once and before the final head; nothing on HTTP/2.
    func sendContinue()

    /// Sends the final head, once; `end` where no body follows (also for HEAD).
    func sendHead(_ head: HTTPResponseHead, end: Bool)

    /// Sends the next bytes of the body.
    func sendBody(_ body: ByteBuffer)

    /// Sends a part of a file as the next bytes of the body, without copying it.
    ///
    /// On plaintext connections only (`PeerInfo.isSecure` is false); the region's handle is closed
    /// by its owner, in or after `HTTPServerHandler.closed`.
    func sendFile(_ region: FileRegion)

    /// Ends the response.
    func sendEnd(trailers: HTTPFields?)

    /// Breaks the response off so that the client can't take it for whole: RST_STREAM with
    /// INTERNAL_ERROR on HTTP/2, closing the connection on HTTP/1.1.
    func reset()

    /// Gives the client credit for `count` bytes of body that the handler is done with.
    ///
    /// Without it the client may send no more than the transport's window. More of the body, and
    /// its end, may come before it returns: what was received is kept first.
    func consume(_ count: Int)

    /// Promises that no more of the request's body is wanted.
    ///
    /// What comes is dropped: HTTP/2 resets the stream with NO_ERROR once the response ended
    /// (RFC 9113 section 8.1); HTTP/1.1 reads a short rest, else closes after the response.
    func ignoreRequestBody()
}

/// The application's end of one exchange; every call comes on the exchange's event loop.
public protocol HTTPServerHandler: AnyObject {
    /// The next bytes of the request's body, lent for the call; never more in all than what the
    /// window allows and `consume(_:)` gave back.
    func received(_ body: Span<UInt8>)

    /// The request is complete.
    func receivedEnd(trailers: HTTPFields)

    /// The transport takes more of the response again.
    func becameWritable()

    /// The exchange is over, in whatever way; the last call there is.
    ///
    /// `complete` where request and response both ended as HTTP wants.
    func closed(complete: Bool)
}

/// What a server serves: makes a handler for each request.
public protocol HTTPServerApplication: Sendable {
    /// A request's head came in; answers may be sent through `exchange` at once.
    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler
}

/// Who is at the other end of a connection.
public struct PeerInfo: Sendable {
    /// The numeric address without port, as `127.0.0.1`; `unix` for a Unix socket.
    public var address: String
    /// Whether the connection is TLS.
    public var isSecure: Bool
    /// The TLS version, as `TLSv1.3`; `nil` in plaintext.
    public var tlsVersion: String?
    /// The subject of the verified client certificate, where there is one.
    public var certificateSubject: String?

    /// A peer from its parts.
    public init(
        address: String,
        isSecure: Bool = false,
        tlsVersion: String? = nil,
        certificateSubject: String? = nil
    ) {
        self.address = address
        self.isSecure = isSecure
        self.tlsVersion = tlsVersion
        self.certificateSubject = certificateSubject
    }
}
