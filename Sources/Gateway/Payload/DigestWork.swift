import Daemon
import NIOCore
import Synchronization

/// The digests of one body, computed in order on threads beside its event loop.
///
/// Bytes are copied here, since those of the transport are lent. What waits is bounded by the
/// sender's credit: while `isBehind`, none is to be given. Bound to the event loop.
final class DigestWork {
    /// What the threads hold of the work, so that a body given up doesn't wait for them.
    private struct Reference {
        weak var work: DigestWork?
    }

    private let threads: DigestThreads
    private let body: DigestBody
    private var filling: DigestBuffer?
    private var backlog = 0
    private var isBroken = false
    private var hasLeft = false
    private var completion: ((PayloadDigests.Found?) -> Void)?

    /// Called when the backlog is within its limit again.
    var caughtUp: (() -> Void)?

    init(_ expected: PayloadExpectations, _ threads: DigestThreads, on eventLoop: any EventLoop) {
        self.threads = threads
        let reference = NIOLoopBoundBox(Reference(), eventLoop: eventLoop)
        body = DigestBody(expected) { progress in
            eventLoop.execute { reference.value.work?.progressed(progress) }
        }
        reference.value.work = self
        threads.join(body)
    }

    deinit {
        threads.waiting.subtract(backlog, ordering: .relaxed)
        leave()
    }

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
            guard buffer.isFull else { continue }
            filling = nil
            threads.submit(buffer, isLast: false, of: body)
        }
    }

    /// The body is complete; `completion` gets its digests, or `nil` where they could not be
    /// computed because the process stops.
    func finish(_ completion: @escaping (PayloadDigests.Found?) -> Void) {
        self.completion = completion
        threads.submit(filling, isLast: true, of: body)
        filling = nil
    }

    private func progressed(_ progress: DigestProgress) {
        let wasBehind = isBehind
        backlog -= progress.count
        threads.waiting.subtract(progress.count, ordering: .relaxed)
        if progress.isBroken { isBroken = true }
        if let completion, progress.found != nil || isBroken {
            self.completion = nil
            leave()
            return completion(isBroken ? nil : progress.found)
        }
        if wasBehind, !isBehind { caughtUp?() }
    }

    private func leave() {
        guard !hasLeft else { return }
        hasLeft = true
        threads.leave(body)
    }
}
