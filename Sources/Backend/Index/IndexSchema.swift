internal import GRDB

/// The tables of the index, made and brought up to date when it is opened.
///
/// Keys are BLOBs: SQLite compares them as bytes, which is the order of listings. The tables
/// searched by key are WITHOUT ROWID, so that a page of a listing is one walk along a B-tree, and
/// the bytes of inline bodies stand apart from it. `objects` holds each key's current version.
enum IndexSchema {
    /// The bucket that is always there, is never listed and never deleted.
    static let reservedBucket = ".sealgate"

    /// Brings an index of any earlier version up to this one.
    static func migrate(_ database: DatabaseQueue) throws(StoreError) {
        do { try migrator.migrate(database) } catch { throw StoreError(index: error) }
    }

    /// Whether an index has all that this version brings it up to.
    static func isCurrent(_ database: Database) throws(StoreError) -> Bool {
        do {
            return try migrator.hasCompletedMigrations(database)
        } catch {
            throw StoreError(index: error)
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: buckets, objects, uploads") { database in
            try database.execute(sql: first)
        }
        return migrator
    }

    /// Whether an index was written by a later version of the program.
    static func isFromLaterVersion(_ database: DatabaseQueue) throws(StoreError) -> Bool {
        do {
            return try database.read { database in
                guard try database.tableExists("grdb_migrations") else { return false }
                let known = ["1: buckets, objects, uploads"]
                return try String.fetchAll(
                    database,
                    sql: "SELECT identifier FROM grdb_migrations"
                ).contains { !known.contains($0) }
            }
        } catch {
            throw StoreError(index: error)
        }
    }

    // storage: 0 empty, 1 inline (bodies.id), 2 file, 3 composite (segments.version).
    private static let first = """
        CREATE TABLE sequence (next INTEGER NOT NULL) STRICT;
        INSERT INTO sequence VALUES (1);
        CREATE TABLE buckets (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL
        ) STRICT;
        INSERT INTO buckets VALUES (1, '\(reservedBucket)', 0);
        CREATE TABLE objects (
            bucket INTEGER NOT NULL,
            key BLOB NOT NULL,
            version INTEGER NOT NULL,
            etag TEXT NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            metadata TEXT,
            storage INTEGER NOT NULL,
            file BLOB,
            upload BLOB,
            PRIMARY KEY (bucket, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE bodies (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
        CREATE TABLE files (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE segments (
            version INTEGER NOT NULL,
            start INTEGER NOT NULL,
            number INTEGER NOT NULL,
            size INTEGER NOT NULL,
            etag TEXT NOT NULL,
            storage INTEGER NOT NULL,
            file BLOB,
            body INTEGER,
            PRIMARY KEY (version, start, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE part_tables (version INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
        CREATE TABLE uploads (
            bucket INTEGER NOT NULL,
            key BLOB NOT NULL,
            id BLOB NOT NULL,
            initiated INTEGER NOT NULL,
            metadata TEXT,
            PRIMARY KEY (bucket, key, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE upload_parts (
            upload BLOB NOT NULL,
            number INTEGER NOT NULL,
            etag TEXT NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            attributes TEXT,
            storage INTEGER NOT NULL,
            file BLOB,
            body INTEGER,
            PRIMARY KEY (upload, number)
        ) STRICT, WITHOUT ROWID;
        """
}
