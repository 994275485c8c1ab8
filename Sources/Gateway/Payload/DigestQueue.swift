import NIOCore
import Synchronization

/// The bodies whose bytes wait for a thread.
///
/// The lanes of a processor take as long for one body as for all that fit. So bodies that want MD5
/// alone wait for company, as long as that holds nobody up: until all of them have a buffer here,
/// or one has as many as are urgent, or has come to its end.
struct DigestQueue {
    private var shareable = CircularBuffer<DigestBody>()
    private var others = CircularBuffer<DigestBody>()
    private var isTurnOfOthers = false
    private var urgentCount = 0
    /// Threads that were asked for and have taken nothing yet.
    private var starting = 0
    private let laneCount: Int
    private let urgentBuffers: Int

    /// Threads that run, or will.
    private(set) var running = 0
    /// Bodies that want MD5 alone and haven't ended.
    private(set) var companions = 0

    /// A queue for `laneCount` bodies at once, none of which waits with `urgentBuffers` or more.
    init(laneCount: Int, urgentBuffers: Int) {
        self.laneCount = laneCount
        self.urgentBuffers = urgentBuffers
    }

    /// A body begins.
    mutating func join(_ body: DigestBody) {
        if body.isShareable { companions += 1 }
    }

    /// A body that has joined is done, or given up: what waits of it goes.
    mutating func leave(_ body: DigestBody) {
        if body.isShareable { companions -= 1 }
        let wasQueued = body.waiting.withLock { waiting in
            waiting.buffers = []
            waiting.isEnded = false
            guard waiting.place == .queue else { return false }
            waiting.place = .nowhere
            if waiting.isCountedUrgent { urgentCount -= 1 }
            return true
        }
        guard wasQueued else { return }
        shareable.removeAll { $0 === body }
        others.removeAll { $0 === body }
    }

    /// The body's next buffer, and whether it is the last one.
    mutating func append(_ buffer: DigestBuffer?, isLast: Bool, of body: DigestBody) {
        body.waiting.withLock { waiting in
            if let buffer { waiting.buffers.append(buffer) }
            if isLast { waiting.isEnded = true }
            if waiting.place != .thread { place(body, &waiting) }
        }
    }

    /// Whether a further thread has work to do.
    var wantsThread: Bool {
        guard running > 0 else { return isReady || !others.isEmpty }
        return others.count + shareable.count / laneCount > starting
    }

    mutating func willStart() {
        running += 1
        starting += 1
    }

    mutating func started() { starting -= 1 }

    /// Takes a thread's jobs back as done, and gives it the next; none ends the thread.
    mutating func next(after done: [DigestJob]) -> [DigestJob] {
        for job in done {
            job.body.waiting.withLock { waiting in
                waiting.place = .nowhere
                if job.isLast { waiting.isEnded = false }
                if !waiting.isEmpty { place(job.body, &waiting) }
            }
        }
        // One kind after the other, where both wait.
        isTurnOfOthers.toggle()
        if isTurnOfOthers || !isReady, let body = others.popFirst() { return [take(body)] }
        guard isReady else {
            running -= 1
            return []
        }
        let bodies = Array(shareable.prefix(laneCount))
        shareable.removeFirst(bodies.count)
        return bodies.map { take($0) }
    }

    /// Whether those that wait have all the company that they will get.
    private var isReady: Bool {
        !shareable.isEmpty && (urgentCount > 0 || shareable.count >= min(laneCount, companions))
    }

    private mutating func place(_ body: DigestBody, _ waiting: inout DigestBody.Waiting) {
        if waiting.place == .nowhere {
            waiting.place = .queue
            if body.isShareable { shareable.append(body) } else { others.append(body) }
        }
        let isUrgent = waiting.isEnded || waiting.buffers.count >= urgentBuffers
        guard isUrgent, body.isShareable, !waiting.isCountedUrgent else { return }
        waiting.isCountedUrgent = true
        urgentCount += 1
    }

    private mutating func take(_ body: DigestBody) -> DigestJob {
        body.waiting.withLock { waiting in
            waiting.place = .thread
            if waiting.isCountedUrgent { urgentCount -= 1 }
            waiting.isCountedUrgent = false
            let buffer = waiting.buffers.popFirst()
            return DigestJob(
                body: body,
                buffer: buffer,
                isLast: waiting.isEnded && waiting.buffers.isEmpty
            )
        }
    }
}
