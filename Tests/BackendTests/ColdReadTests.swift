import Foundation
import Glibc
import HTTPWire
import TestSupport
import Testing

@testable import Backend

/// What isn't in the page cache is brought there by threads before it is sent.
@Suite struct ColdReadTests {
    private static let window = 1 << 20

    private func bytes(_ count: Int) -> [UInt8] {
        var generator = SplitMix64(seed: UInt64(count))
        return generator.bytes(count)
    }

    @Test(arguments: [
        (40_000, 0..<40_000), (131_072, 0..<131_072), (131_073, 0..<131_073),
        (1 << 20, 0..<(1 << 20)), ((1 << 20) + 1, 0..<((1 << 20) + 1)),
        (3_200_000, 0..<3_200_000), (3_200_000, 1_000_001..<3_199_999),
        (3_200_000, 1_048_575..<1_048_577), (3_200_000, 3_100_000..<3_200_000),
    ])
    func `a cold body is brought in and sent piece by piece`(
        count: Int,
        range: Range<Int>
    ) async throws {
        let disk = ColdDisk()
        let body = bytes(count)
        try await StoreFixture.run(system: disk) { store in
            try await store.put("k", body)
            let field = ("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            let answer = try await store.client.send(.get, "/b/k", [field])
            #expect(answer.body == Array(body[range]))
            let starts = stride(from: range.lowerBound, to: range.upperBound, by: Self.window)
            let windows = starts.map {
                Int64($0)..<Int64(min($0 + Self.window, range.upperBound))
            }
            #expect(disk.brought == windows)
            try await store.expectMetric("sealgate_store_disk_reads_total \(windows.count)")
        }
    }

    @Test func `what is in memory isn't brought in`() async throws {
        let disk = ColdDisk(warm: true)
        try await StoreFixture.run(system: disk) { store in
            let body = bytes(3_200_000)
            try await store.put("k", body)
            #expect(try await store.client.send(.get, "/b/k").body == body)
            #expect(disk.begunCount == 0)
            try await store.expectMetric("sealgate_store_disk_reads_total 0")
        }
    }

    @Test func `the kernel tells what is in memory`() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/file"
        try Data(bytes(300_000)).write(to: URL(filePath: path))
        let file = open(path, O_RDONLY)
        defer { close(file) }
        let system = LinuxFiles()
        try system.flushData(file)
        try system.bringIn(0..<300_000, of: file)
        #expect(system.isCached(0..<300_000, of: file))
        #expect(system.isCached(4095..<299_999, of: file))
        // A file system in memory keeps what is dropped here.
        #expect(posix_fadvise(file, 102_400, 102_400, POSIX_FADV_DONTNEED) == 0)
        let isMiddleThere = system.isCached(131_072..<131_073, of: file)
        #expect(system.isCached(0..<300_000, of: file) == isMiddleThere)
        #expect(system.isCached(0..<98_304, of: file))
        #expect(!system.isCached(0..<0, of: file))
    }

    @Test func `a composite of cold pieces, small and large, is sent whole`() async throws {
        try await StoreFixture.run(system: ColdDisk()) { store in
            let sizes = [50_000, 2_100_000, 100, 131_072, 131_073, 1 << 20, 60_000]
            try await store.putParts("k", sizes.map { bytes($0) })
            let whole = sizes.flatMap { bytes($0) }
            #expect(try await store.client.send(.get, "/b/k").body == whole)
        }
    }

    @Test func `a loop that waits for the disk serves others`() async throws {
        let disk = ColdDisk(holding: true)
        try await StoreFixture.run(set: ["--threads": "1"], system: disk) { store in
            let body = bytes(3 << 20)
            try await store.put("cold", body)
            try await store.put("inline", [1, 2, 3])
            async let cold = store.client.send(.get, "/b/cold")
            try await begun(1, disk)
            let other = StoreClient(socket: store.folder.path + "/store.sock")
            #expect(try await other.send(.get, "/b/inline").body == [1, 2, 3])
            await other.close()
            disk.letGo(3)
            #expect(try await cold.body == body)
        }
    }

    @Test(arguments: [1, 2])
    func `as many threads as are set get what is cold`(threads: Int) async throws {
        let disk = ColdDisk(holding: true)
        let set = ["--read-threads": String(threads), "--threads": "1"]
        try await StoreFixture.run(set: set, system: disk) { store in
            let body = bytes(100_000)
            try await store.put("k", body)
            let other = StoreClient(socket: store.folder.path + "/store.sock")
            async let first = store.client.send(.get, "/b/k")
            async let second = other.send(.get, "/b/k")
            let third = StoreClient(socket: store.folder.path + "/store.sock")
            let line = "\nsealgate_store_disk_reads_total 2\n"
            while try await !third.send(.get, "/?sealgate-metrics").text.contains(line) {}
            try await begun(threads, disk)
            // Asked for both, and the second waits where there is one thread.
            #expect(disk.begunCount == threads)
            disk.letGo(2)
            #expect(try await first.body == body)
            #expect(try await second.body == body)
            await other.close()
            await third.close()
        }
    }

    @Test func `a client that leaves meanwhile leaves no open file`() async throws {
        let disk = ColdDisk(holding: true)
        try await StoreFixture.run(system: disk) { store in
            try await store.put("k", bytes(2_000_000))
            let leaving = StoreClient(socket: store.folder.path + "/store.sock")
            let answer = Task { try await leaving.send(.get, "/b/k") }
            try await begun(1, disk)
            await leaving.close()
            _ = try? await answer.value
            #expect(openFiles(in: store) == 1)
            disk.letGo(1)
            for _ in 0..<2000 where openFiles(in: store) > 0 {
                _ = try await store.client.send(.get, "/?sealgate-capabilities")
            }
            #expect(openFiles(in: store) == 0)
        }
    }

    private func begun(_ count: Int, _ disk: ColdDisk) async throws {
        while disk.begunCount < count { await Task.yield() }
    }

    /// How many descriptors of this process are of bodies.
    private func openFiles(in store: StoreFixture) -> Int {
        let root = URL(filePath: store.folder.path).resolvingSymlinksInPath().path
        let folder = root + "/data/objects/"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.filter { name in
            let path = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/" + name
            )
            return path.map { $0.hasPrefix(folder) && $0.count > folder.count + 3 } ?? false
        }.count
    }
}
