import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Backend

/// Writes, overwrites and deletes over seeded schedules, each ended by a loss of power.
///
/// The power goes at some call on the disk. `SEALGATE_POWER_LOSSES` sets how many schedules.
@Suite struct PowerLossTests {
    private static let count =
        ProcessInfo.processInfo.environment["SEALGATE_POWER_LOSSES"].flatMap(UInt64.init) ?? 2000

    @Test func `what was acknowledged survives, whole, and nothing else is seen`() async throws {
        let ground = try PowerLossGround()
        for seed in 0..<Self.count {
            if let violation = await PowerLossRun(seed, ground).violation() {
                Issue.record("seed \(seed): \(violation)")
                return
            }
        }
    }

    @Test(arguments: zip(StoreIndex.Durability.allCases, [2, 1]))
    func `SQLite flushes its log at each commit, as the model does, in full durability`(
        durability: StoreIndex.Durability,
        level: Int
    ) throws {
        let folder = try ScratchFolder()
        let index = try StoreIndex(
            path: folder.path + "/index.sqlite",
            durability: durability,
            statistics: StoreStatistics(),
            clock: { .init(milliseconds: 1) },
            discard: { _ in }
        )
        defer { index.close() }
        #expect(try index.synchronousLevel() == level)
    }

    @Test(arguments: PowerLossDisk.Forgotten.allCases)
    func `a flush that is left out is noticed`(forgotten: PowerLossDisk.Forgotten) async throws {
        let ground = try PowerLossGround()
        for seed in 0..<1000 {
            let run = PowerLossRun(UInt64(seed), ground, forgetting: forgotten)
            if await run.violation() != nil { return }
        }
        Issue.record("\(forgotten) isn't missed")
    }
}

/// What all runs share: descriptors, and a thread.
private final class PowerLossGround: Sendable {
    let scratch: ScratchFolder
    let folder: DataFolder
    let threads = NIOThreadPool(numberOfThreads: 1)
    let loop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws {
        scratch = try ScratchFolder()
        folder = try DataFolder(path: scratch.path + "/data")
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }
}

/// One schedule.
///
/// The index is a model of SQLite's: a commit writes its log, flushes it, then is acknowledged;
/// recovery has every flushed commit, and perhaps one that was only written.
private final class PowerLossRun {
    private typealias Entries = [String: Entry]

    private struct Entry: Equatable {
        var body: NewBody
        var bytes: [UInt8]
    }

    private struct Upload {
        var key: String
        var bytes: [UInt8]
        var sentCount = 0
        var writer: LoopWriter
    }

    private static let inlineBytesMax = 16

    private var chance: SplitMix64
    private let ground: PowerLossGround
    private let disk: PowerLossDisk
    private let files: BodyFiles
    private var uploads: [Upload] = []
    /// What readers see and clients were told.
    private var acknowledged: Entries = [:]
    private var durable: Entries = [:]
    /// Written to the log, and not flushed.
    private var unflushed: Entries?

    init(_ seed: UInt64, _ ground: PowerLossGround, forgetting: PowerLossDisk.Forgotten? = nil) {
        chance = SplitMix64(seed: seed)
        self.ground = ground
        disk = PowerLossDisk(
            temporary: ground.folder.temporary,
            calls: 1 + Int(chance.next() % 100),
            forgetting: forgetting
        )
        files = BodyFiles(
            folder: ground.folder,
            durability: .full,
            reserveBytes: 0,
            threads: ground.threads,
            readThreads: ground.threads,
            statistics: StoreStatistics(),
            system: disk,
            directBuffers: DirectBuffers(bytesMax: 2 * 16_384, halfBytes: 8192)
        )
    }

    /// Runs until the power goes; tells what is wrong with what is left.
    func violation() async -> String? {
        for _ in 0..<400 where !disk.isDead {
            await step()
        }
        for upload in uploads { await upload.writer.discard() }
        _ = try? await ground.threads.runIfActive { 1 }
        let found = disk.filesAfterLoss(&chance)
        let isLucky = chance.next() % 2 == 0
        let recovered = isLucky ? unflushed ?? durable : durable
        if recovered != acknowledged, recovered != unflushed {
            return "the index lost an acknowledged change"
        }
        for (key, entry) in recovered {
            guard case .file(let id, let size) = entry.body else { continue }
            guard let bytes = found["objects/\(id.folder)/\(id.name)"] else {
                return "the file of \(key) is gone"
            }
            if bytes.count != size { return "the file of \(key) has another size" }
            if bytes != entry.bytes { return "the file of \(key) has other bytes" }
        }
        return nil
    }

    private func step() async {
        switch chance.next() % 8 {
        case 0, 1: await open()
        case 2, 3, 4: await goOn()
        case 5, 6:
            guard let upload = takeUpload() else { return }
            await finish(upload)
        default:
            if chance.next() % 2 == 0 {
                await takeUpload()?.writer.discard()
            } else if let key = acknowledged.keys.sorted().first {
                await commit(key, nil)
            }
        }
    }

    private func open() async {
        let sizes: [UInt64] = [0, 16, 17, 500, 3000, 66_000 + chance.next() % 100_000]
        let size = sizes[Int(chance.next() % 24) % sizes.count]
        let limits = BodyWriter.Limits(inlineBytesMax: Self.inlineBytesMax, directBytesMin: 3000)
        let stated = chance.next() % 2 == 0 ? Int64(size) : nil
        guard let writer = try? await LoopWriter(files, limits, size: stated, on: ground.loop)
        else { return }
        // A write that is lost or torn leaves zeros.
        let bytes = [UInt8](repeating: UInt8(1 + chance.next() % 255), count: Int(size))
        uploads.append(Upload(key: "k\(chance.next() % 4)", bytes: bytes, writer: writer))
    }

    private func takeUpload() -> Upload? {
        guard !uploads.isEmpty else { return nil }
        return uploads.remove(at: Int(chance.next() % UInt64(uploads.count)))
    }

    private func goOn() async {
        guard var upload = takeUpload() else { return }
        do {
            try await send(&upload, Int(chance.next() % 70_000))
            uploads.append(upload)
        } catch {
            await upload.writer.discard()
        }
    }

    private func send(_ upload: inout Upload, _ count: Int) async throws {
        let piece = Array(upload.bytes.dropFirst(upload.sentCount).prefix(count))
        try await upload.writer.append(piece)
        upload.sentCount += piece.count
    }

    private func finish(_ upload: Upload) async {
        var upload = upload
        do {
            try await send(&upload, .max)
        } catch {
            await upload.writer.discard()
            return
        }
        guard let body = try? await upload.writer.finish() else { return }
        await commit(upload.key, Entry(body: body, bytes: upload.bytes))
    }

    private func commit(_ key: String, _ entry: Entry?) async {
        let old = acknowledged[key]
        var next = acknowledged
        next[key] = entry
        do throws(StoreError) {
            unflushed = nil
            try disk.writeLog()
            unflushed = next
            if try disk.flushLog() {
                durable = next
                unflushed = nil
            }
            acknowledged = next
            if let entry { files.conclude(entry.body, .success(())) }
            if case .file(let id, _) = old?.body {
                files.discard([DiscardedFiles(version: nil, files: [id])])
            }
        } catch {
            if let entry { files.conclude(entry.body, .failure(error)) }
        }
        // Files that nothing names any more go before or after what comes next.
        if chance.next() % 2 == 0 { _ = try? await ground.threads.runIfActive { 1 } }
    }
}
