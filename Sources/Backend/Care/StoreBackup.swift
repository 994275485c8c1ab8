internal import Encoding
internal import GRDB
internal import Glibc

/// What a backup holds.
public struct BackupReport: Equatable, Sendable {
    /// Files of bodies.
    public internal(set) var fileCount: Int64 = 0
    /// Files that are links to the store's own: immutable, and on the same disk.
    public internal(set) var linkCount: Int64 = 0
    /// Bytes of those files.
    public internal(set) var byteCount: Int64 = 0

    /// The report as one JSON object.
    public var json: [UInt8] {
        JSONValue.object([
            JSONMember("files", .integer(fileCount)), JSONMember("linked", .integer(linkCount)),
            JSONMember("bytes", .integer(byteCount)),
        ]).encode()
    }

    /// The report for people, a line each.
    public var lines: [String] {
        ["\(fileCount) files of \(byteCount) bytes, \(linkCount) of them linked"]
    }
}

/// Copies one state of an index and the bodies it names; deletions are held back meanwhile.
///
/// The copy is made beside its place and moved there when it is whole and flushed.
struct StoreBackup {
    private static let pieceBytes = 1 << 20

    private let source: String
    private let target: String
    private let copies: Bool
    private let progress: (String) -> Void
    private var partial: String { target + ".partial" }

    init(
        _ source: String,
        to target: String,
        copies: Bool,
        _ progress: @escaping (String) -> Void
    ) {
        self.source = source
        self.target = target
        self.copies = copies
        self.progress = progress
    }

    func run() throws(StoreError) -> BackupReport {
        guard unsafe access(target, F_OK) != 0 else { throw .diskRefused("it is there already") }
        guard unsafe mkdir(partial, 0o700) == 0 else {
            throw StoreError(errno: errno, doing: "mkdir \(partial)")
        }
        let from = try FileCalls.open(source, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
        defer { close(from) }
        let to = try FileCalls.open(partial, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
        defer { close(to) }
        progress("copying the index")
        try copyIndex(in: to)
        let report = try copyBodies(from, to)
        let format = try FileCalls.open("format", in: to, flags: O_WRONLY | O_CREAT | O_EXCL)
        defer { close(format) }
        try FileCalls.write(Array(DataFolder.format.utf8).span, to: format, at: 0)
        try FileCalls.flushData(format)
        try FileCalls.flushFolder(".", in: to)
        try FileCalls.move(partial, from: AT_FDCWD, to: AT_FDCWD, as: target)
        try FileCalls.flushFolder("..", in: to)
        return report
    }

    private func copyIndex(in folder: Int32) throws(StoreError) {
        var reading = Configuration()
        reading.readonly = true
        reading.busyMode = .timeout(5)
        do {
            let index = try DatabaseQueue(path: source + "/index.sqlite", configuration: reading)
            defer { try? index.close() }
            let copy = try DatabaseQueue(path: partial + "/index.sqlite")
            defer { try? copy.close() }
            try index.backup(to: copy)
        } catch {
            throw StoreError(index: error)
        }
        let file = try FileCalls.open("index.sqlite", in: folder, flags: O_RDWR)
        defer { close(file) }
        try FileCalls.flushData(file)
    }

    private func copyBodies(_ from: Int32, _ to: Int32) throws(StoreError) -> BackupReport {
        var report = BackupReport()
        let audit = try IndexAudit(path: partial + "/index.sqlite")
        defer { audit.close() }
        try audit.collectFiles()
        for name in ["objects", "tmp"] { try FileCalls.makeFolder(partial + "/" + name) }
        for number in 0...255 {
            let byte = UInt8(truncatingIfNeeded: number)
            let folder = "objects/" + FileID.folder(byte)
            try FileCalls.makeFolder(partial + "/" + folder)
            for named in try audit.files(inFolder: byte) {
                let name = folder + "/" + named.id.name
                if try link(name, from, to) { report.linkCount += 1 }
                report.fileCount += 1
                report.byteCount += named.size ?? 0
            }
            try FileCalls.flushFolder(folder, in: to)
            if number % 16 == 15 {
                progress("\(number + 1) of 256 folders, \(report.fileCount) files")
            }
        }
        try FileCalls.flushFolder("objects", in: to)
        return report
    }

    /// Links a body into the copy, or copies it; answers whether it is a link.
    private func link(_ name: String, _ from: Int32, _ to: Int32) throws(StoreError) -> Bool {
        if !copies {
            if unsafe linkat(from, name, to, name, 0) == 0 { return true }
            let code = errno
            guard [EXDEV, EPERM, EMLINK].contains(code) else {
                throw StoreError(errno: code, doing: "link \(name)")
            }
        }
        let reading = try FileCalls.open(name, in: from, flags: O_RDONLY)
        defer { close(reading) }
        let writing = try FileCalls.open(name, in: to, flags: O_WRONLY | O_CREAT | O_EXCL)
        defer { close(writing) }
        var offset: Int64 = 0
        while true {
            let bytes = try FileCalls.read(Self.pieceBytes, from: reading, at: offset)
            if bytes.isEmpty { break }
            try FileCalls.write(bytes.span, to: writing, at: offset)
            offset += Int64(bytes.count)
        }
        try FileCalls.flushData(writing)
        return false
    }
}
