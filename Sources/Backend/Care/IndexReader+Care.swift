internal import Foundation
internal import GRDB

/// An upload that nothing came for since some time.
struct StaleUpload: Equatable, Sendable {
    var bucket: String
    var key: KeyBytes
    var id: UploadID
}

extension IndexReader {
    /// How much the index names; a walk through all objects.
    func totals() throws(StoreError) -> StoreStatistics.Totals {
        try snapshot { (database) throws(StoreError) in
            let uploads = try database.first("SELECT count(*) FROM uploads") { try $0.integer(0) }
            let totals = try database.first(
                """
                SELECT count(*), coalesce(sum(storage < 2), 0), coalesce(sum(size), 0)
                FROM \(VersionTable.all) WHERE storage <> 4
                """
            ) { row in
                StoreStatistics.Totals(
                    objectCount: try row.integer(0),
                    inlineCount: try row.integer(1),
                    byteCount: try row.integer(2),
                    uploadCount: uploads ?? 0
                )
            }
            return totals ?? StoreStatistics.Totals()
        }
    }

    /// Uploads begun before a time, milliseconds since the Unix epoch, without a part since.
    func staleUploads(
        before time: Int64,
        countMax: Int
    ) throws(StoreError) -> [StaleUpload] {
        try read { (database) throws(StoreError) in
            try database.all(
                """
                SELECT b.name, u.key, u.id FROM uploads AS u JOIN buckets AS b ON b.id = u.bucket
                WHERE u.initiated < :time AND NOT EXISTS
                    (SELECT 1 FROM upload_parts WHERE upload = u.id AND modified >= :time)
                LIMIT :count
                """,
                ["time": time, "count": countMax]
            ) { row in
                guard let id = UploadID(bytes: try row.bytes(2)) else {
                    throw StoreError.diskRefused("index: upload id of a wrong length")
                }
                return StaleUpload(bucket: try row.text(0), key: try row.bytes(1), id: id)
            }
        }
    }
}

extension IndexTransaction {
    /// Drops an upload that is still stale; `false` where a part came meanwhile.
    ///
    /// - Throws: `.uploadNotFound` where it is gone.
    func expireUpload(_ upload: StaleUpload, before time: Int64) throws(StoreError) -> Bool {
        let fresh = try database.first(
            "SELECT 1 FROM upload_parts WHERE upload = ? AND modified >= ? LIMIT 1",
            [Data(upload.id.bytes), time]
        ) { _ in true }
        guard fresh == nil else { return false }
        try abortUpload(upload.id, bucket: upload.bucket, key: upload.key)
        return true
    }
}
