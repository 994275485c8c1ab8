public import NIOCore
public import Transport

/// Sets up TLS and then HTTP/2 or HTTP/1.1, as ALPN chose, on accepted connections.
///
/// ```swift
/// let pipeline = SecureServerPipeline(
///     context: tls, application: application, limits: limits, metrics: metrics)
/// try await HTTPServer.start(on: address, group: group, limits: limits, metrics: metrics) {
///     try pipeline.add(to: $0, peer: $1)
/// }
/// ```
public struct SecureServerPipeline: Sendable {
    private let context: TLSServerContext
    private let application: any HTTPServerApplication
    private let limits: HTTPServerLimits
    private let metrics: TransportMetrics
    private let secureMetrics: SecureTransportMetrics

    /// A pipeline for all connections of a server.
    ///
    /// - Parameters:
    ///   - context: certificate, key and rules of TLS.
    ///   - application: what is served.
    ///   - limits: sizes and times, of HTTP/2 too.
    ///   - metrics: what every server counts.
    ///   - secureMetrics: what TLS and HTTP/2 count.
    public init(
        context: TLSServerContext,
        application: any HTTPServerApplication,
        limits: HTTPServerLimits = HTTPServerLimits(),
        metrics: TransportMetrics,
        secureMetrics: SecureTransportMetrics = SecureTransportMetrics()
    ) {
        self.context = context
        self.application = application
        self.limits = limits
        self.metrics = metrics
        self.secureMetrics = secureMetrics
    }

    /// Adds the handlers of one accepted connection; called on its loop.
    ///
    /// - Parameters:
    ///   - channel: the connection.
    ///   - peer: who is at the other end, before TLS says more.
    /// - Throws: `TLSError.libraryFailure`, or what NIO throws of a closed channel.
    public func add(to channel: any Channel, peer: PeerInfo) throws {
        let session = try context.makeSession()
        let operations = channel.pipeline.syncOperations
        let handler = TLSHandler(
            session,
            handshakeTimeout: limits.handshakeTimeout,
            metrics: metrics,
            secureMetrics: secureMetrics
        ) { info in
            try operations.addHandler(httpHandler(info, peer: peer))
        }
        try operations.addHandler(handler)
    }

    private func httpHandler(_ info: TLSConnectionInfo, peer: PeerInfo) -> any ChannelHandler {
        var peer = peer
        peer.isSecure = true
        peer.tlsVersion = info.version
        peer.certificateSubject = info.peerCertificateSubject
        if info.applicationProtocol == "h2" {
            return HTTP2ServerHandler(
                application: application,
                peer: peer,
                limits: limits,
                metrics: metrics,
                secureMetrics: secureMetrics
            )
        }
        return HTTP1ServerHandler(
            application: application,
            peer: peer,
            limits: limits,
            metrics: metrics
        )
    }
}
