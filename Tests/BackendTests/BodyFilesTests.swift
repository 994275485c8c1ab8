import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Backend

@Suite struct BodyFilesTests {
    /// Files and an index of one scratch folder.
    private struct Parts {
        let scratch: ScratchFolder
        let files: BodyFiles
        let index: IndexFixture
        let loop = MultiThreadedEventLoopGroup.singleton.next()

        init() throws {
            scratch = try ScratchFolder()
            files = BodyFiles(
                folder: try DataFolder(path: scratch.path + "/data"),
                durability: .full,
                reserveBytes: 0,
                threads: .singleton,
                readThreads: .singleton,
                statistics: StoreStatistics()
            )
            index = try IndexFixture()
        }

        /// Writes a file of so many bytes and publishes it.
        func publish(_ count: Int) async throws -> NewBody {
            try await loop.submit {
                let limits = BodyWriter.Limits(inlineBytesMax: 16)
                let writer = BodyWriter(files: files, limits: limits, on: loop)
                try writer.append([UInt8](repeating: 7, count: count).span)
                return writer.finish()
            }.flatMap { $0 }.get()
        }

        var objectCount: Int { scratch.fileCount(in: "data/objects") }

        /// Waits until what was given to the threads before is done.
        func settle() async throws {
            for _ in 0..<64 { _ = try await NIOThreadPool.singleton.runIfActive { 1 } }
        }
    }

    @Test func `a body up to the limit stays in memory, a larger one is a file`() async throws {
        let parts = try Parts()
        #expect(try await parts.publish(16) == .inline([UInt8](repeating: 7, count: 16)))
        guard case .file(let id, let size) = try await parts.publish(17) else {
            Issue.record("not a file")
            return
        }
        #expect(size == 17)
        #expect(throws: Never.self) { try parts.files.open(id, count: 17) }
        #expect(parts.objectCount == 1)
        #expect(parts.scratch.fileCount(in: "data/tmp") == 0)
    }

    @Test func `a file that is shorter or longer than the index says isn't opened`() async throws {
        let parts = try Parts()
        guard case .file(let id, _) = try await parts.publish(100) else { return }
        for count: Int64 in [99, 101] {
            #expect {
                try parts.files.open(id, count: count)
            } throws: { error in
                guard case .bodyDamaged? = error as? StoreError else { return false }
                return true
            }
        }
    }

    @Test func `a sweep leaves files that wait for the index`() async throws {
        let parts = try Parts()
        let body = try await parts.publish(100)
        #expect(try parts.files.sweep(parts.index.reader) == 0)
        parts.files.conclude(body, .success(()))
        #expect(try parts.files.sweep(parts.index.reader) == 1)
        #expect(parts.objectCount == 0)
    }

    @Test func `a refused change's file goes, one whose fate is unknown waits`() async throws {
        let parts = try Parts()
        let refused = try await parts.publish(100)
        let unknown = try await parts.publish(100)
        parts.files.conclude(refused, .failure(StoreError.preconditionFailed))
        parts.files.conclude(unknown, .failure(StoreError.diskRefused("commit")))
        try await parts.settle()
        #expect(parts.objectCount == 1)
    }

    @Test func `a leased version's files go with the last lease`() async throws {
        let parts = try Parts()
        guard case .file(let id, _) = try await parts.publish(100) else { return }
        parts.files.lease(5)
        parts.files.lease(5)
        parts.files.discard([DiscardedFiles(version: 5, files: [id])])
        parts.files.settle(id)
        #expect(try parts.files.sweep(parts.index.reader) == 0)
        parts.files.release(5)
        try await parts.settle()
        #expect(parts.objectCount == 1)
        parts.files.release(5)
        try await parts.settle()
        #expect(parts.objectCount == 0)
        #expect(throws: StoreError.fileNotFound) { try parts.files.open(id, count: 100) }
    }

    @Test func `a full disk keeps its reserve, at most an eighth of it`() {
        #expect(BodyFiles.isRoom((free: 100, total: 1000), for: 50, reserve: 50))
        #expect(!BodyFiles.isRoom((free: 100, total: 1000), for: 51, reserve: 50))
        #expect(BodyFiles.isRoom((free: 100, total: 80), for: 90, reserve: 50))
        #expect(!BodyFiles.isRoom((free: 10, total: 1000), for: 0, reserve: 50))
    }

    @Test func `errors of the system are told apart`() {
        #expect(StoreError(errno: ENOSPC, doing: "x") == .diskFull)
        #expect(StoreError(errno: EDQUOT, doing: "x") == .diskFull)
        #expect(StoreError(errno: ENOENT, doing: "x") == .fileNotFound)
        #expect(StoreError(errno: EROFS, doing: "x") == .diskReadOnly)
        #expect(StoreError(errno: EIO, doing: "x") == .diskRefused("x: errno \(EIO)"))
        #expect(!StoreError.diskRefused("x").leavesNoTrace)
        #expect(StoreError.diskFull.leavesNoTrace)
    }
}
