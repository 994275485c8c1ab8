internal import Encoding
internal import Foundation
internal import GRDB
internal import Glibc

/// Takes what is wrong out of a data folder that no store runs on, into a folder of its own with a
/// record of what was taken out and why; nothing is deleted.
struct StoreRepair {
    private let path: String
    private let now: Timestamp
    /// Below the data folder.
    private let quarantine: String

    /// - Throws: `.diskRefused` where a store runs on the folder.
    init(_ path: String, _ isRunning: Bool, _ now: Timestamp) throws(StoreError) {
        guard !isRunning else { throw .diskRefused("a store runs on the folder") }
        self.path = path
        self.now = now
        quarantine = "quarantine/\(now.basicISO8601)-\(FileID().name.prefix(8))"
    }

    /// Repairs what a check found; answers the folder that holds what was taken out.
    func run(_ report: CheckReport) throws(StoreError) -> String {
        guard report.counts[.indexDamaged] == nil else {
            throw .diskRefused("the index is damaged; a repair can't tell what it named")
        }
        try FileCalls.makeFolder(path + "/quarantine")
        try FileCalls.makeFolder(path + "/" + quarantine)
        let folder = try FileCalls.open(path, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        let database: DatabaseQueue
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.foreignKeysEnabled = false
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            database = try DatabaseQueue(path: path + "/index.sqlite", configuration: configuration)
            defer { try? database.close() }
            try database.write { database in
                var records = try report.findings.map { finding in
                    try takeOut(finding, database)
                }
                records.append(contentsOf: try listAgain(database))
                // On the disk before the entries are gone from it.
                try write(records, folder)
            }
            try moveUnnamed(database, folder)
        } catch {
            throw StoreError(index: error)
        }
        return path + "/" + quarantine
    }

    /// Takes out the entry that a finding is about; answers what is known of it.
    private func takeOut(
        _ finding: CheckReport.Finding,
        _ database: Database
    ) throws(StoreError) -> JSONValue {
        var members = [JSONMember("finding", finding.json)]
        let transaction = IndexTransaction(
            database: database,
            now: now.milliseconds,
            sequence: IndexSequence()
        )
        switch finding.problem {
        case .fileMissing, .fileSizeWrong, .inlineBodyWrong, .piecesWrong: break
        default: return .object(members)
        }
        if let text = finding.uploadID, let number = finding.part,
            let upload = UploadID(text: text)
        {
            try transaction.dropPart(number, of: upload)
        } else if let bucket = finding.bucket, let key = finding.key, let number = finding.version {
            if let entry = try database.describe(number) {
                members.append(JSONMember("entry", entry))
                try transaction.removeVersion(
                    number,
                    bucket: try database.bucket(bucket).id,
                    key: KeyBytes(key.utf8)
                )
            }
        }
        return .object(members)
    }

    /// Lists the files that entries name, and no others.
    private func listAgain(_ database: Database) throws(StoreError) -> [JSONValue] {
        let owners = """
            SELECT file FROM \(VersionTable.all) WHERE storage = 2
            UNION ALL SELECT file FROM segments WHERE storage = 2
            UNION ALL SELECT file FROM upload_parts WHERE storage = 2
            """
        try database.run("INSERT OR IGNORE INTO files \(owners)")
        let unowned = try database.all("SELECT id FROM files WHERE id NOT IN (\(owners))") {
            Hex.encode(try $0.bytes(0))
        }
        try database.run("DELETE FROM files WHERE id NOT IN (\(owners))")
        return unowned.map { .object([JSONMember("file_unowned", .string($0))]) }
    }

    private func write(_ records: [JSONValue], _ folder: Int32) throws(StoreError) {
        var text: [UInt8] = []
        for record in records {
            record.append(to: &text)
            text.append(UInt8(ascii: "\n"))
        }
        let file = try FileCalls.open(
            quarantine + "/record.jsonl",
            in: folder,
            flags: O_WRONLY | O_CREAT | O_EXCL
        )
        defer { close(file) }
        try FileCalls.write(text.span, to: file, at: 0)
        try FileCalls.flushData(file)
        for name in [quarantine, "quarantine", "."] {
            try FileCalls.flushFolder(name, in: folder)
        }
    }

    /// Moves every file away that the index doesn't name.
    private func moveUnnamed(_ database: DatabaseQueue, _ folder: Int32) throws {
        for number in 0...255 {
            let name = "objects/" + FileID.folder(UInt8(truncatingIfNeeded: number))
            for file in try FileCalls.names(in: path + "/" + name) {
                if let id = FileID(name: file), name.hasSuffix(id.folder) {
                    let isNamed = try database.read { database in
                        try database.first(
                            "SELECT 1 FROM files WHERE id = ?",
                            [Data(id.bytes)]
                        ) { _ in true }
                    }
                    if isNamed != nil { continue }
                }
                try move(name, file, folder)
            }
        }
        for file in try FileCalls.names(in: path + "/tmp") { try move("tmp", file, folder) }
    }

    private func move(_ name: String, _ file: String, _ folder: Int32) throws(StoreError) {
        let target = quarantine + "/" + name.replacingOccurrences(of: "/", with: "-")
        try FileCalls.makeFolder(path + "/" + target)
        try FileCalls.move(
            name + "/" + file,
            from: folder,
            to: folder,
            as: target + "/" + file
        )
    }
}

extension Database {
    /// What the index knows of a version, for a record.
    fileprivate func describe(_ version: Int64) throws(StoreError) -> JSONValue? {
        try first(
            """
            SELECT etag, size, modified, metadata, version FROM \(VersionTable.all)
            WHERE version = ?
            """,
            [version]
        ) { row in
            .object([
                JSONMember("etag", .string(try row.text(0))),
                JSONMember("size", .integer(try row.integer(1))),
                JSONMember("modified", .integer(try row.integer(2))),
                JSONMember("metadata", try row.optionalText(3).map { .string($0) } ?? .null),
                JSONMember("version", .integer(try row.integer(4))),
            ])
        }
    }
}
