internal import Encoding
internal import GRDB
internal import NIOCore

/// The index of the store: SQLite in WAL mode, one thread that writes, any number of readers.
final class StoreIndex: Sendable {
    /// What an acknowledged change has been through.
    enum Durability: String, CaseIterable, Sendable {
        /// Flushed to the disk: it outlives the power.
        case full
        /// Handed to the kernel: it outlives the process; the last seconds may not outlive the
        /// power.
        case relaxed
    }

    private let database: DatabaseQueue
    private let path: String
    private let writer: IndexWriter

    /// Opens the index at `path`, making it or bringing it up to date.
    init(
        path: String,
        durability: Durability,
        limits: IndexWriter.Limits = IndexWriter.Limits(),
        statistics: StoreStatistics,
        clock: @escaping @Sendable () -> Timestamp,
        discard: @escaping @Sendable ([DiscardedFiles]) -> Void
    ) throws(StoreError) {
        var configuration = Configuration()
        configuration.label = "index-writer"
        configuration.journalMode = .wal
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(5)
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            try database.writeWithoutTransaction { database in
                let level = durability == .full ? "FULL" : "NORMAL"
                try database.execute(
                    sql: """
                        PRAGMA synchronous = \(level);
                        PRAGMA cache_size = -16384;
                        PRAGMA journal_size_limit = 67108864;
                        """
                )
            }
        } catch {
            throw StoreError(index: error)
        }
        if try IndexSchema.isFromLaterVersion(database) {
            throw .diskRefused("index: written by a later version of sealgate-store")
        }
        try IndexSchema.migrate(database)
        self.path = path
        writer = IndexWriter(
            database: database,
            limits: limits,
            clock: clock,
            statistics: statistics,
            discard: discard
        )
    }

    /// A connection that reads, for one event loop.
    func makeReader() throws(StoreError) -> IndexReader { try IndexReader(path: path) }

    /// Queues a change, see `IndexWriter.submit`.
    func submit<Value: Sendable>(
        on eventLoop: any EventLoop,
        _ change: @escaping @Sendable (IndexTransaction) throws(StoreError) -> Value
    ) -> EventLoopFuture<Value> {
        writer.submit(on: eventLoop, change)
    }

    /// The bytes that the index at `path` takes on the disk, with its log.
    static func fileBytes(at path: String) -> Int64 {
        ["", "-wal"].reduce(0) { $0 + FileCalls.size(at: path + $1) }
    }

    /// How SQLite flushes on commit: 2 is FULL, at each; 1 is NORMAL, at checkpoints only.
    func synchronousLevel() throws(StoreError) -> Int {
        do {
            return try database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? 0 }
        } catch {
            throw StoreError(index: error)
        }
    }

    /// How many changes wait.
    var queueCount: Int { writer.queueCount }

    /// Commits what waits and closes the writing connection; blocks.
    func close() {
        writer.stop()
        try? database.close()
    }
}
