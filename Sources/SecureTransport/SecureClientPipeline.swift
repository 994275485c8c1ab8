public import NIOCore
internal import Transport

/// Sets up TLS below a client's HTTP/1.1 handler.
///
/// Its `add` is what `HTTP1ClientPool` takes as `configure`:
/// ```swift
/// let tls = SecureClientPipeline(context: context, serverName: "store.internal")
/// let pool = HTTP1ClientPool(
///     target: target, eventLoop: loop, metrics: metrics, configure: { try tls.add(to: $0) })
/// ```
/// A handshake that fails fires an `HTTPClientError` up the pipeline before the channel closes.
public struct SecureClientPipeline: Sendable {
    private let context: TLSClientContext
    private let serverName: String
    private let handshakeTimeout: TimeAmount

    /// A pipeline for connections to one server.
    ///
    /// - Parameters:
    ///   - context: whom the client trusts and who it is.
    ///   - serverName: the DNS name or IP address that the server's certificate must be for.
    ///   - handshakeTimeout: how long a handshake may take.
    public init(
        context: TLSClientContext,
        serverName: String,
        handshakeTimeout: TimeAmount = .seconds(10)
    ) {
        self.context = context
        self.serverName = serverName
        self.handshakeTimeout = handshakeTimeout
    }

    /// Adds the handlers of one connection that is being made; called on its loop.
    ///
    /// - Throws: `TLSError.serverNameInvalid`, `TLSError.libraryFailure`, or what NIO throws of a
    ///   closed channel.
    public func add(to channel: any Channel) throws {
        let session = try context.makeSession(serverName: serverName)
        let operations = channel.pipeline.syncOperations
        try operations.addHandler(TLSHandler(session, handshakeTimeout: handshakeTimeout) { _ in })
        try operations.addHandler(ClientErrorTranslator())
    }
}

/// Puts TLS errors into the words of Transport, which knows nothing of TLS.
private final class ClientErrorTranslator: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? TLSError else { return context.fireErrorCaught(error) }
        switch error {
        case .peerNotTrusted(let reason):
            context.fireErrorCaught(HTTPClientError.peerNotTrusted(reason))
        case .truncated:
            context.fireErrorCaught(HTTPClientError.connectionClosed)
        default:
            context.fireErrorCaught(HTTPClientError.connectFailed(error.description))
        }
    }
}
