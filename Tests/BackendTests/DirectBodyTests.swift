import Daemon
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Backend

/// Large bodies, written past the page cache.
@Suite struct DirectBodyTests {
    private static let half = 16_384

    /// Files of one scratch folder on a disk of the test's.
    private struct Ground {
        let scratch: ScratchFolder
        let disk: GatedDisk
        let registry = MetricsRegistry()
        let files: BodyFiles
        let loop = MultiThreadedEventLoopGroup.singleton.next()

        init(_ disk: GatedDisk = GatedDisk(), buffers: Int = 1) throws {
            self.disk = disk
            scratch = try ScratchFolder()
            files = BodyFiles(
                folder: try DataFolder(path: scratch.path + "/data"),
                durability: .full,
                reserveBytes: 0,
                threads: .singleton,
                readThreads: .singleton,
                statistics: StoreStatistics(registry),
                system: disk,
                directBuffers: DirectBuffers(bytesMax: buffers * 2 * half, halfBytes: half)
            )
        }

        /// A writer that takes every body of known size past the cache.
        func writer(_ size: Int?) async throws -> LoopWriter {
            let limits = BodyWriter.Limits(inlineBytesMax: 16, directBytesMin: 1)
            return try await LoopWriter(files, limits, size: size.map(Int64.init), on: loop)
        }

        func read(_ body: NewBody) throws -> [UInt8] {
            guard case .file(let id, let size) = body else { return [] }
            let descriptor = try files.open(id, count: size)
            defer { close(descriptor) }
            return try FileCalls.read(Int(size), from: descriptor, at: 0)
        }

        func fallbacks(_ reason: String) -> Bool {
            let line = "sealgate_store_direct_fallbacks_total{reason=\"\(reason)\"} 1\n"
            return registry.exposition().contains(line)
        }

        /// Waits until the files are so many: what is dropped goes by a thread.
        func expectFiles(_ count: Int) async throws {
            for _ in 0..<2000 {
                if scratch.fileCount(in: "data/tmp") == count { return }
                _ = try await NIOThreadPool.singleton.runIfActive { 1 }
            }
            Issue.record("\(scratch.fileCount(in: "data/tmp")) files in tmp")
        }
    }

    private func bytes(_ count: Int) -> [UInt8] {
        var generator = SplitMix64(seed: UInt64(count))
        return generator.bytes(count)
    }

    @Test(arguments: [
        17, 4095, 4096, 4097, 16_383, 16_384, 16_385, 20_480, 32_768, 32_769, 49_152, 100_000,
    ])
    func `a body is written whole, its blocks directly and the rest through the cache`(
        count: Int
    ) async throws {
        let sent = bytes(count)
        for piece in [1000, 4096, 40_000] {
            let ground = try Ground()
            let writer = try await ground.writer(count)
            for start in stride(from: 0, to: count, by: piece) {
                try await writer.append(Array(sent[start..<min(start + piece, count)]))
            }
            let body = try await writer.finish()
            #expect(try ground.read(body) == sent)
            let writes = ground.disk.writes.sorted { $0.offset < $1.offset }
            #expect(writes.reduce(0) { $0 + $1.count } == count)
            for write in writes {
                #expect(write.offset % 4096 == 0)
                #expect(write.isDirect == (write.count % 4096 == 0))
                #expect(write.count <= Self.half)
            }
            #expect(ground.files.directBuffers.lentBytes == 0)
            try await ground.expectFiles(0)
        }
    }

    @Test func `bytes that fill both halves have credit when the disk took one`() async throws {
        let ground = try Ground(GatedDisk(holdingWrites: true))
        let writer = try await ground.writer(3 * Self.half)
        #expect(try await writer.append(bytes(Self.half - 1)) == Self.half - 1)
        #expect(try await writer.append(bytes(1)) == 0)
        ground.disk.awaitWrite()
        #expect(try await writer.append(bytes(Self.half)) == 0)
        #expect(writer.told.credit == Self.half - 1)
        for _ in 0..<3 { ground.disk.letGo() }
        while writer.told.credit < 2 * Self.half {
            _ = try await NIOThreadPool.singleton.runIfActive { 1 }
        }
        try await writer.append(bytes(Self.half))
        _ = try await writer.finish()
        #expect(ground.disk.writes.count == 3)
    }

    @Test func `with the memory in use a body goes through the cache`() async throws {
        let ground = try Ground()
        let first = try await ground.writer(40_000)
        try await first.append(bytes(40_000))
        #expect(ground.files.directBuffers.lentBytes == 2 * Self.half)
        let second = try await ground.writer(50_000)
        try await second.append(bytes(50_000))
        #expect(try ground.read(try await second.finish()) == bytes(50_000))
        #expect(ground.fallbacks("no_buffer"))
        await first.discard()
        try await ground.expectFiles(0)
        #expect(ground.files.directBuffers.lentBytes == 0)
        let third = try await ground.writer(40_000)
        try await third.append(bytes(40_000))
        #expect(ground.files.directBuffers.lentBytes == 2 * Self.half)
        await third.discard()
    }

    @Test func `small bodies and bodies of unknown size take no memory`() async throws {
        let ground = try Ground()
        for size in [nil, 16] {
            let writer = try await ground.writer(size)
            try await writer.append(bytes(size ?? 100_000))
            #expect(ground.files.directBuffers.lentBytes == 0)
            _ = try await writer.finish()
        }
        #expect(ground.disk.writes.allSatisfy { !$0.isDirect })
    }

    @Test(arguments: [GatedDisk.Manner.unknown, .refuses])
    func `where the disk takes no direct writes all goes through the cache`(
        manner: GatedDisk.Manner
    ) async throws {
        let ground = try Ground(GatedDisk(manner))
        let writer = try await ground.writer(100_000)
        try await writer.append(bytes(100_000))
        #expect(try ground.read(try await writer.finish()) == bytes(100_000))
        #expect(ground.disk.writes.allSatisfy { !$0.isDirect })
        #expect(ground.fallbacks("refused"))
    }

    @Test func `a body whose writes are refused by two at once counts once`() async throws {
        let ground = try Ground(GatedDisk(.refuses, holdingWrites: true))
        let writer = try await ground.writer(3 * Self.half)
        // The first half goes to a thread, the second has to be written at once.
        async let taken = writer.append(bytes(3 * Self.half))
        ground.disk.awaitWrite()
        ground.disk.awaitWrite()
        for _ in 0..<6 { ground.disk.letGo() }
        _ = try await taken
        #expect(try ground.read(try await writer.finish()) == bytes(3 * Self.half))
        #expect(ground.fallbacks("refused"))
    }

    @Test func `a body dropped under a write lives until the disk is done with it`() async throws {
        let ground = try Ground(GatedDisk(holdingWrites: true))
        let writer = try await ground.writer(100_000)
        try await writer.append(bytes(Self.half))
        ground.disk.awaitWrite()
        await writer.discard()
        #expect(ground.scratch.fileCount(in: "data/tmp") == 1)
        #expect(ground.files.directBuffers.lentBytes == 2 * Self.half)
        ground.disk.letGo()
        try await ground.expectFiles(0)
        #expect(ground.files.directBuffers.lentBytes == 0)
    }

    @Test func `a write that fails ends the body, at once or with its end`() async throws {
        for isEarly in [true, false] {
            let ground = try Ground(GatedDisk())
            ground.disk.failAllWrites()
            let writer = try await ground.writer(100_000)
            try await writer.append(bytes(isEarly ? Self.half : 5000))
            if isEarly {
                while writer.told.failure == nil {
                    _ = try await NIOThreadPool.singleton.runIfActive { 1 }
                }
                await writer.discard()
            } else {
                await #expect(throws: StoreError.self) { try await writer.finish() }
            }
            try await ground.expectFiles(0)
            #expect(ground.files.directBuffers.lentBytes == 0)
        }
    }
}

/// The settings, on a store.
extension DirectBodyTests {
    @Test(arguments: [
        ([:], true), (["--direct-bytes-min": "0"], false),
        (["--direct-bytes-min": "2097153"], false), (["--direct-bytes-min": "2MiB"], true),
        (["--limits-direct-buffer-bytes": "1MiB"], true),
        (["--limits-direct-buffer-bytes": "1048575"], false),
    ])
    func `settings say which bodies are written past the cache`(
        set: [String: String],
        isDirect: Bool
    ) async throws {
        let disk = GatedDisk()
        try await StoreFixture.run(set: set, system: disk) { store in
            let body = bytes(2 << 20)
            let size = [("x-sealgate-size", String(body.count))]
            #expect(try await store.put("k", body, size).status == 200)
            #expect(try await store.client.send(.get, "/b/k").body == body)
            #expect(disk.writes.contains { $0.isDirect } == isDirect)
            try await store.expectMetric("sealgate_store_direct_buffer_bytes 0")
        }
    }
}
