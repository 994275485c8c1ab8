internal import NIOCore

/// One timer whose deadline moves often and mostly later.
///
/// Moving the deadline costs a comparison: what is scheduled stays, and when it fires too early it
/// is scheduled again for the rest. Bound to its event loop. It holds its owner until `cancel`: a
/// weak reference would make each retain and release of the owner several times as dear.
final class LazyTimer {
    private let eventLoop: any EventLoop
    private var fired: (() -> Void)?
    private var deadline: NIODeadline?
    private var scheduled: Scheduled<Void>?
    private var scheduledFor = NIODeadline.distantFuture

    /// A timer that isn't set; `fired` is called at its deadline, once for each time it is set.
    init(on eventLoop: any EventLoop, fired: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.fired = fired
    }

    /// Moves the deadline.
    func set(_ deadline: NIODeadline) {
        self.deadline = deadline
        if scheduled == nil {
            schedule(deadline)
        } else if deadline < scheduledFor {
            scheduled?.cancel()
            schedule(deadline)
        }
    }

    /// Has no deadline any more; what is scheduled runs out without effect.
    func clear() { deadline = nil }

    /// Ends the timer for good, and its hold on its owner.
    func cancel() {
        deadline = nil
        fired = nil
        scheduled?.cancel()
        scheduled = nil
    }

    private func schedule(_ deadline: NIODeadline) {
        scheduledFor = deadline
        scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.ran() }
    }

    private func ran() {
        scheduled = nil
        guard let deadline else { return }
        if deadline <= eventLoop.now {
            self.deadline = nil
            fired?()
        } else {
            schedule(deadline)
        }
    }
}
