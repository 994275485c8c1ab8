internal import GRDB

/// The tables of the index, made and brought up to date when it is opened.
///
/// Keys are BLOBs: SQLite compares them as bytes, which is the order of listings. The tables
/// searched by key are WITHOUT ROWID, so that a page of a listing is one walk along a B-tree, and
/// the bytes of inline bodies stand apart from it. `objects` holds each key's current version where
/// it isn't a delete marker; `versions` holds all others, and delete markers.
enum IndexSchema {
    /// The bucket that is always there, is never listed and never deleted.
    static let reservedBucket = ".sealgate"

    /// Every migration, in order; one that was released is never changed.
    private static let migrations = [
        (name: "1: buckets, objects, uploads", sql: first),
        (name: "2: versions", sql: second),
    ]

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
        for (name, sql) in migrations {
            migrator.registerMigration(name) { try $0.execute(sql: sql) }
        }
        return migrator
    }

    /// Whether an index was written by a later version of the program.
    static func isFromLaterVersion(_ database: DatabaseQueue) throws(StoreError) -> Bool {
        do {
            return try database.read { database in
                guard try database.tableExists("grdb_migrations") else { return false }
                let known = migrations.map(\.name)
                return try String.fetchAll(
                    database,
                    sql: "SELECT identifier FROM grdb_migrations"
                ).contains { !known.contains($0) }
            }
        } catch {
            throw StoreError(index: error)
        }
    }

    // storage: 0 empty, 1 inline (bodies.id), 2 file, 3 composite (segments.version), 4 none: a
    // delete marker, in `versions` alone.
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

    // versioning: 0 never on, 1 on, 2 suspended. `versions` has the columns of `objects` in their
    // order: a row moves between the two whole. A key's current version has the greatest number.
    private static let second = """
        ALTER TABLE buckets ADD COLUMN versioning INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE objects ADD COLUMN is_null INTEGER NOT NULL DEFAULT 1;
        CREATE TABLE versions (
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
            is_null INTEGER NOT NULL,
            PRIMARY KEY (bucket, key, version DESC)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX versions_null ON versions (bucket, key) WHERE is_null = 1;
        """
}
