internal import Foundation
internal import GRDB
internal import S3Wire

extension IndexTransaction {
    /// Turns a bucket's versioning on, or suspends it.
    func setVersioning(
        _ state: BucketVersioning,
        bucket name: String
    ) throws(StoreError) {
        guard name != IndexSchema.reservedBucket else { throw .bucketReserved }
        let bucket = try database.bucket(name).id
        try database.run("UPDATE buckets SET versioning = ? WHERE id = ?", [state.code, bucket])
    }

    /// Makes way for a new current version, if the condition holds for the one there is.
    func makeWay(
        in bucket: BucketRecord,
        key: KeyBytes,
        condition: WriteCondition
    ) throws(StoreError) {
        let current = try find(.current, bucket: bucket.id, key: key)
        try condition.check(current?.etag)
        switch bucket.versioning {
        case .unversioned: if let current { try drop(current, bucket: bucket.id, key: key) }
        case .enabled: if let current { try shelve(current, bucket: bucket.id, key: key) }
        case .suspended:
            if let null = try find(.null, bucket: bucket.id, key: key) {
                try drop(null, bucket: bucket.id, key: key)
            }
            if let current, !current.isNull {
                try shelve(current, bucket: bucket.id, key: key)
            }
        }
    }

    /// Puts a delete marker in front of all versions of a key.
    func insertMarker(
        in bucket: BucketRecord,
        key: KeyBytes
    ) throws(StoreError) -> VersionOutcome {
        let version = try nextNumber()
        try insert(
            ObjectRecord(
                version: version,
                isNull: bucket.versioning.makesNull,
                etag: "",
                size: 0,
                modified: now,
                body: .deleteMarker
            ),
            into: .older,
            bucket: bucket.id,
            key: key
        )
        return VersionOutcome(
            versionID: VersionSelector.id(version, isNull: bucket.versioning.makesNull),
            isDeleteMarker: true
        )
    }

    /// Deletes one version for good; the newest of those that are left becomes the current one.
    ///
    /// A version that isn't there is no error unless a condition asks for it.
    func deleteVersion(
        _ selector: VersionSelector,
        in bucket: BucketRecord,
        key: KeyBytes,
        condition: WriteCondition
    ) throws(StoreError) -> Bool {
        let found = try find(selector, bucket: bucket.id, key: key)
        let isMarker = found?.body == .deleteMarker
        try condition.check(isMarker ? nil : found?.etag)
        guard let found else { return false }
        try drop(found, bucket: bucket.id, key: key)
        try promote(bucket: bucket.id, key: key)
        return isMarker
    }

    /// Takes the version of that number out, whatever its id; likewise.
    func removeVersion(_ number: Int64, bucket: Int64, key: KeyBytes) throws(StoreError) {
        for table in VersionTable.allCases {
            let found = try database.first(
                """
                SELECT version, is_null, etag, modified, storage, file FROM \(table.rawValue)
                WHERE bucket = ? AND key = ? AND version = ?
                """,
                [bucket, Data(key), number]
            ) { try FoundVersion(row: $0, table: table) }
            if let found { try drop(found, bucket: bucket, key: key) }
        }
        try promote(bucket: bucket, key: key)
    }

    /// A version as a change finds it; of `.current` only one that is no delete marker.
    func find(
        _ selector: VersionSelector,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) -> FoundVersion? {
        let (condition, number): (String, Int64) =
            switch selector {
            case .current: ("", 0)
            case .null: ("AND is_null = 1", 0)
            case .numbered(let number): ("AND version = :number AND is_null = 0", number)
            }
        for table in selector == .current ? [.current] : VersionTable.allCases {
            let found = try database.first(
                """
                SELECT version, is_null, etag, modified, storage, file FROM \(table.rawValue)
                WHERE bucket = :bucket AND key = :key AND :number >= 0 \(condition)
                """,
                ["bucket": bucket, "key": Data(key), "number": number]
            ) { try FoundVersion(row: $0, table: table) }
            if let found { return found }
        }
        return nil
    }

    private func drop(
        _ found: FoundVersion,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) {
        try unlink(found.body)
        try deleteRow(found.version, from: found.table, bucket: bucket, key: key)
    }

    private func shelve(
        _ found: FoundVersion,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) {
        try move(found.version, from: .current, to: .older, bucket: bucket, key: key)
    }

    /// Makes the newest version the current one, where there is none and it is no delete marker.
    private func promote(bucket: Int64, key: KeyBytes) throws(StoreError) {
        guard try find(.current, bucket: bucket, key: key) == nil else { return }
        let newest = try database.first(
            """
            SELECT version, is_null, etag, modified, storage, file FROM versions
            WHERE bucket = ? AND key = ? ORDER BY version DESC LIMIT 1
            """,
            [bucket, Data(key)]
        ) { try FoundVersion(row: $0, table: .older) }
        guard let newest, newest.body != .deleteMarker else { return }
        try move(newest.version, from: .older, to: .current, bucket: bucket, key: key)
    }

    private func move(
        _ version: Int64,
        from source: VersionTable,
        to target: VersionTable,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) {
        try database.run(
            """
            INSERT INTO \(target.rawValue) SELECT * FROM \(source.rawValue)
            WHERE bucket = ? AND key = ? AND version = ?
            """,
            [bucket, Data(key), version]
        )
        try deleteRow(version, from: source, bucket: bucket, key: key)
    }

    private func deleteRow(
        _ version: Int64,
        from table: VersionTable,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) {
        try database.run(
            "DELETE FROM \(table.rawValue) WHERE bucket = ? AND key = ? AND version = ?",
            [bucket, Data(key), version]
        )
    }
}

/// A version as a change finds it.
struct FoundVersion: Equatable {
    var table: VersionTable
    var version: Int64
    var isNull: Bool
    var etag: String
    /// Milliseconds since the Unix epoch.
    var modified: Int64
    var body: BodyLocation

    fileprivate init(row: Row, table: VersionTable) throws {
        self.table = table
        version = try row.integer(0)
        isNull = try row.flag(1)
        etag = try row.text(2)
        modified = try row.integer(3)
        body = try row.location(storage: 4, file: 5, owner: version)
    }
}

extension BucketVersioning {
    /// Whether what is written now goes by the id `null`.
    var makesNull: Bool { self != .enabled }

    /// The id that clients get for a version; `nil` where they know of none.
    func shownID(_ version: Int64, isNull: Bool) -> String? {
        self == .unversioned ? nil : VersionSelector.id(version, isNull: isNull)
    }
}
