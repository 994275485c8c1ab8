internal import Encoding

/// What a check of a data folder found.
public struct CheckReport: Equatable, Sendable {
    /// What may be wrong, each with what a repair does about it.
    public enum Problem: String, CaseIterable, Sendable {
        /// Rows of inline bodies, segments, tables or parts that nothing names: left, they only
        /// take room.
        case entryUnowned = "entry_unowned"
        /// A body that the index names isn't there: its entry is taken out.
        case fileMissing = "file_missing"
        /// A file is shorter or longer than its entry says: both are taken out.
        case fileSizeWrong = "file_size_wrong"
        /// An entry names a file that the list of files doesn't: it is listed again.
        case fileUnlisted = "file_unlisted"
        /// A file is listed that no entry names: it is taken out.
        case fileUnowned = "file_unowned"
        /// SQLite says that its file is damaged: only a backup helps.
        case indexDamaged = "index_damaged"
        /// An inline body isn't there or has another size: its entry is taken out.
        case inlineBodyWrong = "inline_body_wrong"
        /// The pieces of a multipart object don't make up its size: its entry is taken out.
        case piecesWrong = "pieces_wrong"
        /// A file stands among the bodies whose name isn't the store's: it is taken out.
        case strangeFile = "strange_file"
    }

    /// One thing that is wrong.
    public struct Finding: Equatable, Sendable {
        /// What is wrong.
        public var problem: Problem
        /// The path below the data folder, of a file.
        public var file: String?
        /// The bucket of the object that can't be read, or of the upload.
        public var bucket: String?
        /// The key of either.
        public var key: String?
        /// The upload of a part whose upload isn't complete.
        public var uploadID: String?
        /// The number of a part, of an object or of an upload.
        public var part: Int?
        /// What else there is to say.
        public var detail: String?
        /// The number that the index knows the version by.
        var version: Int64?
        /// Whether it goes by the id `null`.
        var isNull = true
    }

    /// Objects that the index names.
    public internal(set) var objectCount: Int64 = 0
    /// Files that the index names and that are there.
    public internal(set) var fileCount: Int64 = 0
    /// Bytes of those files.
    public internal(set) var byteCount: Int64 = 0
    /// Files that a crash or a running store leaves behind, which its sweep deletes: no finding.
    public internal(set) var leftoverCount: Int64 = 0
    /// How many of each there are.
    public internal(set) var counts: [Problem: Int64] = [:]
    /// The first ones, `findingCountMax` at most.
    public internal(set) var findings: [Finding] = []
    /// Where a repair put what it took out.
    public internal(set) var quarantine: String?

    /// Findings that a report holds.
    public static let findingCountMax = 10_000

    /// Whether everything is as it should be.
    public var isClean: Bool { counts.isEmpty }

    mutating func add(_ finding: Finding) {
        counts[finding.problem, default: 0] += 1
        if findings.count < Self.findingCountMax { findings.append(finding) }
    }

    /// The report as one JSON object.
    public var json: [UInt8] {
        var members = [
            JSONMember("clean", .boolean(isClean)), JSONMember("objects", .integer(objectCount)),
            JSONMember("files", .integer(fileCount)), JSONMember("bytes", .integer(byteCount)),
            JSONMember("leftovers", .integer(leftoverCount)),
        ]
        let counts = Problem.allCases.compactMap { problem in
            self.counts[problem].map { JSONMember(problem.rawValue, .integer($0)) }
        }
        members.append(JSONMember("counts", .object(counts)))
        members.append(JSONMember("findings", .array(findings.map(\.json))))
        if let quarantine { members.append(JSONMember("quarantine", .string(quarantine))) }
        return JSONValue.object(members).encode()
    }

    /// The report for people, a line each.
    public var lines: [String] {
        var lines = findings.map { "\($0.problem.rawValue): \($0.subject)" }
        let count = counts.values.reduce(0, +)
        if count > findings.count { lines.append("and \(count - Int64(findings.count)) more") }
        if let quarantine { lines.append("quarantine: \(quarantine)") }
        lines.append(
            "\(objectCount) objects, \(fileCount) files of \(byteCount) bytes, "
                + "\(leftoverCount) leftovers, \(count) findings"
        )
        return lines
    }
}

extension CheckReport.Finding {
    /// What it is about, for people.
    var subject: String {
        var words: [String] = []
        if let bucket, let key { words.append("\(bucket)/\(key)") }
        if let versionID { words.append("version \(versionID)") }
        if let uploadID, let part { words.append("part \(part) of upload \(uploadID)") }
        if let file { words.append(file) }
        if let detail { words.append("(\(detail))") }
        return words.joined(separator: " ")
    }

    /// The id of the version that can't be read; `nil` for the one that goes by `null`.
    private var versionID: String? {
        isNull ? nil : version.map { VersionSelector.id($0) }
    }

    var json: JSONValue {
        var members = [JSONMember("problem", .string(problem.rawValue))]
        for (name, value) in [
            ("file", file), ("bucket", bucket), ("key", key), ("version_id", versionID),
            ("upload_id", uploadID), ("detail", detail),
        ] {
            if let value { members.append(JSONMember(name, .string(value))) }
        }
        if let part { members.append(JSONMember("part", .integer(Int64(part)))) }
        return .object(members)
    }
}
