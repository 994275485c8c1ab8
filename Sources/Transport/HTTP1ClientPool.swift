public import HTTPWire
public import NIOCore

/// HTTP/1.1 connections of one event loop to one server; not `Sendable`.
public final class HTTP1ClientPool: HTTPClientPool {
    /// Where the server listens.
    public enum Target: Hashable, Sendable {
        /// A Unix socket.
        case unix(path: String)
        /// A TCP port of a host, by name or address.
        case tcp(host: String, port: Int)
    }

    /// The loop that the connections live on.
    public let eventLoop: any EventLoop

    /// A pool without connections; they are made as exchanges need them.
    ///
    /// - Parameters:
    ///   - target: where the server listens.
    ///   - eventLoop: the loop to live on; everything else must be called there.
    ///   - limits: sizes and times.
    ///   - metrics: what is counted.
    ///   - configure: adds handlers below HTTP, for TLS, to a connection that is being made. They
    ///     queue what is written before they are ready, and fire an `HTTPClientError` up the
    ///     pipeline (as `.peerNotTrusted`) before they close for that reason.
    public init(
        target: Target,
        eventLoop: any EventLoop,
        limits: HTTPClientLimits = HTTPClientLimits(),
        metrics: TransportMetrics,
        configure: (@Sendable (any Channel) throws -> Void)? = nil
    ) {
        self.eventLoop = eventLoop
    }

    @discardableResult
    public func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        preconditionFailure("unfinished")
    }

    public func close() {}
}
