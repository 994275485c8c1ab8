internal import Foundation
internal import GRDB

/// An index read from outside, for a check: what names which file, and whether it makes sense.
///
/// What is found is gathered in temporary tables, so that memory doesn't grow with the store.
final class IndexAudit {
    /// A file that the index knows.
    struct NamedFile {
        var id: FileID
        /// The size that its owner says; `nil` without an owner.
        var size: Int64?
        /// Whether the list of files has it, which the sweep goes by.
        var isListed: Bool
    }

    private let reader: IndexReader

    init(path: String) throws(StoreError) {
        reader = try IndexReader(path: path)
        let isCurrent = try reader.read { (database) throws(StoreError) in
            try IndexSchema.isCurrent(database)
        }
        guard isCurrent else {
            throw .diskRefused("index: of another version; start the store once, to update it")
        }
    }

    func close() { reader.close() }

    /// What SQLite says of its own file; empty where it is sound.
    func damages() throws(StoreError) -> [String] {
        try reader.read { (database) throws(StoreError) in
            try database.all("PRAGMA quick_check(100)") { try $0.text(0) }.filter { $0 != "ok" }
        }
    }

    func objectCount() throws(StoreError) -> Int64 {
        try reader.read { (database) throws(StoreError) in
            try database.first(
                "SELECT count(*) FROM \(VersionTable.all) WHERE storage <> 4"
            ) { try $0.integer(0) } ?? 0
        }
    }

    /// Gathers every file of one state of the index.
    func collectFiles() throws(StoreError) {
        try reader.read { (database) throws(StoreError) in
            for statement in Self.collection { try database.run(statement) }
        }
    }

    /// The files whose names begin with a byte, in order.
    func files(inFolder byte: UInt8) throws(StoreError) -> [NamedFile] {
        try reader.read { (database) throws(StoreError) in
            try database.all(
                """
                SELECT id, max(size), max(listed) FROM temp.named
                WHERE id >= ? AND id < ? GROUP BY id
                """,
                [Data([byte]), byte < 255 ? Data([byte + 1]) : Data(repeating: 255, count: 17)]
            ) { row in
                guard let id = FileID(bytes: try row.bytes(0)) else {
                    throw StoreError.diskRefused("index: file name of a wrong length")
                }
                return NamedFile(
                    id: id,
                    size: try row.decode(Int64?.self, atIndex: 1),
                    isListed: try row.integer(2) == 1
                )
            }
        }
    }

    /// Notes a file that an entry can't be read without.
    func markUnreadable(
        _ id: FileID,
        _ problem: CheckReport.Problem,
        _ detail: String
    ) throws(StoreError) {
        try reader.read { (database) throws(StoreError) in
            try database.run(
                "INSERT OR IGNORE INTO temp.bad VALUES (?, ?, ?)",
                [Data(id.bytes), problem.rawValue, detail]
            )
        }
    }

    /// Every entry that can't be read, and every row that nothing names.
    func visitUnreadable(_ visit: (CheckReport.Finding) -> Void) throws(StoreError) {
        try reader.read { (database) throws(StoreError) in
            for query in Self.unreadable {
                try database.forEach(query) { row in
                    visit(try CheckReport.Finding(row: row))
                    return true
                }
            }
        }
    }
}

extension CheckReport.Finding {
    /// Columns: problem, bucket, key, upload, part, file, detail, number of the version, whether
    /// it is `null`.
    fileprivate init(row: Row) throws {
        let word = try row.text(0)
        guard let problem = CheckReport.Problem(rawValue: word) else {
            throw StoreError.diskRefused("no problem is called \(word)")
        }
        let file = try row.optionalBytes(5).flatMap { FileID(bytes: $0) }
        let detail = try row.optionalText(6)
        self.init(
            problem: problem,
            file: file.map { "objects/\($0.folder)/\($0.name)" },
            bucket: try row.optionalText(1),
            key: try row.optionalBytes(2).map { String(decoding: $0, as: UTF8.self) },
            uploadID: try row.optionalBytes(3).flatMap { UploadID(bytes: $0)?.text },
            part: try row.decode(Int?.self, atIndex: 4),
            detail: detail == "" ? nil : detail,
            version: try row.decode(Int64?.self, atIndex: 7),
            isNull: try row.decode(Bool?.self, atIndex: 8) ?? true
        )
    }
}

extension IndexAudit {
    // One statement each, so that each sees a whole state of the index.
    private static let collection = [
        "CREATE TEMP TABLE named (id BLOB NOT NULL, size INTEGER, listed INTEGER NOT NULL)",
        "CREATE TEMP TABLE bad (id BLOB PRIMARY KEY, problem TEXT, detail TEXT) WITHOUT ROWID",
        """
        INSERT INTO temp.named SELECT id, NULL, 1 FROM files
        UNION ALL SELECT file, size, 0 FROM \(VersionTable.all) WHERE storage = 2
        UNION ALL SELECT file, size, 0 FROM segments WHERE storage = 2
        UNION ALL SELECT file, size, 0 FROM upload_parts WHERE storage = 2
        """,
        "CREATE INDEX temp.named_by_id ON named (id, size, listed)",
    ]

    private static let unreadable = [
        """
        SELECT bad.problem, b.name, o.key, NULL, NULL, bad.id, bad.detail,
            o.version, o.is_null
        FROM \(VersionTable.all) AS o JOIN temp.bad AS bad ON bad.id = o.file
        LEFT JOIN buckets AS b ON b.id = o.bucket WHERE o.storage = 2
        """,
        """
        SELECT bad.problem, b.name, o.key, NULL, s.number, bad.id, bad.detail,
            o.version, o.is_null
        FROM segments AS s JOIN temp.bad AS bad ON bad.id = s.file
        LEFT JOIN \(VersionTable.all) AS o ON o.version = s.version AND o.storage = 3
        LEFT JOIN buckets AS b ON b.id = o.bucket WHERE s.storage = 2
        """,
        """
        SELECT bad.problem, b.name, u.key, p.upload, p.number, bad.id, bad.detail, NULL, NULL
        FROM upload_parts AS p JOIN temp.bad AS bad ON bad.id = p.file
        LEFT JOIN uploads AS u ON u.id = p.upload
        LEFT JOIN buckets AS b ON b.id = u.bucket WHERE p.storage = 2
        """,
        """
        SELECT 'inline_body_wrong', b.name, o.key, NULL, NULL, NULL, NULL,
            o.version, o.is_null
        FROM \(VersionTable.all) AS o LEFT JOIN bodies AS i ON i.id = o.version
        LEFT JOIN buckets AS b ON b.id = o.bucket
        WHERE o.storage = 1 AND (i.id IS NULL OR length(i.data) <> o.size)
        """,
        """
        SELECT 'inline_body_wrong', b.name, o.key, NULL, s.number, NULL, NULL, o.version, o.is_null
        FROM segments AS s LEFT JOIN bodies AS i ON i.id = s.body
        LEFT JOIN \(VersionTable.all) AS o ON o.version = s.version AND o.storage = 3
        LEFT JOIN buckets AS b ON b.id = o.bucket
        WHERE s.storage = 1 AND (i.id IS NULL OR length(i.data) <> s.size)
        """,
        """
        SELECT 'inline_body_wrong', b.name, u.key, p.upload, p.number, NULL, NULL, NULL, NULL
        FROM upload_parts AS p LEFT JOIN bodies AS i ON i.id = p.body
        LEFT JOIN uploads AS u ON u.id = p.upload LEFT JOIN buckets AS b ON b.id = u.bucket
        WHERE p.storage = 1 AND (i.id IS NULL OR length(i.data) <> p.size)
        """,
        """
        SELECT 'pieces_wrong', b.name, o.key, NULL, NULL, NULL, NULL,
            o.version, o.is_null
        FROM \(VersionTable.all) AS o LEFT JOIN buckets AS b ON b.id = o.bucket
        WHERE o.storage = 3 AND o.size <>
            (SELECT coalesce(sum(size), 0) FROM segments WHERE version = o.version)
        """,
        """
        SELECT 'entry_unowned', NULL, NULL, NULL, NULL, NULL, count(*) || ' inline bodies',
            NULL, NULL
        FROM bodies WHERE id NOT IN (
            SELECT version FROM \(VersionTable.all) WHERE storage = 1
            UNION ALL SELECT body FROM segments WHERE storage = 1
            UNION ALL SELECT body FROM upload_parts WHERE storage = 1)
        HAVING count(*) > 0
        """,
        """
        SELECT 'entry_unowned', NULL, NULL, NULL, NULL, NULL, count(*) || ' pieces',
            NULL, NULL
        FROM segments
        WHERE version NOT IN (SELECT version FROM \(VersionTable.all) WHERE storage = 3)
        HAVING count(*) > 0
        """,
        """
        SELECT 'entry_unowned', NULL, NULL, NULL, NULL, NULL, count(*) || ' part tables',
            NULL, NULL
        FROM part_tables
        WHERE version NOT IN (SELECT version FROM \(VersionTable.all) WHERE storage = 3)
        HAVING count(*) > 0
        """,
        """
        SELECT 'entry_unowned', NULL, NULL, NULL, NULL, NULL, count(*) || ' parts',
            NULL, NULL
        FROM upload_parts WHERE upload NOT IN (SELECT id FROM uploads) HAVING count(*) > 0
        """,
        """
        SELECT 'entry_unowned', NULL, NULL, NULL, NULL, NULL, count(*) || ' objects',
            NULL, NULL
        FROM \(VersionTable.all) WHERE bucket NOT IN (SELECT id FROM buckets) HAVING count(*) > 0
        """,
    ]
}
