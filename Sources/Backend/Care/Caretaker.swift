internal import Encoding
internal import Logging
internal import NIOCore
internal import NIOPosix

/// What the store does by itself, at start and from time to time: sweeps orphaned files, drops
/// uploads that nothing comes for any more, counts what it holds.
///
/// It has a thread and a reader of its own, so that no request waits for it.
final class Caretaker: Sendable {
    /// How much a round may do.
    struct Limits: Sendable {
        /// Time from one round to the next.
        var interval = Duration.seconds(3600)
        /// Age of an upload's last sign of life, behind which it is dropped; zero keeps all.
        var uploadAge = Duration.zero
        /// Uploads dropped in a round.
        var uploadCountMax = 1000
    }

    private let services: StoreServices
    private let reader: IndexReader
    private let limits: Limits
    private let clock: @Sendable () -> Timestamp
    private let statistics: StoreStatistics
    private let loop: any EventLoop
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let task: NIOLoopBoundBox<RepeatedTask?>

    /// A caretaker whose first round begins at once.
    init(
        _ services: StoreServices,
        _ limits: Limits,
        statistics: StoreStatistics,
        loop: any EventLoop,
        clock: @escaping @Sendable () -> Timestamp
    ) throws(StoreError) {
        self.services = services
        self.limits = limits
        self.statistics = statistics
        self.loop = loop
        self.clock = clock
        reader = try services.index.makeReader()
        task = .makeBoxSendingValue(nil, eventLoop: loop)
        thread.start()
    }

    /// Begins with the rounds.
    func start() {
        loop.execute { [self] in
            // The end of a round begins the pause.
            task.value = loop.scheduleRepeatedAsyncTask(
                initialDelay: .zero,
                delay: TimeAmount(limits.interval)
            ) { _ in
                self.thread.runIfActive(eventLoop: self.loop) { self.round() }
            }
        }
    }

    /// Ends the rounds, the one under way with it.
    func stop() async {
        try? await loop.submit { [task] in task.value?.cancel() }.get()
        try? await thread.shutdownGracefully()
        reader.close()
    }

    private func round() {
        step("sweep of orphans") { () throws(StoreError) in
            let count = try services.files.sweep(reader)
            if count > 0 {
                services.logger.notice("deleted orphaned files", metadata: ["count": "\(count)"])
            }
        }
        step("drop of old uploads") { () throws(StoreError) in try expireUploads() }
        step("count") { () throws(StoreError) in statistics.counted(try reader.totals()) }
    }

    private func step(_ name: String, _ work: () throws(StoreError) -> Void) {
        do throws(StoreError) {
            try work()
        } catch {
            guard error != .stopping else { return }
            services.logger.warning("\(name) broken off", metadata: ["reason": "\(error)"])
        }
    }

    private func expireUploads() throws(StoreError) {
        let (seconds, _) = limits.uploadAge.components
        guard seconds > 0 else { return }
        let before = clock().milliseconds - seconds * 1000
        let stale = try reader.staleUploads(before: before, countMax: limits.uploadCountMax)
        for upload in stale {
            let dropped = Result {
                try services.index.submit(on: loop) { (transaction) throws(StoreError) in
                    try transaction.expireUpload(upload, before: before)
                }.wait()
            }
            switch dropped {
            case .success(let isDropped): if isDropped { statistics.expiredUpload() }
            case .failure(let error):
                let error = (error as? StoreError) ?? .stopping
                if error != .uploadNotFound { throw error }
            }
        }
    }
}
