public import NIOCore

/// A listening socket and the connections accepted from it.
public final class HTTPServer: Sendable {
    /// Where to listen.
    public enum Address: Sendable {
        /// A TCP address; port 0 takes a free one.
        case tcp(host: String, port: Int)
        /// A Unix socket of mode 0600 at `path`, for processes of the given users only.
        case unix(path: String, allowedUserIDs: Set<UInt32>)
    }

    /// Binds and begins to accept.
    ///
    /// - Parameters:
    ///   - address: where to listen.
    ///   - group: the loops that accepted connections are spread over.
    ///   - limits: connections, backlog and water marks.
    ///   - metrics: where connections are counted.
    ///   - configure: adds the handlers of one accepted connection, on its loop; where it throws
    ///     the connection is closed.
    /// - Returns: the server, listening.
    /// - Throws: `HTTPServerError`.
    public static func start(
        on address: Address,
        group: any EventLoopGroup,
        limits: HTTPServerLimits = HTTPServerLimits(),
        metrics: TransportMetrics,
        configure: @escaping @Sendable (any Channel, PeerInfo) throws -> Void
    ) async throws(HTTPServerError) -> HTTPServer {
        throw .bindFailed("unfinished")
    }

    /// The address listened on, with the port that was taken.
    public var boundAddress: SocketAddress? { nil }

    /// The TCP port listened on; `nil` for a Unix socket.
    public var port: Int? { boundAddress?.port }

    /// Connections that are open.
    public var connectionsOpen: Int { 0 }

    /// Closes the listening socket; connections go on. A Unix socket's file is removed.
    public func stopAccepting() async {}

    /// Stops accepting, tells every connection `ConnectionEvent.drain`, and closes those that are
    /// still open after `deadline`; returns when all are closed.
    public func drain(deadline: TimeAmount) async {}
}

/// Why a server couldn't be started.
public enum HTTPServerError: Error, Equatable, Sendable {
    /// Another process answers at that address.
    case addressInUse(String)
    /// The path of the Unix socket is taken by something else than a socket.
    case notASocket(String)
    /// The system refused; the reason in words.
    case bindFailed(String)
}
