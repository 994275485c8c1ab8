internal import Dispatch
internal import Encoding
internal import Foundation
internal import GRDB
internal import NIOCore
internal import Synchronization

/// The one thread that changes the index.
///
/// Changes wait in a bounded queue; the thread takes what waits and commits it in one transaction,
/// each change in a savepoint of its own, so that one disk flush serves all who came meanwhile.
/// Results are delivered once the transaction is durable.
final class IndexWriter: Sendable {
    /// One change that waits: what it does, and what becomes of its promise.
    private struct Job: Sendable {
        /// Answers what is to be done once the change is durable.
        var execute: @Sendable (IndexTransaction) throws(StoreError) -> @Sendable () -> Void
        var fail: @Sendable (StoreError) -> Void
    }

    private struct Queue {
        var jobs: [Job] = []
        var isStopping = false
    }

    /// What a writer may hold and do at once.
    struct Limits: Sendable {
        /// Changes that may wait.
        var queueCountMax = 4096
        /// Changes in one transaction.
        var batchCountMax = 256
    }

    private let database: DatabaseQueue
    private let limits: Limits
    private let clock: @Sendable () -> Timestamp
    private let discard: @Sendable ([DiscardedFiles]) -> Void
    private let statistics: StoreStatistics
    private let queue = Mutex(Queue())
    private let wake = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// A writer with its thread running.
    ///
    /// `discard` takes the files that no row names any more, after their transaction is durable.
    init(
        database: DatabaseQueue,
        limits: Limits,
        clock: @escaping @Sendable () -> Timestamp,
        statistics: StoreStatistics,
        discard: @escaping @Sendable ([DiscardedFiles]) -> Void
    ) {
        self.database = database
        self.limits = limits
        self.clock = clock
        self.statistics = statistics
        self.discard = discard
        let thread = Thread { [self] in run() }
        thread.name = "index-writer"
        thread.start()
    }

    /// Queues a change; the future comes on `eventLoop` once the change is durable, or failed with
    /// a `StoreError`.
    func submit<Value: Sendable>(
        on eventLoop: any EventLoop,
        _ change: @escaping @Sendable (IndexTransaction) throws(StoreError) -> Value
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        let job = Job(
            execute: { (transaction) throws(StoreError) in
                let value = try change(transaction)
                return { promise.succeed(value) }
            },
            fail: { promise.fail($0) }
        )
        let refusal = queue.withLock { queue -> StoreError? in
            if queue.isStopping { return .stopping }
            if queue.jobs.count >= limits.queueCountMax { return .queueFull }
            queue.jobs.append(job)
            return nil
        }
        if let refusal { promise.fail(refusal) } else { wake.signal() }
        return promise.futureResult
    }

    /// How many changes wait.
    var queueCount: Int { queue.withLock { $0.jobs.count } }

    /// Commits what waits, refuses what comes, and ends the thread; blocks until it ended.
    func stop() {
        let wasStopping = queue.withLock { queue in
            defer { queue.isStopping = true }
            return queue.isStopping
        }
        guard !wasStopping else { return }
        wake.signal()
        stopped.wait()
    }

    private func run() {
        let sequence = IndexSequence()
        while true {
            wake.wait()
            let (batch, isLast) = queue.withLock { queue in
                let batch = Array(queue.jobs.prefix(limits.batchCountMax))
                queue.jobs.removeFirst(batch.count)
                return (batch, queue.isStopping && queue.jobs.isEmpty)
            }
            if !batch.isEmpty { commit(batch, sequence) }
            if isLast { break }
            // A stopping queue isn't signalled any more.
            if queue.withLock({ $0.isStopping }) { wake.signal() }
        }
        stopped.signal()
    }

    private func commit(_ batch: [Job], _ sequence: IndexSequence) {
        let now = clock().milliseconds
        var deliveries: [@Sendable () -> Void] = []
        var discarded: [DiscardedFiles] = []
        var executed = ContinuousClock.now
        do {
            try database.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    for job in batch {
                        let transaction = IndexTransaction(
                            database: database,
                            now: now,
                            sequence: sequence
                        )
                        deliveries.append(try execute(job, transaction))
                        discarded += transaction.discarded
                    }
                    executed = .now
                    return .commit
                }
            }
        } catch {
            sequence.forget()
            let failure = StoreError(index: error)
            for job in batch { job.fail(failure) }
            return
        }
        statistics.flushed(.index, in: ContinuousClock.now - executed)
        statistics.committed(changes: batch.count)
        for deliver in deliveries { deliver() }
        if !discarded.isEmpty { discard(discarded) }
    }

    /// Runs one change in a savepoint; its own refusal doesn't touch the others.
    private func execute(
        _ job: Job,
        _ transaction: IndexTransaction
    ) throws -> @Sendable () -> Void {
        let database = transaction.database
        var delivery: (@Sendable () -> Void)?
        do {
            try database.inSavepoint {
                delivery = try job.execute(transaction)
                return .commit
            }
        } catch {
            transaction.forget()
            // SQLite rolls the whole transaction back on some errors of the disk.
            guard let refusal = error as? StoreError, database.isInsideTransaction,
                refusal.leavesNoTrace, refusal != .diskFull
            else { throw error }
            return { job.fail(refusal) }
        }
        return delivery ?? {}
    }
}
