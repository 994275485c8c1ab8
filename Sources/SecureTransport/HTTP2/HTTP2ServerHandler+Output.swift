internal import CNGHTTP2
internal import HTTPWire
internal import NIOCore
internal import Transport

extension HTTP2ServerHandler {
    func submitHead(_ head: HTTPResponseHead, of exchange: HTTP2ServerExchange, hasBody: Bool) {
        let isTaken = session?.submitHead(head, stream: exchange.stream, hasBody: hasBody) ?? false
        guard isTaken else { return reset(exchange) }
        scheduleDrive()
    }

    func resume(_ exchange: HTTP2ServerExchange) {
        session?.resume(stream: exchange.stream)
        scheduleDrive()
    }

    func reset(_ exchange: HTTP2ServerExchange) { reset(exchange, NGHTTP2_INTERNAL_ERROR) }

    func reset(_ exchange: HTTP2ServerExchange, _ code: nghttp2_error_code) {
        exchange.isResetHere = true
        exchange.dropQueue()
        session?.reset(stream: exchange.stream, code)
        scheduleDrive()
    }

    func consume(_ count: Int, of exchange: HTTP2ServerExchange) {
        guard let session else { return }
        session.consume(count, stream: exchange.stream)
        if session.wantsWrite { scheduleDrive() }
    }

    /// Gives the connection its credit back, but the stream none: its client needn't go on.
    func requestIgnored(_ exchange: HTTP2ServerExchange) {
        guard let session else { return }
        if exchange.unconsumed > 0 { session.consumeConnection(exchange.unconsumed) }
        exchange.unconsumed = 0
        if exchange.isResponseSent { linger(exchange) }
        scheduleDrive()
    }

    /// Sends in this turn of the loop, once, whatever led to it.
    func scheduleDrive() {
        isDriveNeeded = true
        guard !isReceiving, !isDriving, !isDriveScheduled, let context else { return }
        isDriveScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isDriveScheduled = false
            self.drive()
        }
    }

    /// Moves frames to the handler below, batch by batch, while the channel is writable.
    func drive() {
        guard let context, session != nil, !isDriving, !isReceiving else { return }
        now = context.eventLoop.now
        isDriving = true
        defer { isDriving = false }
        var rounds = 0
        while context.channel.isWritable, let session {
            isDriveNeeded = false
            guard fillBatch(session) else {
                secureMetrics.http2ConnectionErrors.count()
                return context.close(promise: nil)
            }
            let didWrite = sendBatch(context)
            tellWritable()
            guard isPaused || isDriveNeeded, didWrite || isDriveNeeded else { break }
            rounds += 1
            guard rounds < Self.roundsMax else {
                isDriving = false
                scheduleDrive()
                break
            }
        }
        closeIfDone(context)
    }

    private func fillBatch(_ session: HTTP2Session) -> Bool {
        isPaused = false
        guard session.wantsWrite else { return true }
        batch = LoopBuffers.current.frames.take(Self.batchBytes)
        while !isPaused {
            guard let count = unsafe session.nextBytes({ unsafe batch.writeBytes($0) }) else {
                return false
            }
            if count == 0 { break }
            isPaused = batch.readableBytes >= Self.batchBytes
        }
        return true
    }

    // The batch's memory is the loop's: it must be empty again before another connection's turn.
    private func sendBatch(_ context: ChannelHandlerContext) -> Bool {
        let full = batch
        batch = ByteBuffer()
        let didWrite = full.readableBytes > 0
        if didWrite {
            metrics.bytesOut.count(full.readableBytes)
            context.writeAndFlush(wrapOutboundOut(.byteBuffer(full)), promise: nil)
        }
        LoopBuffers.current.frames.give(full)
        return didWrite
    }

    private func tellWritable() {
        guard !writableAgain.isEmpty else { return }
        let ready = writableAgain
        writableAgain = []
        for exchange in ready { exchange.handler?.becameWritable() }
    }

    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard let session, !session.wantsRead, !session.wantsWrite else { return }
        context.close(promise: nil)
    }

    func drain(_ context: ChannelHandlerContext) {
        guard !isDraining, let session else { return }
        isDraining = true
        now = context.eventLoop.now
        session.submitShutdownNotice()
        // Clients that don't answer the PING get the final word all the same.
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.drainNotice) {
            self.sendFinalGoAway()
        }
        drive()
    }

    func sendFinalGoAway() {
        guard isDraining, !isFinalGoAwaySent, let session else { return }
        isFinalGoAwaySent = true
        session.submitFinalGoAway()
        scheduleDrive()
    }

    /// From so many bytes on a batch is handed down.
    static let batchBytes = 196_608
    private static let roundsMax = 4
    private static let drainNotice = TimeAmount.seconds(1)
}
