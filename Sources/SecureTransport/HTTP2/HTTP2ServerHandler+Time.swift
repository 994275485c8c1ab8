internal import CNGHTTP2
internal import NIOCore
internal import Transport

extension HTTP2ServerHandler {
    /// Sees to it that the time is looked at no later than at `deadline`.
    ///
    /// One timer serves the connection and is only ever moved forward: deadlines that were put
    /// off are found out when it fires.
    func arm(_ deadline: NIODeadline) {
        guard deadline < timerAt, let context else { return }
        timer?.cancel()
        timerAt = deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timerFired()
        }
    }

    /// Leaves a stream whose response is out to its client for a time, without more credit; then
    /// it is reset with NO_ERROR (RFC 9113, section 8.1).
    func linger(_ exchange: HTTP2ServerExchange) {
        guard !exchange.isRequestEnded, exchange.lingersUntil == nil else { return }
        let until = exchange.eventLoop.now + limits.lingerTimeout
        exchange.lingersUntil = until
        arm(until)
    }

    private func timerFired() {
        timerAt = .distantFuture
        timer = nil
        guard let context, session != nil else { return }
        now = context.eventLoop.now
        guard let next = checkConnection(context) else { return }
        let streams = checkStreams()
        drive()
        arm(min(next, streams))
    }

    /// When to look again; `nil` where the connection is at its end.
    private func checkConnection(_ context: ChannelHandlerContext) -> NIODeadline? {
        if let headBegunAt, now - headBegunAt >= limits.headTimeout {
            return giveUp(context, .head)
        }
        if let blockedSince, now - blockedSince >= limits.bodyIdleTimeout {
            return giveUp(context, .bodyIdle)
        }
        guard exchanges.isEmpty else { return now + limits.bodyCheckPeriod }
        let patience = hasServed ? limits.keepAliveTimeout : limits.headTimeout
        guard now - idleSince >= patience else { return idleSince + patience }
        return giveUp(context, hasServed ? .keepAlive : .head)
    }

    private func giveUp(
        _ context: ChannelHandlerContext,
        _ timeout: TransportMetrics.Timeout
    ) -> NIODeadline? {
        metrics.count(timeout)
        session?.terminate(NGHTTP2_NO_ERROR)
        drive()
        context.close(promise: nil)
        return nil
    }

    private func checkStreams() -> NIODeadline {
        var next = NIODeadline.distantFuture
        let window = limits.streamWindowBytes / 2
        let isConnectionFull =
            exchanges.reduce(0) { $0 + $1.unconsumed } > limits.connectionWindowBytes / 2
        for exchange in exchanges {
            if let until = exchange.lingersUntil {
                next = min(next, lingering(exchange, until))
                continue
            }
            guard exchange.handler != nil else { continue }
            let owesRequest =
                !exchange.isRequestEnded && !exchange.isRequestIgnored
                && exchange.unconsumed <= window && !isConnectionFull
            let broken = exchange.clock.check(
                owesRequest: owesRequest,
                owesWindow: exchange.queuedBytes > 0,
                now: now,
                limits: limits
            )
            next = min(next, now + limits.bodyCheckPeriod)
            guard let broken else { continue }
            metrics.count(broken)
            reset(exchange, NGHTTP2_CANCEL)
        }
        return next
    }

    private func lingering(
        _ exchange: HTTP2ServerExchange,
        _ until: NIODeadline
    ) -> NIODeadline {
        guard now >= until else { return until }
        session?.reset(stream: exchange.stream, NGHTTP2_NO_ERROR)
        return .distantFuture
    }
}
