internal import Foundation
internal import GRDB
internal import S3Wire

extension IndexTransaction {
    /// Makes a bucket.
    func createBucket(_ name: String) throws(StoreError) {
        guard name != IndexSchema.reservedBucket else { throw .bucketReserved }
        let known = try database.first("SELECT 1 FROM buckets WHERE name = ?", [name]) { _ in true }
        guard known == nil else { throw .bucketExists }
        try database.run("INSERT INTO buckets (name, created) VALUES (?, ?)", [name, now])
    }

    /// Deletes a bucket without objects and versions, and its open uploads with it.
    func deleteBucket(_ name: String) throws(StoreError) {
        guard name != IndexSchema.reservedBucket else { throw .bucketReserved }
        let bucket = try database.bucket(name).id
        for table in VersionTable.allCases {
            let row = try database.first(
                "SELECT 1 FROM \(table.rawValue) WHERE bucket = ? LIMIT 1",
                [bucket]
            ) { _ in true }
            guard row == nil else { throw .bucketNotEmpty }
        }
        let uploads = try database.all("SELECT id FROM uploads WHERE bucket = ?", [bucket]) {
            try $0.bytes(0)
        }
        for upload in uploads { try dropParts(of: upload, keeping: []) }
        try database.run("DELETE FROM uploads WHERE bucket = ?", [bucket])
        try database.run("DELETE FROM buckets WHERE id = ?", [bucket])
    }

    /// Puts an object in the place of what the key held, or in front of it in a bucket that keeps
    /// versions.
    func putObject(
        bucket name: String,
        key: KeyBytes,
        body: NewBody,
        metadata: String?,
        condition: WriteCondition
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try database.bucket(name)
        try makeWay(in: bucket, key: key, condition: condition)
        let version = try nextNumber()
        let location = try link(body, owner: version)
        return try insertObject(
            in: bucket,
            key: key,
            version: version,
            size: body.size,
            metadata: metadata,
            body: location
        )
    }

    /// Deletes an object; a key that isn't there is no error unless a condition asks for it.
    ///
    /// A bucket that keeps versions gets a delete marker, unless a version is named.
    @discardableResult
    func deleteObject(
        bucket name: String,
        key: KeyBytes,
        version selector: VersionSelector = .current,
        condition: WriteCondition = .none
    ) throws(StoreError) -> Deletion {
        let bucket = try database.bucket(name)
        do {
            guard selector == .current else {
                return try deleteVersion(selector, in: bucket, key: key, condition: condition)
                    ? .marker : .version
            }
            try makeWay(in: bucket, key: key, condition: condition)
        } catch .keyNotFound {
            throw .preconditionFailed
        }
        if bucket.versioning == .unversioned { return .version }
        return .hidden(by: try insertMarker(in: bucket, key: key))
    }

    /// Replaces the metadata of the object or version of that ETag; its number and time stay.
    func replaceMetadata(
        bucket name: String,
        key: KeyBytes,
        version selector: VersionSelector = .current,
        metadata: String?,
        condition: WriteCondition
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try database.bucket(name)
        guard let found = try find(selector, bucket: bucket.id, key: key),
            found.body != .deleteMarker
        else { throw selector == .current ? .keyNotFound : .versionNotFound }
        try condition.check(found.etag)
        let etag = newETag()
        try database.run(
            """
            UPDATE \(found.table.rawValue) SET metadata = ?, etag = ?
            WHERE bucket = ? AND key = ? AND version = ?
            """,
            [metadata, etag, bucket.id, Data(key), found.version]
        )
        return WriteOutcome(
            etag: etag,
            modified: found.modified,
            versionID: bucket.versioning.shownID(found.version, isNull: found.isNull)
        )
    }

    /// Adds a new current version; `upload` is the one that made it.
    func insertObject(
        in bucket: BucketRecord,
        key: KeyBytes,
        version: Int64,
        size: Int64,
        metadata: String?,
        body: BodyLocation,
        upload: UploadID? = nil
    ) throws(StoreError) -> WriteOutcome {
        let outcome = WriteOutcome(
            etag: newETag(),
            modified: now,
            versionID: bucket.versioning.shownID(version, isNull: bucket.versioning.makesNull)
        )
        let record = ObjectRecord(
            version: version,
            isNull: bucket.versioning.makesNull,
            etag: outcome.etag,
            size: size,
            modified: now,
            metadata: metadata,
            body: body
        )
        try insert(record, into: .current, bucket: bucket.id, key: key, upload: upload)
        return outcome
    }

    /// Adds a row.
    func insert(
        _ record: ObjectRecord,
        into table: VersionTable,
        bucket: Int64,
        key: KeyBytes,
        upload: UploadID? = nil
    ) throws(StoreError) {
        try database.run(
            "INSERT INTO \(table.rawValue) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                bucket, Data(key), record.version, record.etag, record.size, record.modified,
                record.metadata, record.body.storageCode, record.body.fileColumn,
                upload.map { Data($0.bytes) }, record.isNull,
            ]
        )
    }
}

/// What a deletion did.
enum Deletion: Equatable, Sendable {
    /// It took a version out, or there was none.
    case version
    /// It took a delete marker out.
    case marker
    /// It put a delete marker in front.
    case hidden(by: VersionOutcome)

    /// What the answer tells of it, to a request that named a version or none.
    func outcome(named id: String?) -> VersionOutcome {
        switch self {
        case .version: VersionOutcome(versionID: id)
        case .marker: VersionOutcome(versionID: id, isDeleteMarker: true)
        case .hidden(let outcome): outcome
        }
    }
}
