public import HTTPWire
public import NIOCore

/// The client's end of one request and its response, bound to its event loop.
///
/// Made by `HTTPClientPool.begin`; what comes in goes to the `HTTPClientHandler`.
public protocol HTTPClientExchange: AnyObject {
    /// Whether the connection takes more of the request without queueing over its limit.
    ///
    /// After `false`, `HTTPClientHandler.becameWritable()` says when it does again. Bytes sent
    /// before a connection was there are queued.
    var isWritable: Bool { get }

    /// Sends the next bytes of the request's body.
    func sendBody(_ body: ByteBuffer)

    /// Ends the request; trailers only where the body's length is unknown.
    func sendEnd(trailers: HTTPFields?)

    /// Gives credit for `count` bytes of the response's body that the handler is done with.
    ///
    /// Without it no more is read from the connection than the transport's window.
    func consume(_ count: Int)

    /// Breaks the exchange off; its connection is closed unless it had ended, and the handler
    /// hears nothing more.
    func cancel()
}

/// The caller's end of a client exchange; every call comes on the pool's event loop.
public protocol HTTPClientHandler: AnyObject {
    /// The response's final head; it may come before the request ended.
    func received(_ head: HTTPResponseHead)

    /// The next bytes of the response's body, lent for the call.
    func received(_ body: Span<UInt8>)

    /// The response is complete; the last call there is.
    func receivedEnd(trailers: HTTPFields)

    /// The connection takes more of the request again.
    func becameWritable()

    /// The exchange failed; the last call there is.
    func failed(_ error: HTTPClientError)
}

/// How a client exchange may fail.
public enum HTTPClientError: Error, Equatable, Sendable {
    /// The other end closed before the response was complete.
    case connectionClosed
    /// The connection couldn't be made; the reason in words, for the log.
    case connectFailed(String)
    /// The other end or its certificate isn't who it should be; the reason in words.
    case peerNotTrusted(String)
    /// No connection came free within the limit of the pool's queue.
    case queueFull
    /// The response broke HTTP's rules.
    case responseInvalid
    /// Nothing came within the deadline.
    case timedOut
}

/// Connections of one event loop to one server.
///
/// Bound to its event loop. At most `connectionsMax` connections, each with one exchange at a
/// time, or several short ones; idle ones are kept and used last in, first out. An exchange whose
/// kept connection turns out closed before any of the response came is sent again on a new one,
/// once, as long as none of its body was sent.
public protocol HTTPClientPool: AnyObject {
    /// The loop that the connections live on.
    var eventLoop: any EventLoop { get }

    /// Whether an exchange is under way, so that a short one might share its connection.
    var isInUse: Bool { get }

    /// Begins an exchange; `head.bodyLength` chooses the framing: `.known(0)` sends none and ends
    /// the request at once.
    @discardableResult
    func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange

    /// Begins a short exchange, which may share its connection with others.
    ///
    /// Nothing of its request is sent until that has ended, so nothing of one that is broken off
    /// before. Its answer's body is handed over without waiting for credit, and fails the exchange
    /// where it is longer than the transport's window. Once sent, it is answered though it's broken
    /// off: for nobody.
    @discardableResult
    func beginShort(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange

    /// Closes idle connections and, as their exchanges end, the others.
    func close()

    /// Keeps no idle connection from now on; exchanges go on, and new ones may begin.
    func retire()
}

extension HTTPClientPool {
    /// Begins it like any other, where connections aren't shared.
    @discardableResult
    public func beginShort(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange { begin(head, handler: handler) }

    /// Begins an exchange, as a short one where it is said to be.
    @discardableResult
    public func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler,
        isShort: Bool
    ) -> any HTTPClientExchange {
        isShort ? beginShort(head, handler: handler) : begin(head, handler: handler)
    }
}
