internal import Daemon
internal import Synchronization

/// Counters of the store, read by its metrics; each adds up from the start of the process.
final class StoreStatistics: Sendable {
    /// What was flushed to the disk.
    enum Flush: String, CaseIterable, Sendable {
        /// A body's file, its move and its folder.
        case body
        /// A transaction of the index.
        case index
    }

    /// What a round of care found in the index.
    struct Totals: Equatable, Sendable {
        var objectCount: Int64 = 0
        var inlineCount: Int64 = 0
        var byteCount: Int64 = 0
        var uploadCount: Int64 = 0
    }

    /// Why a large body's bytes went through the page cache.
    enum CachedReason: String, CaseIterable, Sendable {
        /// The memory for writes past it was in use.
        case noBuffer = "no_buffer"
        /// The file system or the disk doesn't take such writes.
        case refused
    }

    private let flushes: [Flush: Histogram]
    private let cached: [CachedReason: Counter]
    private let transactions = Atomic<Int64>(0)
    private let changes = Atomic<Int64>(0)
    private let orphans = Atomic<Int64>(0)
    private let undeleted = Atomic<Int64>(0)
    private let strange = Atomic<Int64>(0)
    private let expired = Atomic<Int64>(0)
    private let diskReads = Atomic<Int64>(0)
    private let totals = Mutex(Totals())

    /// Counters at zero; the times of flushes are added to `registry`.
    init(_ registry: MetricsRegistry = MetricsRegistry()) {
        var flushes: [Flush: Histogram] = [:]
        for flush in Flush.allCases {
            flushes[flush] = registry.histogram(
                "sealgate_store_flush_seconds",
                help: "Time that the disk took to make a body or a transaction durable.",
                labels: ["what": flush.rawValue]
            )
        }
        self.flushes = flushes
        var cached: [CachedReason: Counter] = [:]
        for reason in CachedReason.allCases {
            cached[reason] = registry.counter(
                "sealgate_store_direct_fallbacks_total",
                help: "Large bodies that were written through the page cache, by the reason.",
                labels: ["reason": reason.rawValue]
            )
        }
        self.cached = cached
    }

    /// Transactions that were committed.
    var transactionCount: Int64 { transactions.load(ordering: .relaxed) }
    /// Changes that were committed, in however many transactions.
    var changeCount: Int64 { changes.load(ordering: .relaxed) }
    /// Files that sweeps deleted.
    var orphanCount: Int64 { orphans.load(ordering: .relaxed) }
    /// Files that couldn't be deleted, left for the next sweep.
    var undeletedCount: Int64 { undeleted.load(ordering: .relaxed) }

    /// Pieces of files that weren't in the page cache when they were to be sent.
    var diskReadCount: Int64 { diskReads.load(ordering: .relaxed) }

    func readFromDisk() { diskReads.add(1, ordering: .relaxed) }

    func committed(changes count: Int) {
        transactions.add(1, ordering: .relaxed)
        changes.add(Int64(count), ordering: .relaxed)
    }

    /// Files with strange names, at the last sweep.
    var strangeCount: Int64 { strange.load(ordering: .relaxed) }
    /// Uploads that were dropped because of their age.
    var expiredCount: Int64 { expired.load(ordering: .relaxed) }
    /// What the last round of care counted.
    var lastTotals: Totals { totals.withLock { $0 } }

    func sweptOrphans(_ count: Int, strange strangeCount: Int) {
        orphans.add(Int64(count), ordering: .relaxed)
        strange.store(Int64(strangeCount), ordering: .relaxed)
    }

    func expiredUpload() { expired.add(1, ordering: .relaxed) }

    func counted(_ found: Totals) { totals.withLock { $0 = found } }

    func flushed(_ what: Flush, in time: Duration) { flushes[what]?.observe(time) }

    func wroteCached(_ reason: CachedReason) { cached[reason]?.increment() }

    func leftUndeleted() { undeleted.add(1, ordering: .relaxed) }
}
