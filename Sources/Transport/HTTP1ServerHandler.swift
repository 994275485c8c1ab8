public import HTTPWire
public import NIOCore

/// Serves HTTP/1.1 on a channel, directly over a socket or above a TLS handler.
///
/// Takes `ByteBuffer`s, gives `IOData`: regions only for `sendFile`, so never above TLS. It holds
/// back `read` while nothing more is wanted, which is the whole of its backpressure; a handler
/// below must ask for reads of its own (handshake) itself.
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

    enum Phase {
        /// Requests are taken.
        case open
        /// The last response is on its way to the socket.
        case closing
        /// It was written; what still comes is dropped until the client closes.
        case lingering
        case closed
    }

    let application: any HTTPServerApplication
    let peer: PeerInfo
    let limits: HTTPServerLimits
    let metrics: TransportMetrics
    let malformedResponse: MalformedResponse

    var context: ChannelHandlerContext?
    var phase = Phase.open
    let outbox = HTTP1Outbox()
    /// Whose request comes in, and whose answer goes out unless others are before it.
    var exchange: HTTP1ServerExchange?
    /// Those before it, whose requests came in whole; the first one's answer goes out.
    var answering = CircularBuffer<HTTP1ServerExchange>(initialCapacity: 0)
    /// Whether the connection ends with the current exchange.
    var isLast = false
    var progress = HTTP1ServerProgress()
    var timer: LazyTimer?

    private var parser: HTTP1RequestParser
    var inbound = ByteBuffer()
    private var isProcessing = false
    /// Whether the channel asked to read when nothing was wanted.
    private var isReadHeld = false
    /// Between `channelRead` and `channelReadComplete`, where writes are flushed together.
    private var isInRead = false
    private var isFlushDue = false
    private var isFlushing = false
    private var lingerBytes = 0
    private var isDraining = false

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
    ) {
        self.application = application
        self.peer = peer
        self.limits = limits
        self.metrics = metrics
        self.malformedResponse = malformedResponse ?? MalformedRequest.response
        parser = HTTP1RequestParser(limits: limits.message)
    }

    // MARK: What the channel tells

    /// Starts where the channel is open already.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = LazyTimer(on: context.eventLoop) { self.timerFired() }
        if context.channel.isActive { updateTimer() }
    }

    /// Lets go of the channel.
    public func handlerRemoved(context: ChannelHandlerContext) { shutDown() }

    /// Starts the clock of the first request.
    public func channelActive(context: ChannelHandlerContext) {
        updateTimer()
        context.fireChannelActive()
    }

    /// Ends the current exchange, which isn't complete.
    public func channelInactive(context: ChannelHandlerContext) {
        shutDown()
        context.fireChannelInactive()
    }

    /// Takes bytes of requests.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        metrics.bytesIn.count(bytes.readableBytes)
        isInRead = true
        guard phase == .open else { return drop(bytes.readableBytes) }
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.discardReadBytes()
            inbound.writeImmutableBuffer(bytes)
            if exchange == nil { bytes.overwriteReadable() }
        }
        process()
    }

    /// Flushes what the bytes just read were answered.
    public func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = false
        if isFlushDue { flush() }
        context.fireChannelReadComplete()
    }

    /// Lets the channel read only as long as something is wanted.
    public func read(context: ChannelHandlerContext) {
        if wantsRead { context.read() } else { isReadHeld = true }
    }

    /// Tells the application that there is room again.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        // A flush may end up here while the application is still within the call that caused it.
        if isFlushing {
            context.eventLoop.assumeIsolated().execute { self.writabilityChanged() }
        } else {
            writabilityChanged()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Obeys `ConnectionEvent.drain`.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .drain? = event as? ConnectionEvent {
            isDraining = true
            isLast = true
            if phase == .open, exchange == nil, answering.isEmpty, !isWithinHead {
                closeAfterFlush(lingering: false)
            } else {
                // An answered exchange doesn't wait for the rest of its body any more.
                process()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes the connection: nothing that failed in the transport can be mended here.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) { abort() }

    // MARK: Requests

    /// Takes as many steps as the input, the window and the current exchange allow.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        while phase == .open, advance() {}
        isProcessing = false
        // The socket's read buffer is pooled: it can be used again once nothing holds it.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        resumeReading()
        updateTimer()
    }

    private func advance() -> Bool {
        var bodyBytesMax = Int.max
        if answersFirst() { return true }
        if let exchange, !passOn(exchange) {
            if exchange.isAnswered {
                if exchange.requestEnded || isLast { return finish(exchange) }
                exchange.isIgnoring = true
            }
            if exchange.requestEnded { return false }
            if exchange.isIgnoring {
                guard exchange.ignoredBytes <= limits.ignoredBodyBytesMax else {
                    isLast = true
                    return exchange.isAnswered
                }
            } else {
                bodyBytesMax = limits.bodyWindowBytes - exchange.outstandingBytes
            }
        }
        let input = inbound
        do throws(HTTP1Error) {
            let step = try parser.next(input.readableBytesUInt8Span, bodyBytesMax: bodyBytesMax)
            inbound.moveReaderIndex(forwardBy: step.consumed)
            switch step.event {
            case .needMore: return false
            case .head(let head):
                // It may have carried a customer's key; the fields are the one place left.
                input.getSlice(at: input.readerIndex, length: step.consumed)?.overwriteReadable()
                begin(head)
            case .body(let range): received(input.readableBytesUInt8Span.extracting(range))
            case .end(let trailers): receivedEnd(trailers)
            }
            return true
        } catch {
            refuse(error)
            return false
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        guard let context else { return }
        metrics.requestsTotal.count()
        progress.requestCount &+= 1
        isLast = isDraining || !parser.keepsAlive
        let exchange = HTTP1ServerExchange(head, on: self, eventLoop: context.eventLoop)
        self.exchange = exchange
        let handler = application.begin(head, on: exchange)
        if exchange.connection == nil {
            // It was broken off before there was a handler to tell.
            handler.closed(complete: false)
        } else {
            exchange.handler = handler
        }
    }

    private func received(_ body: Span<UInt8>) {
        guard let exchange else { return }
        exchange.bodyBytes += UInt64(body.count)
        progress.bodyBytes += body.count
        if exchange.isIgnoring {
            exchange.ignoredBytes += body.count
        } else {
            exchange.outstandingBytes += body.count
            exchange.handler?.received(body)
        }
    }

    private func receivedEnd(_ trailers: HTTPFields) {
        guard let exchange else { return }
        exchange.requestEnded = true
        if !exchange.isIgnoring { exchange.handler?.receivedEnd(trailers: trailers) }
    }

    /// Ends an exchange whose response was sent whole; `true` where another may follow.
    private func finish(_ exchange: HTTP1ServerExchange) -> Bool {
        let isComplete = exchange.requestEnded
        detach(complete: isComplete)
        guard phase == .open else { return false }
        guard isLast else { return true }
        closeAfterFlush(lingering: !isComplete || inbound.readableBytes > 0)
        return false
    }

    /// Answers a request that broke the rules, where its response hasn't begun.
    private func refuse(_ error: HTTP1Error) {
        metrics.parseErrors.count()
        // Its answer would have to wait for those before it.
        guard answering.isEmpty else { return abort() }
        let isAnswered = exchange?.writer != nil
        let isWhole = exchange?.responseEnded ?? true
        detach(complete: false)
        guard phase == .open else { return }
        if isAnswered {
            if isWhole { closeAfterFlush(lingering: true) } else { abort() }
        } else {
            let answer = malformedResponse(error)
            sendRefusal(answer.head, answer.body)
            closeAfterFlush(lingering: true)
        }
    }

    /// Lets go of the current exchange and tells its handler.
    func detach(complete: Bool) {
        guard let exchange else { return }
        self.exchange = nil
        release(exchange, complete: complete)
    }

    /// Lets go of an exchange and tells its handler.
    func release(_ exchange: HTTP1ServerExchange, complete: Bool) {
        exchange.connection = nil
        let handler = exchange.handler
        exchange.handler = nil
        handler?.closed(complete: complete)
    }

    // MARK: Reading

    /// Whether bytes are expected: of a request, or to be dropped at the end.
    var wantsRead: Bool {
        switch phase {
        case .closing, .closed: return false
        case .lingering: return true
        case .open: break
        }
        guard let exchange else { return true }
        // The first read of what a client sends ahead costs less than to stop and start reading.
        if exchange.requestEnded { return inbound.readableBytes == 0 }
        if exchange.isIgnoring { return exchange.ignoredBytes <= limits.ignoredBodyBytesMax }
        return exchange.outstandingBytes < limits.bodyWindowBytes
    }

    /// Whether a request has begun to come whose head isn't whole.
    var isWithinHead: Bool {
        exchange == nil && !(parser.isIdle && inbound.readableBytes == 0)
    }

    func resumeReading() {
        guard isReadHeld, wantsRead, let context else { return }
        isReadHeld = false
        context.read()
    }

    private func drop(_ count: Int) {
        lingerBytes += count
        if lingerBytes > limits.lingerBytesMax { abort() }
    }

    // MARK: Writing

    /// Whether there is room for more output.
    var isWritable: Bool {
        guard phase == .open, let context else { return false }
        return context.channel.isWritable && outbox.unflushedBytes < limits.writeHighWaterBytes
    }

    /// Flushes at the end of this read or turn of the loop, or now where much has gathered.
    func scheduleFlush() {
        if outbox.unflushedBytes >= limits.writeLowWaterBytes { return flush() }
        guard !isFlushDue else { return }
        isFlushDue = true
        guard !isInRead else { return }
        context?.eventLoop.assumeIsolated().execute {
            if self.isFlushDue { self.flush() }
        }
    }

    /// Hands everything written so far to the channel.
    func flush(promise: EventLoopPromise<Void>? = nil) {
        isFlushDue = false
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        isFlushing = true
        outbox.passStaged(to: context)
        metrics.bytesOut.count(outbox.unflushedBytes)
        outbox.flush(to: context, promise: promise)
        isFlushing = false
        updateTimer()
    }

    private func writabilityChanged() {
        updateTimer()
        tellWritable()
    }

    /// Tells the exchange whose answer goes out that there is room, if it waits for that.
    func tellWritable() {
        guard isWritable, let exchange = front, exchange.awaitsWritable else { return }
        exchange.awaitsWritable = false
        exchange.handler?.becameWritable()
    }

    /// Closes the connection at once; what wasn't written is lost.
    func abort() { shutDown() }

    /// Closes the channel before it tells the application, who may close a file that is being sent.
    private func shutDown() {
        guard phase != .closed else { return }
        phase = .closed
        timer?.cancel()
        inbound = ByteBuffer()
        let context = context
        self.context = nil
        context?.close(promise: nil)
        while let first = answering.popFirst() { release(first, complete: false) }
        detach(complete: false)
    }
}
