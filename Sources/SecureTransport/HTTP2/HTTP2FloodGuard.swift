internal import NIOCore

/// Counts what a peer may do cheaply and an end only dearly, in windows of time.
struct HTTP2FloodGuard {
    private let resetsMax: Int
    private let controlFramesMax: Int
    private let period: TimeAmount
    private var windowStart: NIODeadline
    private var resets = 0
    private var controlFrames = 0

    /// A guard that allows so much in each `period`.
    init(resetsMax: Int, controlFramesMax: Int, period: TimeAmount, now: NIODeadline) {
        self.resetsMax = resetsMax
        self.controlFramesMax = controlFramesMax
        self.period = period
        windowStart = now
    }

    /// Counts a stream that the peer reset, or made this end reset; `false` where it is one too
    /// many.
    mutating func countReset(now: NIODeadline) -> Bool {
        turn(now)
        resets += 1
        return resets <= resetsMax
    }

    /// Counts a frame that asks for work or an answer and carries nothing: PING, SETTINGS,
    /// PRIORITY, empty DATA; `false` where it is one too many.
    mutating func countControlFrame(now: NIODeadline) -> Bool {
        turn(now)
        controlFrames += 1
        return controlFrames <= controlFramesMax
    }

    private mutating func turn(_ now: NIODeadline) {
        guard now - windowStart >= period else { return }
        windowStart = now
        resets = 0
        controlFrames = 0
    }
}
