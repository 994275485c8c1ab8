import Daemon
import NIOCore
import NIOPosix
import Synchronization

/// The threads that digest large bodies beside the loops that seal them: MD5 takes six times as
/// long as AES-GCM, and one after the other they would halve what an upload reaches.
///
/// Bodies that want MD5 share a thread while its lanes have room; others get the next that is free.
final class DigestThreads: Sendable {
    /// Runs work at some time, on some thread, and tells it whether it is to be done at all.
    typealias Runner = @Sendable (_ work: @escaping @Sendable (_ isRun: Bool) -> Void) -> Void

    /// Smaller bodies, in bytes, are digested where they are sealed.
    static let bodyCountMin: UInt64 = 262_144

    static let count = SettingKey.integer(
        "crypto.digest_threads",
        in: 0...64,
        default: 2,
        "Threads for the MD5 and SHA of bodies from 256 KiB on; 0 computes them where it seals."
    )
    static let backlog = SettingKey.bytes(
        "limits.digest_backlog",
        in: 131_072...(64 << 20),
        default: 524_288,
        "Bytes of one body that may wait for its digests before the client has to."
    )

    /// Bytes of one body that may wait.
    let backlogMax: Int
    /// Times that a body's sender had to wait for its digests.
    let waits: Counter
    /// Bytes that wait, of all bodies.
    let waiting = Atomic<Int>(0)
    private let queue: Mutex<DigestQueue>
    private let countMax: Int
    private let run: Runner
    private let pool: NIOThreadPool?

    init(
        backlogMax: Int,
        countMax: Int,
        laneCount: Int = MD5Lanes.count,
        in registry: MetricsRegistry,
        pool: NIOThreadPool? = nil,
        run: @escaping Runner
    ) {
        self.backlogMax = backlogMax
        self.countMax = countMax
        // Half of what may wait: the sender isn't held up before the threads have had their time.
        let urgentBuffers = (backlogMax - 1) / (2 * DigestBuffer.capacity) + 1
        queue = Mutex(DigestQueue(laneCount: laneCount, urgentBuffers: urgentBuffers))
        self.pool = pool
        self.run = run
        waits = registry.counter(
            "sealgate_digest_waits_total",
            help: "Times that a client had to wait for the digests of its body."
        )
        registry.gauge(
            "sealgate_digest_backlog_bytes",
            help: "Bytes of bodies that wait for their digests."
        ) { [weak self] in Double(self?.waiting.load(ordering: .relaxed) ?? 0) }
    }

    /// The threads that the settings ask for; `nil` where digests are to be computed in place.
    convenience init?(_ settings: Settings, in registry: MetricsRegistry) {
        let count = settings[Self.count]
        guard count > 0 else { return nil }
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        self.init(
            backlogMax: settings[Self.backlog],
            countMax: count,
            in: registry,
            pool: pool
        ) { work in
            pool.submit { state in work(state == .active) }
        }
    }

    /// Ends the threads; what waits is told that it isn't run.
    func stop() async { try? await pool?.shutdownGracefully() }

    /// A body begins.
    func join(_ body: DigestBody) { queue.withLock { $0.join(body) } }

    /// A body that has joined is done, or given up: the others no longer wait for it.
    func leave(_ body: DigestBody) { startIfNeeded { $0.leave(body) } }

    /// The body's next buffer, and whether nothing comes after it.
    func submit(_ buffer: DigestBuffer?, isLast: Bool, of body: DigestBody) {
        startIfNeeded { $0.append(buffer, isLast: isLast, of: body) }
    }

    private func startIfNeeded(after change: (inout DigestQueue) -> Void) {
        let needsThread = queue.withLock { queue in
            change(&queue)
            guard queue.wantsThread, queue.running < countMax else { return false }
            queue.willStart()
            return true
        }
        if needsThread { run { [self] isRun in runAll(isRun) } }
    }

    private func runAll(_ isRun: Bool) {
        queue.withLock { $0.started() }
        var jobs: [DigestJob] = []
        while true {
            jobs = queue.withLock { $0.next(after: jobs) }
            guard !jobs.isEmpty else { return }
            if isRun { DigestJob.run(jobs) } else { for job in jobs { job.abandon() } }
        }
    }
}
