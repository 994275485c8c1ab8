internal import Encoding
internal import Foundation
internal import GRDB

/// The changes that one mutation may make; lives on the writer's thread, inside a savepoint.
///
/// What a change throws leaves nothing of it behind. Files that a change unlinks from the index
/// are collected, to be deleted once the transaction is durable.
final class IndexTransaction {
    let database: Database
    /// The time of the change, milliseconds since the Unix epoch.
    let now: Int64
    /// Files that no row names any more.
    private(set) var discarded: [DiscardedFiles] = []
    private let sequence: IndexSequence

    init(database: Database, now: Int64, sequence: IndexSequence) {
        self.database = database
        self.now = now
        self.sequence = sequence
    }

    /// A number that no version and no inline body had before.
    func nextNumber() throws(StoreError) -> Int64 { try sequence.next(database) }

    /// A new ETag, without quotes.
    func newETag() -> String { FileID().name }

    /// Forgets what a change did that is rolled back.
    func forget() {
        discarded = []
        sequence.forget()
    }

    /// Links a new body into the index; an inline one goes by `owner`.
    func link(_ body: NewBody, owner: Int64) throws(StoreError) -> BodyLocation {
        switch body {
        case .inline(let bytes):
            if bytes.isEmpty { return .empty }
            try database.run("INSERT INTO bodies VALUES (?, ?)", [owner, Data(bytes)])
            return .inline(id: owner)
        case .file(let id, _):
            try database.run("INSERT INTO files VALUES (?)", [Data(id.bytes)])
            return .file(id)
        }
    }

    /// Takes a body out of the index; its files go once the transaction is durable.
    func unlink(_ body: BodyLocation) throws(StoreError) {
        switch body {
        case .empty, .deleteMarker: return
        case .inline(let id):
            try database.run("DELETE FROM bodies WHERE id = ?", [id])
        case .file(let id):
            try database.run("DELETE FROM files WHERE id = ?", [Data(id.bytes)])
            discarded.append(DiscardedFiles(version: nil, files: [id]))
        case .composite(let version):
            try unlinkSegments(of: version)
        }
    }

    private func unlinkSegments(of version: Int64) throws(StoreError) {
        let bodies = try database.all(
            "SELECT storage, file, coalesce(body, 0) FROM segments WHERE version = ?",
            [version]
        ) { try $0.location(storage: 0, file: 1, owner: try $0.integer(2)) }
        var files: [FileID] = []
        for body in bodies {
            if case .file(let id) = body {
                try database.run("DELETE FROM files WHERE id = ?", [Data(id.bytes)])
                files.append(id)
            } else {
                try unlink(body)
            }
        }
        try database.run("DELETE FROM segments WHERE version = ?", [version])
        try database.run("DELETE FROM part_tables WHERE version = ?", [version])
        discarded.append(DiscardedFiles(version: version, files: files))
    }
}

/// Files to delete once a transaction is durable.
struct DiscardedFiles: Equatable, Sendable {
    /// The composite object they made up; readers of it keep them until they are done.
    var version: Int64?
    var files: [FileID]
}

/// Hands out numbers, each once in the life of the index; reserves them by the thousand, so that
/// most changes don't write the counter.
final class IndexSequence {
    private static let blockCount: Int64 = 1000
    private var upcoming: Int64 = 0
    private var end: Int64 = 0

    func next(_ database: Database) throws(StoreError) -> Int64 {
        if upcoming == end {
            let stored = try database.first("SELECT next FROM sequence") { try $0.integer(0) }
            // A rolled back reservation was perhaps used in part: never go below it.
            upcoming = max(stored ?? 1, upcoming)
            try database.run("UPDATE sequence SET next = ?", [upcoming + Self.blockCount])
            end = upcoming + Self.blockCount
        }
        defer { upcoming += 1 }
        return upcoming
    }

    /// Forgets a reservation that may have been rolled back.
    func forget() { end = upcoming }
}
