import Encoding
import Synchronization

/// The queue of an audit log and the thread's side of it.
final class AuditWriter: Sendable {
    private struct Queue {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        /// Events that didn't fit since the last that were written.
        var lostCount: UInt64 = 0
        var isClosed = false
        /// The bytes that are being written, and come back where that fails.
        var takenCount = 0
    }

    private struct State {
        var file: AuditFile
        var failure: AuditFileError?
        var reportedSequence: UInt64 = 0
    }

    /// How many events stand between two checkpoints.
    private static let checkpointInterval: UInt64 = 10_000

    let dropped = Atomic<UInt64>(0)
    let failures = Atomic<UInt64>(0)
    private let settings: AuditLogSettings
    private let queue = Mutex(Queue())
    private let state: Mutex<State>
    private let latest: Mutex<AuditLog.Checkpoint>
    private let wake = WakeSignal()
    private let isFailing = Atomic(false)
    private let isCrowded = Atomic(false)
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (AuditLog.Checkpoint) -> Void

    init(
        _ settings: AuditLogSettings,
        _ file: AuditFile,
        now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (AuditLog.Checkpoint) -> Void
    ) {
        self.settings = settings
        self.now = now
        self.report = report
        latest = Mutex(AuditLog.Checkpoint(file.chain))
        state = Mutex(State(file: file))
    }

    var checkpoint: AuditLog.Checkpoint { latest.withLock { $0 } }
    var queuedBytes: Int { queue.withLock { $0.bytes.count + $0.takenCount } }

    /// Requests are refused while half of the queue is still free for those under way.
    var refuses: Bool {
        settings.isRequired
            && (isFailing.load(ordering: .relaxed) || isCrowded.load(ordering: .relaxed))
    }

    func add(_ event: [UInt8]) {
        let (isFirst, isAccepted) = queue.withLock { queue in
            guard !queue.isClosed, queue.bytes.count + event.count <= settings.queueBytesMax else {
                queue.lostCount += 1
                return (false, false)
            }
            let isFirst = queue.bytes.isEmpty
            queue.bytes += event
            queue.ends.append(queue.bytes.count)
            if queue.bytes.count > settings.queueBytesMax / 2 {
                isCrowded.store(true, ordering: .relaxed)
            }
            return (isFirst, true)
        }
        if isFirst { wake.signal() }
        if !isAccepted { dropped.wrappingAdd(1, ordering: .relaxed) }
    }

    /// The thread's work, until the log is closed.
    func run() {
        while true {
            wake.wait()
            let isClosed = queue.withLock(\.isClosed)
            drain()
            if isClosed { return finish() }
        }
    }

    func close() {
        queue.withLock { $0.isClosed = true }
        wake.signal()
    }

    func probe() -> String? {
        guard isFailing.load(ordering: .relaxed) else { return nil }
        wake.signal()
        return state.withLock { $0.failure?.explanation }
    }

    func reopen() throws(AuditFileError) {
        drain()
        let time = now().iso8601
        try state.withLock { (state) throws(AuditFileError) in
            try state.file.reopen(time: time)
            told(&state, always: true)
        }
    }

    /// Writes what is queued, in the order in which it was queued.
    func drain() {
        state.withLock { state in
            let taken = queue.withLock { queue in
                let taken = queue
                queue.bytes = []
                queue.ends = []
                queue.lostCount = 0
                queue.takenCount = taken.bytes.count
                return taken
            }
            defer { queue.withLock { $0.takenCount = 0 } }
            var (events, ends) = (taken.bytes, taken.ends)
            if taken.lostCount > 0 {
                events += lostEvent(taken.lostCount)
                ends.append(events.count)
            }
            guard !ends.isEmpty else { return }
            do throws(AuditFileError) {
                try state.file.append(events, ends)
                settle(&state, nil)
            } catch {
                failures.wrappingAdd(1, ordering: .relaxed)
                putBack(taken)
                return settle(&state, error)
            }
            isCrowded.store(false, ordering: .relaxed)
            rotateIfDue(&state)
        }
    }

    private func rotateIfDue(_ state: inout State) {
        guard state.file.size >= settings.rotationBytes else { return told(&state, always: false) }
        do throws(AuditFileError) {
            try state.file.rotate(time: now().iso8601)
            told(&state, always: true)
        } catch {
            failures.wrappingAdd(1, ordering: .relaxed)
            settle(&state, error)
        }
    }

    private func settle(_ state: inout State, _ failure: AuditFileError?) {
        state.failure = failure
        isFailing.store(failure != nil, ordering: .relaxed)
    }

    private func told(_ state: inout State, always: Bool) {
        let checkpoint = AuditLog.Checkpoint(state.file.chain)
        latest.withLock { $0 = checkpoint }
        let isDue = checkpoint.sequence >= state.reportedSequence + Self.checkpointInterval
        guard always || isDue else { return }
        state.reportedSequence = checkpoint.sequence
        report(checkpoint)
    }

    /// Events that couldn't be written wait before those that came meanwhile, which make room.
    private func putBack(_ taken: Queue) {
        queue.withLock { queue in
            let later = queue
            queue.bytes = taken.bytes
            queue.takenCount = 0
            queue.ends = taken.ends
            queue.lostCount = taken.lostCount + later.lostCount
            var start = 0
            for end in later.ends {
                defer { start = end }
                guard queue.bytes.count + end - start <= settings.queueBytesMax else {
                    queue.lostCount += 1
                    dropped.wrappingAdd(1, ordering: .relaxed)
                    continue
                }
                queue.bytes += later.bytes[start..<end]
                queue.ends.append(queue.bytes.count)
            }
        }
    }

    private func finish() {
        var line = JSONLine()
        line.add("time", now().iso8601)
        line.add("operation", AuditEvent.end)
        let event = line.finish()
        state.withLock { state in
            do throws(AuditFileError) {
                try state.file.append(event, [event.count])
                told(&state, always: true)
            } catch {
                failures.wrappingAdd(1, ordering: .relaxed)
                dropped.wrappingAdd(UInt64(queue.withLock(\.ends.count)), ordering: .relaxed)
            }
        }
    }

    private func lostEvent(_ count: UInt64) -> [UInt8] {
        var line = JSONLine()
        line.add("time", now().iso8601)
        line.add("operation", AuditEvent.lost)
        line.add("lines", Int(clamping: count))
        return line.finish()
    }
}

extension AuditLog.Checkpoint {
    init(_ chain: AuditChain) {
        self.init(sequence: chain.sequence, code: Hex.encode(chain.code))
    }
}
