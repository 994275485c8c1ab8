internal import CNGHTTP2
internal import HTTPWire
public import NIOCore
public import Transport

/// Serves HTTP/2 (RFC 9113) above a TLS handler, or in plaintext with prior knowledge.
///
/// Takes `ByteBuffer`s, gives `IOData` of byte buffers only. Bodies are bounded by windows, in
/// which `consume` gives credit; responses by `isWritable`. `ConnectionEvent.drain` begins a
/// graceful shutdown.
public final class HTTP2ServerHandler: ChannelInboundHandler {
    /// Bytes from TLS.
    public typealias InboundIn = ByteBuffer
    /// Bytes for TLS.
    public typealias OutboundOut = IOData

    let application: any HTTPServerApplication
    let peer: PeerInfo
    let limits: HTTPServerLimits
    let metrics: TransportMetrics
    let secureMetrics: SecureTransportMetrics

    var context: ChannelHandlerContext?
    var session: HTTP2Session?
    /// Streams that are open, in no order.
    var exchanges: [HTTP2ServerExchange] = []
    /// The stream whose header block is under way.
    var current: HTTP2ServerExchange?
    /// That block, a request's head or trailers.
    ///
    /// No other comes before its end (RFC 9113 section 4.3), and nothing of it, which may be a
    /// customer's key, stays here behind that.
    var assembler: HTTP2RequestAssembler
    var floods: HTTP2FloodGuard
    /// The loop's time when the turn began; read once a turn.
    var now = NIODeadline.uptimeNanoseconds(0)

    // Output; see HTTP2ServerHandler+Output.
    var batch = ByteBuffer()
    /// Whether fields of a head came in with the bytes at hand.
    var didReceiveHead = false
    var isReceiving = false
    var isDriving = false
    var isDriveNeeded = false
    var isDriveScheduled = false
    var isPaused = false
    var writableAgain: [HTTP2ServerExchange] = []

    // Time; see HTTP2ServerHandler+Time.
    var timer: Scheduled<Void>?
    var timerAt = NIODeadline.distantFuture
    var idleSince = NIODeadline.uptimeNanoseconds(0)
    var headBegunAt: NIODeadline?
    var blockedSince: NIODeadline?
    var hasServed = false
    var isDraining = false
    var isFinalGoAwaySent = false

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
    ) {
        self.application = application
        self.peer = peer
        self.limits = limits
        self.metrics = metrics
        self.secureMetrics = secureMetrics
        assembler = HTTP2RequestAssembler(trailers: limits.message)
        floods = HTTP2FloodGuard(
            resetsMax: limits.resetsMax,
            controlFramesMax: Self.controlFramesMax,
            period: limits.resetsPeriod,
            now: now
        )
    }

    /// Begins where the channel is active already.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    /// Ends all streams.
    public func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    /// Begins.
    public func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// Ends all streams.
    public func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    /// Takes bytes; what they lead to is sent when the burst is complete.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let session else { return }
        let buffer = unwrapInboundIn(data)
        now = context.eventLoop.now
        metrics.bytesIn.count(buffer.readableBytes)
        isReceiving = true
        didReceiveHead = false
        let isSound = unsafe buffer.withUnsafeReadableBytes { unsafe session.receive($0) }
        // A head may carry a customer's key, which is to stand in the request's fields alone.
        if didReceiveHead { buffer.overwriteReadable() }
        guard isSound, session.outboundFrames <= Self.outboundFramesMax else {
            isReceiving = false
            return broken(context)
        }
    }

    /// Sends what the burst led to.
    public func channelReadComplete(context: ChannelHandlerContext) {
        isReceiving = false
        drive()
        context.fireChannelReadComplete()
    }

    /// Goes on sending.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            blockedSince = nil
            drive()
        } else {
            blockedSince = context.eventLoop.now
        }
        context.fireChannelWritabilityChanged()
    }

    /// Begins the graceful shutdown on `ConnectionEvent.drain`.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ConnectionEvent.drain? = event as? ConnectionEvent { drain(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes: nothing below can be trusted to go on.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
        context.fireErrorCaught(error)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard session == nil else { return }
        now = context.eventLoop.now
        idleSince = now
        session = HTTP2Session(limits: limits, connection: self)
        guard session != nil else { return context.close(promise: nil) }
        secureMetrics.http2Connections.count()
        arm(now + limits.headTimeout)
        drive()
    }

    private func broken(_ context: ChannelHandlerContext) {
        secureMetrics.http2ConnectionErrors.count()
        drive()
        end()
        context.close(promise: nil)
    }

    private func end() {
        timer?.cancel()
        timer = nil
        // Within one of its events the session must live on; the last reference is dropped after.
        session = nil
        let open = exchanges
        exchanges = []
        current = nil
        assembler.clear()
        writableAgain = []
        for exchange in open { exchange.finish(complete: false) }
    }

    static let controlFramesMax = 1000
    static let outboundFramesMax = 4096
}
