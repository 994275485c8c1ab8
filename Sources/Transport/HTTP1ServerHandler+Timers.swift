internal import NIOCore

/// What one server connection waits for, and how its peer gets on with it.
struct HTTP1ServerProgress {
    enum Wait {
        case nothing
        /// A head that has begun, or the first one.
        case head
        /// The next request.
        case keepAlive
        /// The client: its body, or that it takes the response.
        case transfer
        /// That the client closes.
        case linger
    }

    var wait = Wait.nothing
    /// Requests so far.
    var requestCount = 0
    /// Requests at the time that `wait` was set.
    var requestCountAtWait = 0
    /// Bytes of bodies that came since the last look.
    var bodyBytes = 0
    /// Bytes that the client may lag behind the least rate; a bucket that leaks at that rate.
    var creditBytes = 0
    /// When the client last sent or took anything.
    var movedAt = NIODeadline.uptimeNanoseconds(0)
    /// Bytes of output queued at the last look.
    var queuedBytes = 0
}

extension HTTP1ServerHandler {
    private var currentWait: HTTP1ServerProgress.Wait {
        switch phase {
        case .closed: return .nothing
        case .closing: return .transfer
        case .lingering: return .linger
        case .open: break
        }
        guard let exchange = front else {
            return isWithinHead || progress.requestCount == 0 ? .head : .keepAlive
        }
        let isFull = !(context?.channel.isWritable ?? true)
        return isFull || exchange.filesPending > 0 || (exchange.awaitsBody && wantsRead)
            ? .transfer : .nothing
    }

    /// Sets the timer anew where the connection waits for something else than before.
    func updateTimer() {
        let wait = currentWait
        guard
            wait != progress.wait
                || (wait == .keepAlive && progress.requestCountAtWait != progress.requestCount)
        else { return }
        guard let context else { return }
        progress.wait = wait
        progress.requestCountAtWait = progress.requestCount
        let now = context.eventLoop.now
        switch wait {
        case .nothing: timer?.clear()
        case .head: timer?.set(now + limits.headTimeout)
        case .keepAlive: timer?.set(now + limits.keepAliveTimeout)
        case .linger: timer?.set(now + limits.lingerTimeout)
        case .transfer:
            progress.movedAt = now
            progress.bodyBytes = 0
            progress.creditBytes = creditBytesMax
            progress.queuedBytes = queuedBytes(context)
            timer?.set(now + limits.bodyCheckPeriod)
        }
    }

    func timerFired() {
        guard phase != .closed, let context else { return }
        switch progress.wait {
        case .nothing: break
        case .head: timeOut(.head)
        case .keepAlive: timeOut(.keepAlive)
        case .linger: abort()
        case .transfer: judgeTransfer(context)
        }
    }

    private func judgeTransfer(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        let queuedBytes = queuedBytes(context)
        if progress.bodyBytes > 0 || queuedBytes < progress.queuedBytes { progress.movedAt = now }
        if progress.movedAt + limits.bodyIdleTimeout <= now { return timeOut(.bodyIdle) }
        if let exchange, exchange.awaitsBody, wantsRead {
            progress.creditBytes += progress.bodyBytes - bytesDue(in: limits.bodyCheckPeriod)
            progress.creditBytes = min(progress.creditBytes, creditBytesMax)
            if progress.creditBytes < 0 { return timeOut(.bodyRate) }
        }
        progress.bodyBytes = 0
        progress.queuedBytes = queuedBytes
        timer?.set(now + limits.bodyCheckPeriod)
    }

    private func timeOut(_ timeout: TransportMetrics.Timeout) {
        metrics.count(timeout)
        abort()
    }

    /// A client that sends nothing at all is left to the idle timeout.
    private var creditBytesMax: Int { bytesDue(in: limits.bodyIdleTimeout) }

    private func bytesDue(in time: TimeAmount) -> Int {
        let milliseconds = Int(time.nanoseconds / 1_000_000)
        return limits.bodyBytesPerSecondMin * milliseconds / 1000
    }

    private func queuedBytes(_ context: ChannelHandlerContext) -> Int {
        let queued = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        return queued ?? 0
    }
}
