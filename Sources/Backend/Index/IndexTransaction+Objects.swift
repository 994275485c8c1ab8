internal import Foundation
internal import GRDB

extension IndexTransaction {
    /// Makes a bucket.
    func createBucket(_ name: String) throws(StoreError) {
        guard name != IndexSchema.reservedBucket else { throw .bucketReserved }
        let known = try database.first("SELECT 1 FROM buckets WHERE name = ?", [name]) { _ in true }
        guard known == nil else { throw .bucketExists }
        try database.run("INSERT INTO buckets (name, created) VALUES (?, ?)", [name, now])
    }

    /// Deletes a bucket without objects, and its open uploads with it.
    func deleteBucket(_ name: String) throws(StoreError) {
        guard name != IndexSchema.reservedBucket else { throw .bucketReserved }
        let bucket = try bucketID(name)
        let object = try database.first(
            "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1",
            [bucket]
        ) { _ in true }
        guard object == nil else { throw .bucketNotEmpty }
        let uploads = try database.all("SELECT id FROM uploads WHERE bucket = ?", [bucket]) {
            try $0.bytes(0)
        }
        for upload in uploads { try dropParts(of: upload, keeping: []) }
        try database.run("DELETE FROM uploads WHERE bucket = ?", [bucket])
        try database.run("DELETE FROM buckets WHERE id = ?", [bucket])
    }

    /// Puts an object in the place of whatever the key held.
    func putObject(
        bucket name: String,
        key: KeyBytes,
        body: NewBody,
        metadata: String?,
        condition: WriteCondition
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try bucketID(name)
        try removeCurrent(bucket: bucket, key: key, condition: condition)
        let version = try nextNumber()
        let location = try link(body, owner: version)
        let outcome = WriteOutcome(etag: newETag(), modified: now)
        try insertObject(
            bucket: bucket,
            key: key,
            record: ObjectRecord(
                version: version,
                etag: outcome.etag,
                size: body.size,
                modified: outcome.modified,
                metadata: metadata,
                body: location
            ),
            upload: nil
        )
        return outcome
    }

    /// Deletes an object; a key that isn't there is no error unless a condition asks for it.
    func deleteObject(
        bucket name: String,
        key: KeyBytes,
        condition: WriteCondition = .none
    ) throws(StoreError) {
        let bucket = try bucketID(name)
        do {
            try removeCurrent(bucket: bucket, key: key, condition: condition)
        } catch .keyNotFound {
            throw .preconditionFailed
        }
    }

    /// Replaces the metadata of the object of that ETag; its version and time stay.
    func replaceMetadata(
        bucket name: String,
        key: KeyBytes,
        metadata: String?,
        condition: WriteCondition
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try bucketID(name)
        let current = try database.first(
            "SELECT etag, modified FROM objects WHERE bucket = ? AND key = ?",
            [bucket, Data(key)]
        ) { WriteOutcome(etag: try $0.text(0), modified: try $0.integer(1)) }
        guard let current else { throw .keyNotFound }
        try condition.check(current.etag)
        let etag = newETag()
        try database.run(
            "UPDATE objects SET metadata = ?, etag = ? WHERE bucket = ? AND key = ?",
            [metadata, etag, bucket, Data(key)]
        )
        return WriteOutcome(etag: etag, modified: current.modified)
    }

    /// Takes the key's object out, if there is one and the condition holds.
    func removeCurrent(
        bucket: Int64,
        key: KeyBytes,
        condition: WriteCondition
    ) throws(StoreError) {
        let current = try database.first(
            "SELECT etag, version, storage, file FROM objects WHERE bucket = ? AND key = ?",
            [bucket, Data(key)]
        ) { row in
            (
                etag: try row.text(0),
                body: try row.location(storage: 2, file: 3, owner: try row.integer(1))
            )
        }
        try condition.check(current?.etag)
        guard let current else { return }
        try unlink(current.body)
        try database.run(
            "DELETE FROM objects WHERE bucket = ? AND key = ?",
            [bucket, Data(key)]
        )
    }

    /// Adds the row of an object; `upload` is the one that made it.
    func insertObject(
        bucket: Int64,
        key: KeyBytes,
        record: ObjectRecord,
        upload: UploadID?
    ) throws(StoreError) {
        try database.run(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                bucket, Data(key), record.version, record.etag, record.size, record.modified,
                record.metadata, record.body.storageCode, record.body.fileColumn,
                upload.map { Data($0.bytes) },
            ]
        )
    }
}
