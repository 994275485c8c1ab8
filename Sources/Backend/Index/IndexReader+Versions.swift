internal import Foundation
internal import GRDB

/// An entry of a listing of versions.
struct ListedVersion: Equatable, Sendable {
    var object: ListedObject
    /// Greater than those of all older versions.
    var version: Int64
    var isNull: Bool
    /// Whether it is the key's current one.
    var isLatest: Bool
    var isDeleteMarker: Bool
}

extension IndexReader {
    /// One page of a bucket's versions and delete markers, by key, the newest first.
    ///
    /// With `marker`, older versions of the query's marker come first.
    func listVersions(
        bucket name: String,
        _ query: ListingQuery,
        behind marker: VersionSelector = .current
    ) throws(StoreError) -> ListingPage<ListedVersion> {
        try snapshot { (database) throws(StoreError) in
            let bucket = try database.bucket(name).id
            if query.countMax == 0 { return ListingPage() }
            let behind = try database.number(of: marker, bucket: bucket, key: query.marker)
            // Of a key that is begun on this page the first row is the current version.
            var begun = behind == nil || behind == .max ? nil : query.marker as KeyBytes?
            return try database.page(
                query,
                Self.versions("key >= ?2 AND key < ?3"),
                behind: behind,
                Self.versions("key >= ?2 AND key < ?3 AND version < ?4"),
                bucket: bucket
            ) { row, key in
                let metadata = try row.optionalText(5)
                let body = try row.location(storage: 6, file: 7, owner: 0)
                let version = ListedVersion(
                    object: ListedObject(
                        key: key,
                        etag: try row.text(2),
                        size: try row.integer(3),
                        modified: try row.integer(4),
                        metadata: metadata
                    ),
                    version: try row.integer(1),
                    isNull: try row.flag(8),
                    isLatest: key != begun,
                    isDeleteMarker: body == .deleteMarker
                )
                begun = key
                return (version, metadata?.utf8.count ?? 0)
            }
        }
    }

    /// Both tables merged as they are read, each along its own B-tree.
    static func versions(_ condition: String) -> String {
        VersionTable.allCases.map { table in
            """
            SELECT key, version, etag, size, modified, metadata, storage, file, is_null
            FROM \(table.rawValue) WHERE bucket = ?1 AND \(condition)
            """
        }.joined(separator: " UNION ALL ") + " ORDER BY key, version DESC"
    }
}

extension Database {
    /// The number that the versions behind a marker are below; `nil` where the whole key is behind.
    ///
    /// A `null` version that is gone leaves its key to be listed again rather than to be passed.
    fileprivate func number(
        of marker: VersionSelector,
        bucket: Int64,
        key: KeyBytes
    ) throws(StoreError) -> Int64? {
        switch marker {
        case .current: nil
        case .numbered(let number): number
        case .null:
            try first(
                """
                SELECT version FROM objects WHERE bucket = ?1 AND key = ?2 AND is_null = 1
                UNION ALL
                SELECT version FROM versions WHERE bucket = ?1 AND key = ?2 AND is_null = 1
                """,
                [bucket, Data(key)]
            ) { try $0.integer(0) } ?? .max
        }
    }
}
