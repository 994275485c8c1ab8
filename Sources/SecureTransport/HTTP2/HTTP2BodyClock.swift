internal import NIOCore
internal import Transport

/// Judges how fast a client sends a request's body and takes a response's.
///
/// Time counts only while the client is the one to act.
struct HTTP2BodyClock {
    private var progressAt: NIODeadline
    private var markAt: NIODeadline
    private var markBytes = 0
    private var responseAt: NIODeadline

    init(now: NIODeadline) {
        progressAt = now
        markAt = now
        responseAt = now
    }

    /// Bytes of the request's body came.
    mutating func received(_ count: Int, now: NIODeadline) {
        progressAt = now
        markBytes += count
    }

    /// Bytes of the response's body went.
    mutating func sent(now: NIODeadline) { responseAt = now }

    /// Which limit was broken, if any.
    ///
    /// - Parameters:
    ///   - owesRequest: the client has bytes of the body to send and a window to send them in.
    ///   - owesWindow: bytes of the response wait for the client to take them.
    ///   - now: the time.
    ///   - limits: the limits.
    /// - Returns: the limit, to be counted.
    mutating func check(
        owesRequest: Bool,
        owesWindow: Bool,
        now: NIODeadline,
        limits: HTTPServerLimits
    ) -> TransportMetrics.Timeout? {
        if !owesWindow { responseAt = now }
        if !owesRequest { restart(now) }
        if owesRequest, now - progressAt >= limits.bodyIdleTimeout { return .bodyIdle }
        if owesWindow, now - responseAt >= limits.bodyIdleTimeout { return .bodyIdle }
        let elapsed = now - markAt
        guard owesRequest, elapsed >= limits.bodyRatePeriod else { return nil }
        let seconds = Double(elapsed.nanoseconds) / 1e9
        if Double(markBytes) < seconds * Double(limits.bodyBytesPerSecondMin) {
            return .bodyRate
        }
        markAt = now
        markBytes = 0
        return nil
    }

    /// Begins anew, as where the client was held back.
    mutating func restart(_ now: NIODeadline) {
        progressAt = now
        markAt = now
        markBytes = 0
    }
}
