internal import HTTPWire
internal import NIOCore

/// One connection of a pool, with one exchange at a time, or several short ones.
final class HTTP1ClientConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = IOData

    let limits: HTTPClientLimits
    let metrics: TransportMetrics

    /// The pool, from the time that the connection was made until it is closed.
    private var pool: HTTP1ClientPool?
    var context: ChannelHandlerContext?
    /// Whose answer comes.
    var exchange: HTTP1ClientExchange?
    /// Short ones whose requests were sent behind its request, so that their answers follow.
    private var following = CircularBuffer<HTTP1ClientExchange>()
    private var parser: HTTP1ResponseParser
    private var inbound = ByteBuffer()
    private var writer: HTTP1BodyWriter?
    private let outbox = HTTP1Outbox()
    var timer: LazyTimer?

    private var exchangeCount = 0
    /// Whether the server closed; what came before is still handed over.
    private var isInputEnded = false
    var isClosed = false
    /// Whether the pool knows that it is gone.
    private var hasLeft = false
    /// Why the handlers below closed, where they said.
    private var failure: HTTPClientError?
    private var isProcessing = false
    private var isReadHeld = false
    private var isInRead = false
    private var isFlushDue = false
    private var isFlushing = false
    /// When the server last did anything that it was waited for.
    var movedAt = NIODeadline.uptimeNanoseconds(0)

    init(limits: HTTPClientLimits, metrics: TransportMetrics) {
        self.limits = limits
        self.metrics = metrics
        parser = HTTP1ResponseParser(limits: limits.message)
    }

    // MARK: The pool's side

    /// Joins a pool; `false` where the connection is gone already.
    func join(_ pool: HTTP1ClientPool) -> Bool {
        guard !isClosed, let context else { return false }
        self.pool = pool
        movedAt = context.eventLoop.now
        timer?.set(movedAt + tick)
        return true
    }

    /// Why it closed before it could join.
    var closeReason: HTTPClientError { failure ?? .connectionClosed }

    /// Whether a further short exchange may start here.
    var takesMore: Bool {
        guard let exchange, exchange.isShort else { return false }
        return following.count + 1 < limits.pipelineMax && isWritable
    }

    /// Begins an exchange on the idle connection, or a short one on a connection that takes more.
    func start(_ exchange: HTTP1ClientExchange) {
        guard let context else { return }
        outbox.prepare(context.channel.allocator)
        let writer: HTTP1BodyWriter
        do throws(HTTP1Error) {
            writer = try HTTP1Serializer.appendHead(of: exchange.head, to: &outbox.staging)
        } catch {
            return refuse(exchange, error)
        }
        exchange.connection = self
        exchangeCount += 1
        self.writer = writer
        if self.exchange == nil {
            expect(exchange)
        } else {
            following.append(exchange)
            metrics.exchangesAhead.count()
        }
        let body = exchange.queuedBody
        exchange.queuedBody = []
        exchange.queuedBytes = 0
        for part in body where exchange.connection === self { write(part, of: exchange, context) }
        guard exchange.connection === self else { return }
        if exchange.requestEnded { writeEnd(of: exchange) }
        exchange.forgetFields()
        scheduleFlush()
        guard exchange.awaitsWritable else { return }
        // The caller may still be within the call that led here.
        context.eventLoop.assumeIsolated().execute { self.writabilityChanged() }
    }

    /// The next answer is that exchange's.
    private func expect(_ exchange: HTTP1ClientExchange) {
        self.exchange = exchange
        if let context { movedAt = context.eventLoop.now }
        parser.expect(responseTo: exchange.head.method)
    }

    /// A request that can't be written; nothing of it was.
    private func refuse(_ exchange: HTTP1ClientExchange, _ error: HTTP1Error) {
        pool?.failLater(exchange, .connectFailed("request can't be written: \(error)"))
        if self.exchange == nil { shutDown(nil) }
    }

    /// Closes an idle connection.
    func close() { shutDown(nil) }

    // MARK: The exchange's side

    var isWritable: Bool {
        guard !isClosed, let context else { return false }
        return context.channel.isWritable && outbox.unflushedBytes < limits.writeHighWaterBytes
    }

    func sendBody(_ body: ByteBuffer, of exchange: HTTP1ClientExchange) {
        guard exchange === self.exchange, let context else { return }
        write(body, of: exchange, context)
    }

    private func write(
        _ body: ByteBuffer,
        of exchange: HTTP1ClientExchange,
        _ context: ChannelHandlerContext
    ) {
        guard var writer else { return }
        exchange.bodySent = true
        outbox.prepare(context.channel.allocator)
        let admission = writer.beginPart(ofBytes: body.readableBytes, to: &outbox.staging)
        self.writer = writer
        switch admission {
        case .drop: break
        case .overrun: fail(.connectionClosed)
        case .write:
            outbox.write(body, to: context)
            writer.endPart(to: &outbox.staging)
            scheduleFlush()
        }
    }

    func sendEnd(of exchange: HTTP1ClientExchange) {
        guard exchange === self.exchange else { return }
        if let context { movedAt = context.eventLoop.now }
        writeEnd(of: exchange)
        scheduleFlush()
    }

    private func writeEnd(of exchange: HTTP1ClientExchange) {
        guard let writer, let context else { return }
        outbox.prepare(context.channel.allocator)
        let isWhole = try? writer.end(trailers: exchange.trailers, to: &outbox.staging)
        if isWhole != true { fail(.connectionClosed) }
    }

    func consumed() {
        if let context { movedAt = context.eventLoop.now }
        process()
    }

    /// The caller broke off the exchange, which isn't short.
    func cancelled() { shutDown(nil) }

    // MARK: What the channel tells

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = LazyTimer(on: context.eventLoop) { self.timerFired() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { inputEnded() }

    func channelInactive(context: ChannelHandlerContext) {
        inputEnded()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? (error as? HTTPClientError)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        isInRead = true
        movedAt = context.eventLoop.now
        guard !isClosed, exchange != nil else {
            // Nothing was asked for: the two ends don't agree on where a response ended.
            return shutDown(nil)
        }
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.discardReadBytes()
            inbound.writeBuffer(&bytes)
        }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = false
        flushIfDue()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if wantsRead { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        movedAt = context.eventLoop.now
        if isFlushing {
            context.eventLoop.assumeIsolated().execute { self.writabilityChanged() }
        } else {
            writabilityChanged()
        }
        context.fireChannelWritabilityChanged()
    }

    private func writabilityChanged() {
        guard let exchange, exchange.awaitsWritable, isWritable else { return }
        exchange.awaitsWritable = false
        exchange.handler?.becameWritable()
    }

    // MARK: Responses

    var wantsRead: Bool {
        guard let exchange, !exchange.isShort else { return true }
        return exchange.outstandingBytes < limits.bodyWindowBytes
    }

    /// Of a short answer one byte more than it may have, since others wait for its end.
    private func bodyBytesMax(of exchange: HTTP1ClientExchange) -> Int {
        limits.bodyWindowBytes - exchange.outstandingBytes + (exchange.isShort ? 1 : 0)
    }

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        while exchange != nil, advance() {}
        isProcessing = false
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        if isReadHeld, wantsRead, !isInputEnded, let context {
            isReadHeld = false
            context.read()
        }
    }

    private func advance() -> Bool {
        guard let exchange else { return false }
        let input = inbound
        do throws(HTTP1Error) {
            let step = try parser.next(
                input.readableBytesUInt8Span,
                bodyBytesMax: bodyBytesMax(of: exchange)
            )
            inbound.moveReaderIndex(forwardBy: step.consumed)
            switch step.event {
            case .head(let head):
                exchange.handler?.received(head)
            case .body(let range):
                exchange.outstandingBytes += range.count
                guard exchange.outstandingBytes <= limits.bodyWindowBytes else {
                    fail(.responseInvalid)
                    return false
                }
                exchange.handler?.received(input.readableBytesUInt8Span.extracting(range))
            case .end(let trailers):
                finish(exchange, trailers)
            case .needMore:
                guard isInputEnded, inbound.readableBytes == 0 || wantsRead else { return false }
                guard try parser.finish() else { return false }
                finish(exchange, HTTPFields())
            }
            return true
        } catch .connectionEnded {
            ended(exchange)
            return false
        } catch {
            metrics.parseErrors.count()
            fail(.responseInvalid)
            return false
        }
    }

    /// The response is whole; the connection is kept where both sides ended cleanly.
    private func finish(_ exchange: HTTP1ClientExchange, _ trailers: HTTPFields) {
        let isClean = parser.keepsAlive && exchange.requestEnded
        self.exchange = nil
        let handler = exchange.end()
        if isClean, let next = following.popFirst() {
            expect(next)
        } else if isClean, inbound.readableBytes == 0, !isInputEnded, let pool, let context {
            writer = nil
            movedAt = context.eventLoop.now
            pool.released(self)
        } else {
            shutDown(nil)
        }
        handler?.receivedEnd(trailers: trailers)
    }

    /// The server closed before the response was whole.
    private func ended(_ exchange: HTTP1ClientExchange) {
        if exchangeCount > 1, !parser.hasBegun, failure == nil {
            self.exchange = nil
            following.prepend(exchange)
        }
        fail(failure ?? .connectionClosed)
    }

    private func mayBeRetried(_ exchange: HTTP1ClientExchange) -> Bool {
        !exchange.isOver && !exchange.bodySent && !exchange.isRetried
    }

    private func inputEnded() {
        guard !isInputEnded else { return }
        isInputEnded = true
        leave()
        if exchange == nil { shutDown(nil) } else { process() }
    }

    // MARK: Ends

    func fail(_ error: HTTPClientError) { shutDown(error) }

    /// Closes; an exchange still under way fails with `error`, and those that nothing was answered
    /// to begin anew elsewhere if they may.
    func shutDown(_ error: HTTPClientError?) {
        guard !isClosed else { return }
        isClosed = true
        isInputEnded = true
        timer?.cancel()
        inbound = ByteBuffer()
        let context = context
        self.context = nil
        let exchange = exchange
        self.exchange = nil
        let unanswered = following
        following.removeAll()
        leave()
        let pool = pool
        self.pool = nil
        context?.close(promise: nil)
        if let error { exchange?.fail(error) }
        for exchange in unanswered {
            exchange.connection = nil
            if let pool, mayBeRetried(exchange) {
                pool.retry(exchange)
            } else {
                exchange.fail(error ?? .connectionClosed)
            }
        }
    }

    private func leave() {
        guard !hasLeft, let pool else { return }
        hasLeft = true
        pool.closed(self)
    }

    // MARK: Writing

    private func scheduleFlush() {
        if outbox.unflushedBytes >= limits.writeLowWaterBytes { return flush() }
        guard !isFlushDue else { return }
        isFlushDue = true
        if !isInRead { pool?.flushLater(self) }
    }

    /// Writes what the turn gathered, unless it was written already.
    func flushIfDue() {
        if isFlushDue { flush() }
    }

    private func flush() {
        isFlushDue = false
        guard let context else { return }
        isFlushing = true
        outbox.flush(to: context)
        isFlushing = false
    }
}
