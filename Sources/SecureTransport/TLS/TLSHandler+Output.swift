public import NIOCore

extension TLSHandler {
    /// Encrypts what fills records and sends full batches; the rest waits for `flush`.
    public func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        guard case .byteBuffer(let buffer) = unwrapOutboundIn(data) else {
            promise?.fail(TLSError.fileRegionRefused)
            return
        }
        switch state {
        case .idle, .handshaking:
            writes.early.append(TLSWriteQueue.Write(buffer: buffer, promise: promise))
        case .open:
            encrypt(context, buffer, promise)
        case .closing, .closed:
            promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    /// Sends what was written.
    public func flush(context: ChannelHandlerContext) {
        switch state {
        case .idle, .handshaking: writes.isEarlyFlushed = true
        case .open:
            if finishRecord() { sendBatch(context) }
            context.flush()
            writes.giveBack()
        case .closing, .closed: context.flush()
        }
    }

    /// Sends what is queued and close_notify, then closes; at once where there is no connection.
    ///
    /// A peer that takes nothing is waited for 5 seconds.
    public func close(
        context: ChannelHandlerContext,
        mode: CloseMode,
        promise: EventLoopPromise<Void>?
    ) {
        guard state == .open, mode != .input else {
            if mode == .all, state != .closing { end(ChannelError.ioOnClosedChannel) }
            return context.close(mode: mode, promise: promise)
        }
        guard finishRecord() else { return context.close(mode: mode, promise: promise) }
        session.close()
        state = .closing
        let written = context.eventLoop.makePromise(of: Void.self)
        writes.promises.append(written)
        sendBatch(context)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.finishClose(context, mode, promise)
        }
        let loop = context.eventLoop.assumeIsolated()
        timer?.cancel()
        timer = loop.scheduleTask(in: Self.closeTimeout) { self.finishClose(context, mode, nil) }
        context.flush()
    }

    private func finishClose(
        _ context: ChannelHandlerContext,
        _ mode: CloseMode,
        _ promise: EventLoopPromise<Void>?
    ) {
        timer?.cancel()
        timer = nil
        if mode == .all { end(ChannelError.ioOnClosedChannel) }
        context.close(mode: mode, promise: promise)
    }

    func sendEarlyWrites(_ context: ChannelHandlerContext) {
        while state == .open, let write = writes.early.popFirst() {
            encrypt(context, write.buffer, write.promise)
        }
        if writes.isEarlyFlushed { flush(context: context) }
        writes.isEarlyFlushed = false
    }

    /// Ends the connection for `error`, after the alert that OpenSSL may have left.
    func fail(_ error: TLSError) {
        guard let context, state != .closed else { return }
        end(error)
        if sendOutbound(context, promise: nil) { context.flush() }
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    /// Drops all that is queued, without a word to the peer.
    func end(_ error: any Error) {
        state = .closed
        timer?.cancel()
        timer = nil
        writes.fail(error)
    }

    /// Writes the ciphertext that stands ready; `false` where there is none.
    @discardableResult
    func sendOutbound(
        _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) -> Bool {
        guard session.outbound.readableBytes > 0 else {
            promise?.succeed()
            return false
        }
        let batch = session.outbound
        session.outbound = ByteBuffer()
        writes.sent = batch
        context.write(wrapOutboundOut(.byteBuffer(batch)), promise: promise)
        return true
    }

    private func sendBatch(_ context: ChannelHandlerContext) {
        sendOutbound(context, promise: writes.takePromises(context.eventLoop))
    }

    private func encrypt(
        _ context: ChannelHandlerContext,
        _ buffer: ByteBuffer,
        _ promise: EventLoopPromise<Void>?
    ) {
        var rest = buffer
        if session.outbound.capacity == 0 {
            let count = rest.readableBytes + rest.readableBytes / 256 + 256
            session.outbound = LoopBuffers.current.ciphertext.take(min(count, Self.batchCount))
        }
        while rest.readableBytes > 0 {
            guard encryptPart(&rest) else {
                promise?.fail(ChannelError.ioOnClosedChannel)
                return
            }
            if session.outbound.readableBytes >= Self.batchCount {
                sendOutbound(context, promise: nil)
            }
        }
        if let promise { writes.promises.append(promise) }
    }

    // A record is sent full where there is enough; small writes share one, and the only write
    // before a flush isn't copied.
    private func encryptPart(_ rest: inout ByteBuffer) -> Bool {
        let held = writes.record.readableBytes
        if held == 0, rest.readableBytes >= TLSSession.recordCountMax {
            let records = min(rest.readableBytes, Self.directCountMax) / TLSSession.recordCountMax
            let count = records * TLSSession.recordCountMax
            return encrypt(rest.readSlice(length: count))
        }
        if held == 0, writes.record.capacity < TLSSession.recordCountMax {
            writes.record = rest
            rest = ByteBuffer()
            return true
        }
        let count = min(rest.readableBytes, TLSSession.recordCountMax - held)
        guard var part = rest.readSlice(length: count) else { return false }
        writes.record.reserveCapacity(minimumWritableBytes: TLSSession.recordCountMax - held)
        writes.record.writeBuffer(&part)
        return held + count < TLSSession.recordCountMax || finishRecord()
    }

    /// Encrypts the record that was begun; `false` where the connection failed by it.
    func finishRecord() -> Bool {
        guard writes.record.readableBytes > 0 else { return true }
        defer { writes.clearRecord() }
        return encrypt(writes.record)
    }

    private func encrypt(_ plaintext: ByteBuffer?) -> Bool {
        guard let plaintext else { return false }
        let result = unsafe plaintext.withUnsafeReadableBytes { bytes -> TLSError? in
            do throws(TLSError) {
                unsafe try session.write(bytes)
                return nil
            } catch {
                return error
            }
        }
        guard let result else { return true }
        secureMetrics?.protocolFailures.count()
        fail(result)
        return false
    }

    /// From so many bytes on ciphertext is handed to the socket before the flush.
    static let batchCount = 196_608
    private static let directCountMax = 65_536
    private static let closeTimeout = TimeAmount.seconds(5)
}
