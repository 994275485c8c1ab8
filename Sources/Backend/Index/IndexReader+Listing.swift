internal import Foundation
internal import GRDB

/// An entry of a listing of objects.
struct ListedObject: Equatable, Sendable {
    var key: KeyBytes
    var etag: String
    var size: Int64
    /// Milliseconds since the Unix epoch.
    var modified: Int64
    var metadata: String?
}

/// A page of a listing: entries and common prefixes, each in order of their bytes.
struct ListingPage<Entry: Sendable>: Sendable {
    var entries: [Entry] = []
    var commonPrefixes: [KeyBytes] = []
    var isTruncated = false
    /// The last entry or common prefix of the page: the marker of the next.
    var last: KeyBytes?

    var count: Int { entries.count + commonPrefixes.count }
}

extension IndexReader {
    /// A page ends early behind so many bytes of keys and metadata.
    static let pageBytesMax = 4 << 20
}

extension IndexReader {
    /// One page of a bucket's objects; a walk along the index that skips each common prefix.
    func listObjects(
        bucket name: String,
        _ query: ListingQuery
    ) throws(StoreError) -> ListingPage<ListedObject> {
        try snapshot { (database) throws(StoreError) in
            let bucket = try database.bucket(name).id
            if query.countMax == 0 { return ListingPage() }
            return try database.page(
                query,
                """
                SELECT key, etag, size, modified, metadata FROM objects
                WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key
                """,
                bucket: bucket
            ) { row, key in
                let metadata = try row.optionalText(4)
                let object = ListedObject(
                    key: key,
                    etag: try row.text(1),
                    size: try row.integer(2),
                    modified: try row.integer(3),
                    metadata: metadata
                )
                return (object, metadata?.utf8.count ?? 0)
            }
        }
    }

    /// One page of a bucket's uploads, by key, then by time.
    ///
    /// With `idMarker`, uploads of the marker's key behind that one come first.
    func listUploads(
        bucket name: String,
        _ query: ListingQuery,
        idMarker: UploadID?
    ) throws(StoreError) -> ListingPage<UploadRecord> {
        try snapshot { (database) throws(StoreError) in
            let bucket = try database.bucket(name).id
            if query.countMax == 0 { return ListingPage() }
            return try database.page(
                query,
                """
                SELECT key, id, initiated, metadata FROM uploads
                WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, id
                """,
                behind: idMarker.map { Data($0.bytes) },
                """
                SELECT key, id, initiated, metadata FROM uploads
                WHERE bucket = ? AND key >= ? AND key < ? AND id > ? ORDER BY id
                """,
                bucket: bucket
            ) { row, key in
                let upload = try UploadRecord(row: row, key: key)
                return (upload, upload.metadata?.utf8.count ?? 0)
            }
        }
    }

    /// An upload and one page of its parts behind `marker`.
    func parts(
        of upload: UploadID,
        bucket name: String,
        key: KeyBytes,
        after marker: Int,
        countMax: Int
    ) throws(StoreError) -> (upload: UploadRecord, parts: [PartRecord], isTruncated: Bool) {
        try snapshot { (database) throws(StoreError) in
            let bucket = try database.bucket(name).id
            let record = try database.first(
                """
                SELECT key, id, initiated, metadata FROM uploads
                WHERE bucket = ? AND key = ? AND id = ?
                """,
                [bucket, Data(key), Data(upload.bytes)]
            ) { try UploadRecord(row: $0, key: key) }
            guard let record else { throw .uploadNotFound }
            var parts: [PartRecord] = []
            var byteCount = 0
            var isTruncated = false
            if countMax == 0 { return (record, parts, isTruncated) }
            try database.forEach(
                """
                \(PartRecord.columns) FROM upload_parts
                WHERE upload = ? AND number > ? ORDER BY number
                """,
                [Data(upload.bytes), marker]
            ) { row in
                isTruncated = parts.count == countMax || byteCount > Self.pageBytesMax
                if isTruncated { return false }
                let part = try PartRecord(row: row)
                byteCount += part.attributes?.utf8.count ?? 0
                parts.append(part)
                return true
            }
            return (record, parts, isTruncated)
        }
    }
}

extension Database {
    /// A page of entries of which a key has several: those of the marker's key behind `marker`,
    /// then those of all keys behind it.
    func page<Entry>(
        _ query: ListingQuery,
        _ all: String,
        behind marker: (some DatabaseValueConvertible)?,
        _ ofOneKey: String,
        bucket: Int64,
        _ decode: (Row, KeyBytes) throws -> (entry: Entry, textBytes: Int)
    ) throws(StoreError) -> ListingPage<Entry> {
        var query = query
        var page = ListingPage<Entry>()
        let key = query.marker
        if let marker, !key.isEmpty, key.starts(with: query.prefix),
            query.commonPrefix(of: key) == nil
        {
            page = try self.page(
                query,
                ofOneKey,
                bucket: bucket,
                only: key,
                behind: [marker],
                decode
            )
            query.countMax -= page.count
            if page.isTruncated { return page }
        }
        let tail = try self.page(query, all, bucket: bucket, decode)
        page.entries += tail.entries
        page.commonPrefixes = tail.commonPrefixes
        page.isTruncated = tail.isTruncated
        page.last = tail.last ?? page.last
        return page
    }

    /// Walks keys in order, on behind everything that a common prefix stands for.
    ///
    /// The rows of `sql` hold the key first; its arguments are the bucket, the first key, the
    /// bound of keys, and `marker`.
    func page<Entry>(
        _ query: ListingQuery,
        _ sql: String,
        bucket: Int64,
        only key: KeyBytes? = nil,
        behind marker: StatementArguments = [],
        _ decode: (Row, KeyBytes) throws -> (entry: Entry, textBytes: Int)
    ) throws(StoreError) -> ListingPage<Entry> {
        var page = ListingPage<Entry>()
        var byteCount = 0
        let bound = key.map { $0 + [0] } ?? query.bound
        var seek = key ?? query.first as KeyBytes?
        while let from = seek {
            seek = nil
            // An empty BLOB would be bound as NULL; no key is below a zero byte.
            let arguments: StatementArguments = [
                bucket, Data(from.isEmpty ? [0] : from), Data(bound),
            ]
            try forEach(sql, arguments + marker) { row in
                if page.count == query.countMax || byteCount > IndexReader.pageBytesMax {
                    page.isTruncated = true
                    return false
                }
                let key = try row.bytes(0)
                if let common = query.commonPrefix(of: key) {
                    page.commonPrefixes.append(common)
                    page.last = common
                    seek = ListingQuery.successor(of: common)
                    return false
                }
                let (entry, textBytes) = try decode(row, key)
                page.entries.append(entry)
                byteCount += key.count + textBytes
                page.last = key
                return true
            }
        }
        return page
    }
}

extension UploadRecord {
    fileprivate init(row: Row, key: KeyBytes) throws {
        guard let id = UploadID(bytes: try row.bytes(1)) else {
            throw StoreError.diskRefused("index: upload id of a wrong length")
        }
        self.init(
            id: id,
            key: key,
            initiated: try row.integer(2),
            metadata: try row.optionalText(3)
        )
    }
}
