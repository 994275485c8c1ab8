import Daemon
import NIOCore
import Synchronization

/// The digests of one body, computed in order on threads beside its event loop.
///
/// Bytes are copied here, since those of the transport are lent. What waits is bounded by the
/// sender's credit: while `isBehind`, none is to be given. Bound to the event loop.
final class DigestWork {
    private let threads: DigestThreads
    private let eventLoop: any EventLoop
    private let state: DigestState
    private var filling: DigestBuffer?
    private var full: [DigestBuffer] = []
    private var backlog = 0
    private var isRunning = false
    private var isBroken = false
    private var completion: ((PayloadDigests.Found?) -> Void)?

    /// Called when the backlog is within its limit again.
    var caughtUp: (() -> Void)?

    init(_ expected: PayloadExpectations, _ threads: DigestThreads, on eventLoop: any EventLoop) {
        self.threads = threads
        self.eventLoop = eventLoop
        state = DigestState(expected)
    }

    deinit { threads.waiting.subtract(backlog, ordering: .relaxed) }

    /// Whether more waits than the limit allows.
    var isBehind: Bool { backlog > threads.backlogMax }

    func update(_ bytes: Span<UInt8>) {
        let wasBehind = isBehind
        backlog += bytes.count
        threads.waiting.add(bytes.count, ordering: .relaxed)
        if isBehind, !wasBehind { threads.waits.increment() }
        var offset = 0
        while offset < bytes.count {
            let buffer = filling ?? DigestBuffer()
            filling = buffer
            offset += buffer.append(bytes, from: offset)
            if buffer.isFull { endBuffer() }
        }
        runNext()
    }

    /// The body is complete; `completion` gets its digests, or `nil` where they could not be
    /// computed because the process stops.
    func finish(_ completion: @escaping (PayloadDigests.Found?) -> Void) {
        self.completion = completion
        endBuffer()
        runNext()
    }

    private func endBuffer() {
        guard let filling else { return }
        full.append(filling)
        self.filling = nil
    }

    private func runNext() {
        guard !isRunning, !full.isEmpty || completion != nil else { return }
        isRunning = true
        let buffers = full
        full = []
        let count = buffers.reduce(0) { $0 + $1.count }
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        let job = DigestJob(state: state, buffers: buffers, isLast: completion != nil) {
            [eventLoop] found, isRun in
            eventLoop.execute { this.value.ran(count, found, isBroken: !isRun) }
        }
        threads.submit(job)
    }

    private func ran(_ count: Int, _ found: PayloadDigests.Found?, isBroken: Bool) {
        isRunning = false
        let wasBehind = isBehind
        backlog -= count
        threads.waiting.subtract(count, ordering: .relaxed)
        if isBroken { self.isBroken = true }
        if let completion, found != nil || self.isBroken {
            self.completion = nil
            return completion(self.isBroken ? nil : found)
        }
        runNext()
        if wasBehind, !isBehind { caughtUp?() }
    }
}
