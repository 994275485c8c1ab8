public import HTTPWire
public import NIOCore

/// Serves HTTP/1.1 on a channel, directly over a socket or above a TLS handler.
///
/// Takes `ByteBuffer`s, gives `IOData`: regions only for `sendFile`, so never above TLS. It holds
/// back `read` while a request isn't wanted further, which is the whole of its backpressure; a
/// handler below must ask for reads of its own (handshake) itself.
public final class HTTP1ServerHandler: ChannelDuplexHandler {
    /// Bytes from the socket or from TLS.
    public typealias InboundIn = ByteBuffer
    /// Nothing passes on.
    public typealias InboundOut = Never
    /// Nothing comes from above.
    public typealias OutboundIn = Never
    /// Bytes and parts of files.
    public typealias OutboundOut = IOData

    /// What a request that broke HTTP's rules is answered; the connection is closed after it.
    public typealias MalformedResponse =
        @Sendable (HTTP1Error) -> (head: HTTPResponseHead, body: [UInt8])

    /// A handler for one connection.
    ///
    /// - Parameters:
    ///   - application: what is served.
    ///   - peer: who is at the other end.
    ///   - limits: sizes and times.
    ///   - metrics: what is counted.
    ///   - malformedResponse: the answer to a broken request; by default S3's XML.
    public init(
        application: any HTTPServerApplication,
        peer: PeerInfo,
        limits: HTTPServerLimits = HTTPServerLimits(),
        metrics: TransportMetrics,
        malformedResponse: MalformedResponse? = nil
    ) {}
}
