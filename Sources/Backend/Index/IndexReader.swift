internal import Foundation
internal import GRDB

/// A connection that reads the index, used by one event loop; each call sees a whole state.
///
/// A call takes microseconds where the index is in memory, so it is made on the loop itself.
final class IndexReader: Sendable {
    private let database: DatabaseQueue

    init(path: String) throws(StoreError) {
        var configuration = Configuration()
        configuration.label = "index-reader"
        configuration.readonly = true
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -8192") }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw StoreError(index: error)
        }
    }

    /// One statement or a few that needn't agree.
    func read<Value>(
        _ body: (Database) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        do {
            return try database.unsafeRead(body)
        } catch {
            throw StoreError(index: error)
        }
    }

    /// Several statements on one state of the index.
    func snapshot<Value>(
        _ body: (Database) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        do {
            return try database.read(body)
        } catch {
            throw StoreError(index: error)
        }
    }

    /// Closes the connection.
    func close() { try? database.close() }

    /// Every bucket but the reserved one, by name.
    func buckets() throws(StoreError) -> [BucketRecord] {
        try read { (database) throws(StoreError) in
            try database.all(
                "\(BucketRecord.columns) FROM buckets WHERE name <> ? ORDER BY name",
                [IndexSchema.reservedBucket],
                BucketRecord.init(row:)
            )
        }
    }

    /// The bucket of that name.
    func bucket(_ name: String) throws(StoreError) -> BucketRecord {
        try read { (database) throws(StoreError) in try database.bucket(name) }
    }

    /// The bytes of an inline body.
    func inlineBody(_ id: Int64) throws(StoreError) -> [UInt8] {
        let bytes = try read { (database) throws(StoreError) in
            try database.first("SELECT data FROM bodies WHERE id = ?", [id]) { try $0.bytes(0) }
        }
        guard let bytes else { throw .fileNotFound }
        return bytes
    }

    /// The segments of a composite body that have bytes of a range that isn't empty; 10,000 at
    /// most, of some 50 bytes each.
    func segments(
        of version: Int64,
        in range: Range<Int64>
    ) throws(StoreError) -> [SegmentRecord] {
        try read { (database) throws(StoreError) in
            try database.all(
                """
                SELECT start, size, storage, file, coalesce(body, 0) FROM segments
                WHERE version = :version AND size > 0 AND start < :end AND start >= coalesce(
                    (SELECT max(start) FROM segments
                     WHERE version = :version AND start <= :start AND size > 0), 0)
                ORDER BY start, number
                """,
                ["version": version, "start": range.lowerBound, "end": range.upperBound]
            ) { row in
                SegmentRecord(
                    offset: try row.integer(0),
                    size: try row.integer(1),
                    body: try row.location(storage: 2, file: 3, owner: try row.integer(4))
                )
            }
        }
    }

    /// The part table that Complete gave for a version; `nil` without one.
    func partTable(of version: Int64) throws(StoreError) -> [UInt8]? {
        try read { (database) throws(StoreError) in
            try database.first("SELECT data FROM part_tables WHERE version = ?", [version]) {
                try $0.bytes(0)
            }
        }
    }

    /// Whether a file is named by the index.
    func hasFile(_ id: FileID) throws(StoreError) -> Bool {
        try read { (database) throws(StoreError) in
            try database.first("SELECT 1 FROM files WHERE id = ?", [Data(id.bytes)]) { _ in true }
        } ?? false
    }
}

extension Database {
    /// The bucket of that name.
    func bucket(_ name: String) throws(StoreError) -> BucketRecord {
        let bucket = try first(
            "\(BucketRecord.columns) FROM buckets WHERE name = ?",
            [name],
            BucketRecord.init(row:)
        )
        guard let bucket else { throw .bucketNotFound }
        return bucket
    }
}

extension BucketRecord {
    /// The columns that `init(row:)` reads.
    static let columns = "SELECT id, name, created, versioning"

    fileprivate init(row: Row) throws {
        self.init(
            id: try row.integer(0),
            name: try row.text(1),
            created: try row.integer(2),
            versioning: try row.versioning(3)
        )
    }
}
