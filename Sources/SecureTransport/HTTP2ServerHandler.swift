internal import CNGHTTP2
internal import HTTPWire
public import NIOCore
public import Transport

/// Serves HTTP/2 (RFC 9113) above a TLS handler, or in plaintext with prior knowledge.
///
/// Takes `ByteBuffer`s, gives `IOData` of byte buffers only.
public final class HTTP2ServerHandler: ChannelInboundHandler {
    /// Bytes from TLS.
    public typealias InboundIn = ByteBuffer
    /// Bytes for TLS.
    public typealias OutboundOut = IOData

    /// A handler for one connection.
    ///
    /// - Parameters:
    ///   - application: what is served.
    ///   - peer: who is at the other end.
    ///   - limits: sizes and times.
    ///   - metrics: what every server counts.
    ///   - secureMetrics: what HTTP/2 counts.
    public init(
        application: any HTTPServerApplication,
        peer: PeerInfo,
        limits: HTTPServerLimits = HTTPServerLimits(),
        metrics: TransportMetrics,
        secureMetrics: SecureTransportMetrics = SecureTransportMetrics()
    ) {}
}
