internal import Synchronization

/// Counters of the store, read by its metrics; each adds up from the start of the process.
final class StoreStatistics: Sendable {
    private let transactions = Atomic<Int64>(0)
    private let changes = Atomic<Int64>(0)
    private let orphans = Atomic<Int64>(0)
    private let undeleted = Atomic<Int64>(0)

    /// Transactions that were committed.
    var transactionCount: Int64 { transactions.load(ordering: .relaxed) }
    /// Changes that were committed, in however many transactions.
    var changeCount: Int64 { changes.load(ordering: .relaxed) }
    /// Files that the sweep at start deleted.
    var orphanCount: Int64 { orphans.load(ordering: .relaxed) }
    /// Files that couldn't be deleted, left for the next sweep.
    var undeletedCount: Int64 { undeleted.load(ordering: .relaxed) }

    func committed(changes count: Int) {
        transactions.add(1, ordering: .relaxed)
        changes.add(Int64(count), ordering: .relaxed)
    }

    func sweptOrphans(_ count: Int) { orphans.add(Int64(count), ordering: .relaxed) }

    func leftUndeleted() { undeleted.add(1, ordering: .relaxed) }
}
