internal import Foundation
internal import GRDB

extension IndexTransaction {
    /// Begins a multipart upload.
    func createUpload(
        bucket name: String,
        key: KeyBytes,
        metadata: String?
    ) throws(StoreError) -> UploadID {
        let bucket = try database.bucket(name).id
        let id = UploadID(milliseconds: now)
        try database.run(
            "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)",
            [bucket, Data(key), Data(id.bytes), now, metadata]
        )
        return id
    }

    /// Puts a part in the place of an older one of its number.
    func putPart(
        _ number: Int,
        of upload: UploadID,
        bucket name: String,
        key: KeyBytes,
        body: NewBody,
        attributes: String?
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try database.bucket(name).id
        try requireUpload(upload, bucket: bucket, key: key)
        if let older = try part(number, of: upload) { try unlink(older.body) }
        let location = try link(body, owner: try nextNumber())
        let outcome = WriteOutcome(etag: newETag(), modified: now)
        try database.run(
            "INSERT OR REPLACE INTO upload_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                Data(upload.bytes), number, outcome.etag, body.size, now, attributes,
                location.storageCode, location.fileColumn, location.bodyColumn,
            ]
        )
        return outcome
    }

    /// Makes the object of the parts named, ascending; the others are dropped.
    ///
    /// Repeated after it succeeded it answers the same again, as long as the version that it made
    /// of the same parts is there.
    func completeUpload(
        _ upload: UploadID,
        bucket name: String,
        key: KeyBytes,
        parts: [NamedPart],
        metadata: String?,
        table: [UInt8],
        condition: WriteCondition
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try database.bucket(name)
        do {
            try requireUpload(upload, bucket: bucket.id, key: key)
        } catch .uploadNotFound {
            return try completedEarlier(upload, in: bucket, key: key, parts: parts)
        }
        var chosen: [PartRecord] = []
        for named in parts {
            guard let part = try part(named.number, of: upload), part.etag == named.etag else {
                throw .partInvalid(number: named.number)
            }
            chosen.append(part)
        }
        try makeWay(in: bucket, key: key, condition: condition)
        let version = try nextNumber()
        let size = try link(chosen, version: version)
        if !table.isEmpty {
            try database.run("INSERT INTO part_tables VALUES (?, ?)", [version, Data(table)])
        }
        let outcome = try insertObject(
            in: bucket,
            key: key,
            version: version,
            size: size,
            metadata: metadata,
            body: .composite(version: version),
            upload: upload
        )
        try dropParts(of: upload.bytes, keeping: Set(parts.map(\.number)))
        try deleteUpload(upload, bucket: bucket.id, key: key)
        return outcome
    }

    /// Drops an upload and its parts.
    func abortUpload(
        _ upload: UploadID,
        bucket name: String,
        key: KeyBytes
    ) throws(StoreError) {
        let bucket = try database.bucket(name).id
        try requireUpload(upload, bucket: bucket, key: key)
        try dropParts(of: upload.bytes, keeping: [])
        try deleteUpload(upload, bucket: bucket, key: key)
    }

    /// Deletes the parts of an upload; those kept stay linked from elsewhere.
    func dropParts(of upload: [UInt8], keeping kept: Set<Int>) throws(StoreError) {
        let parts = try database.all(
            """
            SELECT number, storage, file, coalesce(body, 0) FROM upload_parts WHERE upload = ?
            """,
            [Data(upload)]
        ) { row in
            (
                number: Int(try row.integer(0)),
                body: try row.location(storage: 1, file: 2, owner: try row.integer(3))
            )
        }
        for part in parts where !kept.contains(part.number) { try unlink(part.body) }
        try database.run("DELETE FROM upload_parts WHERE upload = ?", [Data(upload)])
    }

    /// Deletes one part of an upload, if it is there.
    func dropPart(_ number: Int, of upload: UploadID) throws(StoreError) {
        guard let part = try part(number, of: upload) else { return }
        try unlink(part.body)
        try database.run(
            "DELETE FROM upload_parts WHERE upload = ? AND number = ?",
            [Data(upload.bytes), number]
        )
    }

    private func requireUpload(
        _ upload: UploadID,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) {
        let found = try database.first(
            "SELECT 1 FROM uploads WHERE bucket = ? AND key = ? AND id = ?",
            [bucket, Data(key), Data(upload.bytes)]
        ) { _ in true }
        guard found != nil else { throw .uploadNotFound }
    }

    private func deleteUpload(
        _ upload: UploadID,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) {
        try database.run(
            "DELETE FROM uploads WHERE bucket = ? AND key = ? AND id = ?",
            [bucket, Data(key), Data(upload.bytes)]
        )
    }

    private func part(_ number: Int, of upload: UploadID) throws(StoreError) -> PartRecord? {
        try database.first(
            "\(PartRecord.columns) FROM upload_parts WHERE upload = ? AND number = ?",
            [Data(upload.bytes), number],
            PartRecord.init(row:)
        )
    }

    /// Writes the segments of a new composite body; answers its size.
    private func link(_ parts: [PartRecord], version: Int64) throws(StoreError) -> Int64 {
        var start: Int64 = 0
        for part in parts {
            try database.run(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    version, start, part.number, part.size, part.etag, part.body.storageCode,
                    part.body.fileColumn, part.body.bodyColumn,
                ]
            )
            start += part.size
        }
        return start
    }

    private func completedEarlier(
        _ upload: UploadID,
        in bucket: BucketRecord,
        key: KeyBytes,
        parts: [NamedPart]
    ) throws(StoreError) -> WriteOutcome {
        let made = try database.first(
            """
            SELECT version, etag, modified, is_null FROM objects
            WHERE bucket = ?1 AND key = ?2 AND upload = ?3 UNION ALL
            SELECT version, etag, modified, is_null FROM versions
            WHERE bucket = ?1 AND key = ?2 AND upload = ?3
            """,
            [bucket.id, Data(key), Data(upload.bytes)]
        ) { row in
            let version = try row.integer(0)
            let outcome = WriteOutcome(
                etag: try row.text(1),
                modified: try row.integer(2),
                versionID: bucket.versioning.shownID(version, isNull: try row.flag(3))
            )
            return (version: version, outcome: outcome)
        }
        guard let made else { throw .uploadNotFound }
        let known = try database.all(
            "SELECT number, etag FROM segments WHERE version = ? ORDER BY start, number",
            [made.version]
        ) { NamedPart(number: Int(try $0.integer(0)), etag: try $0.text(1)) }
        guard known == parts else { throw .uploadNotFound }
        return made.outcome
    }
}

extension PartRecord {
    /// The columns that `init(row:)` reads.
    static let columns = """
        SELECT number, etag, size, modified, attributes, storage, file, coalesce(body, 0)
        """

    init(row: Row) throws {
        self.init(
            number: Int(try row.integer(0)),
            etag: try row.text(1),
            size: try row.integer(2),
            modified: try row.integer(3),
            attributes: try row.optionalText(4),
            body: try row.location(storage: 5, file: 6, owner: try row.integer(7))
        )
    }
}
