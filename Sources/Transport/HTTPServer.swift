internal import CLinux
public import NIOCore
internal import NIOPosix

/// A listening socket and the connections accepted from it.
public final class HTTPServer: Sendable {
    /// Where to listen.
    public enum Address: Sendable {
        /// A TCP address; port 0 takes a free one.
        case tcp(host: String, port: Int)
        /// A Unix socket of mode 0600 at `path`, for processes of the given users only.
        case unix(path: String, allowedUserIDs: Set<UInt32>)
    }

    private let listener: any Channel
    private let address: Address
    private let connections: ConnectionRegistry

    private init(listener: any Channel, address: Address, connections: ConnectionRegistry) {
        self.listener = listener
        self.address = address
        self.connections = connections
    }

    /// Binds and begins to accept.
    ///
    /// - Parameters:
    ///   - address: where to listen.
    ///   - group: the loops that accepted connections are spread over.
    ///   - limits: connections, backlog, read sizes and water marks.
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
        let connections = ConnectionRegistry(
            connectionsMax: limits.connectionsMax,
            metrics: metrics
        )
        let bootstrap = bootstrap(group, limits).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try connections.admit(channel)
                let peer = try peer(of: channel, at: address, metrics: metrics)
                try configure(channel, peer)
            }
        }
        if case .unix(let path, _) = address { try await UnixSocketPath.clear(path, group: group) }
        do {
            let listener: any Channel
            switch address {
            case .tcp(let host, let port):
                listener =
                    try await bootstrap
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host, port: port).get()
            case .unix(let path, _):
                listener = try await bootstrap.bind(unixDomainSocketPath: path).get()
                guard UnixSocketPath.restrict(path) else {
                    listener.close(promise: nil)
                    throw HTTPServerError.bindFailed("chmod of \(path) failed")
                }
            }
            return HTTPServer(listener: listener, address: address, connections: connections)
        } catch let error as HTTPServerError {
            throw error
        } catch let error as IOError where error.errnoCode == UnixSocketPath.addressInUse {
            throw .addressInUse(String(describing: address))
        } catch {
            throw .bindFailed(String(describing: error))
        }
    }

    /// The address listened on, with the port that was taken.
    public var boundAddress: SocketAddress? { listener.localAddress }

    /// The TCP port listened on; `nil` for a Unix socket.
    public var port: Int? { boundAddress?.port }

    /// Connections that are open.
    public var connectionsOpen: Int { connections.count }

    /// Closes the listening socket, while connections go on; a Unix socket's file is removed.
    public func stopAccepting() async {
        guard listener.isActive else { return }
        try? await listener.close()
        if case .unix(let path, _) = address { UnixSocketPath.remove(path) }
    }

    /// Stops accepting, tells every connection `ConnectionEvent.drain`, and waits until they are
    /// closed; after `deadline` it closes them itself.
    public func drain(deadline: TimeAmount) async {
        await stopAccepting()
        let drained = connections.drain(on: listener.eventLoop)
        let overdue = listener.eventLoop.scheduleTask(in: deadline) { [connections] in
            connections.closeAll()
        }
        try? await drained.get()
        overdue.cancel()
    }

    private static func bootstrap(
        _ group: any EventLoopGroup,
        _ limits: HTTPServerLimits
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: limits.backlogCount))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Out of file descriptors: pause rather than spin.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: limits.writeLowWaterBytes, high: limits.writeHighWaterBytes)
            )
            .childChannelOption(.recvAllocator, value: readAllocator(bytesMax: limits.readBytesMax))
            .childChannelOption(.maxMessagesPerRead, value: 2)
    }

    private static func peer(
        of channel: any Channel,
        at address: Address,
        metrics: TransportMetrics
    ) throws -> PeerInfo {
        guard case .unix(_, let allowedUserIDs) = address else {
            return PeerInfo(address: channel.remoteAddress?.ipAddress ?? "unknown")
        }
        let userID = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { socket in
            var userID: uid_t = 0
            return unsafe sealgate_peer_uid(socket, &userID) == 0 ? userID : nil
        }
        guard let userID = userID.flatMap(\.self), allowedUserIDs.contains(userID) else {
            metrics.connectionsRefused.count()
            throw ConnectionRefusal.userNotAllowed
        }
        return PeerInfo(address: "unix")
    }
}

/// Why an accepted connection is closed at once.
enum ConnectionRefusal: Error {
    case tooManyConnections
    case userNotAllowed
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
