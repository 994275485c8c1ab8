internal import Foundation
internal import GRDB
internal import S3Wire

extension IndexReader {
    /// An object or one of its versions, with its bytes where they are inline and `withBody`.
    ///
    /// - Throws: `.bucketNotFound`, `.keyNotFound`, `.versionNotFound`, `.deleteMarker`.
    func object(
        bucket: String,
        key: KeyBytes,
        version selector: VersionSelector = .current,
        withBody: Bool = false
    ) throws(StoreError) -> ObjectRecord {
        guard selector == .current else {
            return try version(selector, bucket: bucket, key: key, withBody: withBody)
        }
        let found = try read { (database) throws(StoreError) in
            try database.first(
                withBody ? Self.objectAndBody : Self.objectAlone,
                [Data(key), bucket]
            ) { row in try FoundObject(row: row, withBody: withBody) }
        }
        guard let found else { throw .bucketNotFound }
        if let object = found.object { return object }
        if found.versioning != .unversioned { try refuseMarker(bucket: bucket, key: key) }
        throw .keyNotFound
    }

    private func version(
        _ selector: VersionSelector,
        bucket name: String,
        key: KeyBytes,
        withBody: Bool
    ) throws(StoreError) -> ObjectRecord {
        let object = try snapshot { (database) throws(StoreError) -> ObjectRecord? in
            for table in VersionTable.allCases {
                let (condition, number) = selector.condition
                let found = try database.first(
                    Self.query(table, withBody: withBody, condition),
                    [Data(key), name, number]
                ) { row in try FoundObject(row: row, withBody: withBody) }
                guard let found else { throw .bucketNotFound }
                if let object = found.object { return object }
            }
            return nil
        }
        guard let object else { throw .versionNotFound }
        if object.body == .deleteMarker {
            throw .deleteMarker(
                id: VersionSelector.id(object.version, isNull: object.isNull),
                isCurrent: false,
                modified: object.modified
            )
        }
        return object
    }

    /// Throws where a key without an object has versions: the newest is a delete marker.
    private func refuseMarker(bucket: String, key: KeyBytes) throws(StoreError) {
        let marker = try read { (database) throws(StoreError) in
            try database.first(
                """
                SELECT v.version, v.is_null, v.modified, v.storage, v.file FROM buckets AS b
                JOIN versions AS v ON v.bucket = b.id AND v.key = ?
                WHERE b.name = ? ORDER BY v.version DESC LIMIT 1
                """,
                [Data(key), bucket]
            ) { row -> StoreError? in
                // It may have become the current one since the first look.
                let body = try row.location(storage: 3, file: 4, owner: 0)
                guard body == .deleteMarker else { return nil }
                return .deleteMarker(
                    id: VersionSelector.id(try row.integer(0), isNull: try row.flag(1)),
                    isCurrent: true,
                    modified: try row.integer(2)
                )
            }
        }
        if let marker = marker ?? nil { throw marker }
    }

    private static let objectAlone = query(.current, withBody: false)
    private static let objectAndBody = query(.current, withBody: true)

    private static func query(
        _ table: VersionTable,
        withBody: Bool,
        _ condition: String = ""
    ) -> String {
        """
        SELECT b.versioning, o.version, o.is_null, o.etag, o.size, o.modified, o.metadata,
            o.storage, o.file\(withBody ? ", i.data" : "")
        FROM buckets AS b LEFT JOIN \(table.rawValue) AS o
            ON o.bucket = b.id AND o.key = ?1 \(condition)
        \(withBody ? "LEFT JOIN bodies AS i ON o.storage = 1 AND i.id = o.version" : "")
        WHERE b.name = ?2
        """
    }
}

/// The tables that versions of a key stand in; their columns are the same.
enum VersionTable: String, CaseIterable {
    case current = "objects"
    case older = "versions"

    /// All of them as one table, for walks.
    static let all = "(SELECT * FROM objects UNION ALL SELECT * FROM versions)"
}

extension VersionSelector {
    /// What a row must be, where ?3 is the number.
    fileprivate var condition: (sql: String, number: Int64) {
        switch self {
        case .current: ("", 0)
        case .null: ("AND o.is_null = 1 AND ?3 = 0", 0)
        case .numbered(let number): ("AND o.version = ?3 AND o.is_null = 0", number)
        }
    }
}

/// A row of a bucket with an object in it.
private struct FoundObject {
    var versioning: BucketVersioning
    /// `nil` where the bucket is there and the key isn't.
    var object: ObjectRecord?

    init(row: Row, withBody: Bool) throws {
        versioning = try row.versioning(0)
        guard let version = try row.decode(Int64?.self, atIndex: 1) else { return }
        let isNull = try row.flag(2)
        object = ObjectRecord(
            version: version,
            isNull: isNull,
            etag: try row.text(3),
            size: try row.integer(4),
            modified: try row.integer(5),
            metadata: try row.optionalText(6),
            body: try row.location(storage: 7, file: 8, owner: version),
            inlineBytes: withBody ? try row.optionalBytes(9) : nil,
            versionID: versioning.shownID(version, isNull: isNull)
        )
    }
}
