internal import NIOCore

/// How long the server is waited for, and an idle connection kept.
extension HTTP1ClientConnection {
    /// Looks are so far apart for either limit, so that the timer is never moved forward.
    var tick: TimeAmount { min(limits.responseTimeout, limits.idleTimeout) }

    /// Whether it is the server's turn: not the caller's to send or to consume.
    private var waitsForServer: Bool {
        guard let exchange else { return false }
        let isFull = !(context?.channel.isWritable ?? true)
        return (exchange.requestEnded || isFull) && wantsRead
    }

    func timerFired() {
        guard !isClosed, let context else { return }
        let now = context.eventLoop.now
        if exchange == nil {
            if movedAt + limits.idleTimeout <= now { return shutDown(nil) }
            timer?.set(min(now + tick, movedAt + limits.idleTimeout))
        } else {
            if !waitsForServer { movedAt = now }
            if movedAt + limits.responseTimeout <= now {
                metrics.count(.response)
                return fail(.timedOut)
            }
            timer?.set(min(now + tick, movedAt + limits.responseTimeout))
        }
    }
}
