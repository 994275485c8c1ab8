import Encoding
import Foundation
import NIOCore
import NIOPosix
import Synchronization

@testable import Backend

/// A folder that goes with the fixture.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// How many regular files stand below a folder of it.
    func fileCount(in name: String) -> Int {
        let files = FileManager.default.enumerator(atPath: path + "/" + name)
        return files?.allObjects.count { item in
            var isFolder: ObjCBool = false
            let full = "\(path)/\(name)/\(item)"
            return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
                && !isFolder.boolValue
        } ?? 0
    }
}

/// An index in a scratch folder, its clock standing still unless moved.
final class IndexFixture: Sendable {
    let folder: ScratchFolder
    let index: StoreIndex
    let reader: IndexReader
    let statistics = StoreStatistics()
    let time = Mutex<Int64>(1_000_000)
    let discarded: DiscardedList

    init(
        _ folder: ScratchFolder? = nil,
        limits: IndexWriter.Limits = IndexWriter.Limits()
    ) throws {
        let folder = try folder ?? ScratchFolder()
        self.folder = folder
        let discarded = DiscardedList()
        self.discarded = discarded
        let clock = ClockBox()
        index = try StoreIndex(
            path: folder.path + "/index.sqlite",
            durability: .relaxed,
            limits: limits,
            statistics: statistics,
            clock: { Timestamp(milliseconds: clock.next()) },
            discard: { discarded.add($0) }
        )
        reader = try index.makeReader()
    }

    /// Makes one change and waits for it.
    func change<Value: Sendable>(
        _ change: @escaping @Sendable (IndexTransaction) throws(StoreError) -> Value
    ) async throws -> Value {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await index.submit(on: loop, change).get()
    }

    func put(
        _ key: String,
        in bucket: String = "b",
        body: NewBody = .inline([1, 2, 3]),
        metadata: String? = nil,
        condition: WriteCondition = .none
    ) async throws -> WriteOutcome {
        try await change { (transaction) throws(StoreError) in
            try transaction.putObject(
                bucket: bucket,
                key: KeyBytes(key.utf8),
                body: body,
                metadata: metadata,
                condition: condition
            )
        }
    }

    func makeBucket(_ name: String = "b") async throws {
        try await change { (transaction) throws(StoreError) in try transaction.createBucket(name) }
    }

    /// The files discarded so far: the writer tells of them after it has answered, before it takes
    /// the next change.
    func discardedFiles() async throws -> Set<FileID> {
        try await change { (_) throws(StoreError) in }
        return discarded.files
    }

    deinit {
        reader.close()
        index.close()
    }
}

/// A clock that goes on by a millisecond whenever it is read.
final class ClockBox: Sendable {
    private let time = Mutex<Int64>(1_000_000)

    func next() -> Int64 {
        time.withLock { time in
            time += 1
            return time
        }
    }
}

/// What an index gave to be deleted.
final class DiscardedList: Sendable {
    private let items = Mutex<[DiscardedFiles]>([])

    func add(_ items: [DiscardedFiles]) { self.items.withLock { $0 += items } }

    var files: Set<FileID> { items.withLock { Set($0.flatMap(\.files)) } }
}
