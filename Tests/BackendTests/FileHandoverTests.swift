import CLinux
import Foundation
import Glibc
import HTTPWire
import TestSupport
import Testing
import Transport

@testable import Backend

/// A client's end of a file link, by hand.
private final class LinkEnd {
    private let descriptor: Int32
    private(set) var name = ""

    init(_ store: StoreFixture) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = store.folder.path + "/store.sock.files"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size)
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
        var bytes = [UInt8](repeating: 0, count: 16)
        while name.utf8.count < 16 {
            let count = read(descriptor, &bytes, 16 - name.utf8.count)
            guard count > 0 else { throw POSIXError(.ECONNRESET) }
            name += String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    deinit { close(descriptor) }

    func say(_ text: String) { _ = text.withCString { write(descriptor, $0, strlen($0)) } }

    /// The token and the bytes of the next body that came; `nil` where none did.
    func next() -> (token: UInt64, body: [UInt8])? {
        var bytes = [UInt8](repeating: 0, count: 8192)
        var files = [Int32](repeating: -1, count: 253)
        var fileCount = files.count
        let count = sealgate_receive_files(descriptor, &bytes, bytes.count, &files, &fileCount)
        guard count == 8 + 16 * fileCount else { return nil }
        func word(_ index: Int) -> Int {
            (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[8 * index + $1]) }
        }
        var body: [UInt8] = []
        for index in 0..<fileCount {
            defer { close(files[index]) }
            #expect(fcntl(files[index], F_GETFL) & O_ACCMODE == O_RDONLY)
            var piece = [UInt8](repeating: 0, count: word(2 + 2 * index))
            let read = pread(files[index], &piece, piece.count, off_t(word(1 + 2 * index)))
            #expect(read == piece.count)
            body += piece
        }
        return (UInt64(word(0)), body)
    }
}

/// Large bodies go as open files to who named a link.
@Suite struct FileHandoverTests {
    private let warm = ColdDisk(warm: true)

    private func bytes(_ count: Int) -> [UInt8] {
        var generator = SplitMix64(seed: UInt64(count))
        return generator.bytes(count)
    }

    private func get(
        _ store: StoreFixture,
        _ link: String,
        _ fields: [(String, String)] = []
    ) async throws -> StoreAnswer {
        try await store.client.send(.get, "/b/k", [("x-sealgate-link", link)] + fields)
    }

    @Test func `a large body in memory is passed, with the facts that it has when it is sent`()
        async throws
    {
        try await StoreFixture.run(system: warm) { store in
            let body = bytes(1_000_000)
            try await store.put("k", body)
            let link = try LinkEnd(store)
            let sent = try await store.client.send(.get, "/b/k")
            let passed = try await get(store, link.name)
            #expect(passed.status == 200 && passed.body.isEmpty)
            #expect(passed.fields["content-length"] == "0")
            for name in ["etag", "last-modified", "x-amz-meta-sealgate", "accept-ranges"] {
                #expect(passed.fields[name] == sent.fields[name])
            }
            let received = try #require(link.next())
            #expect(passed.fields["x-sealgate-files"] == String(received.token))
            #expect(received.body == body)
            try await store.expectMetric("sealgate_store_passed_files_total 1")
            try await store.expectMetric("sealgate_store_passed_bytes_total 1000000")
        }
    }

    @Test(arguments: [0..<262_144, 1..<262_145, 700_000..<1_000_000, 300_001..<900_000])
    func `so is a range of it`(range: Range<Int>) async throws {
        try await StoreFixture.run(system: warm) { store in
            let body = bytes(1_000_000)
            try await store.put("k", body)
            let link = try LinkEnd(store)
            let field = ("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            let answer = try await get(store, link.name, [field])
            #expect(answer.status == 206)
            let bounds = "\(range.lowerBound)-\(range.upperBound - 1)"
            #expect(answer.fields["content-range"] == "bytes \(bounds)/1000000")
            #expect(link.next()?.body == Array(body[range]))
        }
    }

    @Test func `a body of parts is passed in as many files, if they are all large`() async throws {
        try await StoreFixture.run(system: warm) { store in
            let link = try LinkEnd(store)
            for (sizes, isPassed) in [
                ([300_000, 70_000, 500_000], true), ([300_000, 100, 500_000], false),
                ([Int](repeating: 40_000, count: 254), false),
            ] {
                try await store.putParts("k", sizes.map { bytes($0) })
                let whole = sizes.flatMap { bytes($0) }
                let answer = try await get(store, link.name)
                #expect(answer.body == (isPassed ? [] : whole))
                #expect(link.next()?.body == (isPassed ? whole : nil))
                // A range within two of them.
                let range = 200_000..<(whole.count - 1)
                let field = ("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
                let part = try await get(store, link.name, [field])
                let received = part.body.isEmpty ? link.next()?.body : part.body
                #expect(received == Array(whole[range]))
            }
            // All but one of the last one's pieces.
            let most = try await get(store, link.name, [("range", "bytes=40000-")])
            #expect(most.body.isEmpty)
            #expect(link.next()?.body.count == 253 * 40_000)
        }
    }

    @Test(arguments: [1000, 40_000, 262_143])
    func `a small body is sent`(count: Int) async throws {
        try await StoreFixture.run(system: warm) { store in
            try await store.put("k", bytes(count))
            let link = try LinkEnd(store)
            let answer = try await get(store, link.name)
            #expect(answer.body == bytes(count))
            #expect(!answer.fields.contains("x-sealgate-files"))
            #expect(link.next() == nil)
        }
    }

    @Test func `a body that isn't in memory is sent`() async throws {
        try await StoreFixture.run(system: ColdDisk()) { store in
            try await store.put("k", bytes(1_000_000))
            let link = try LinkEnd(store)
            #expect(try await get(store, link.name).body == bytes(1_000_000))
            #expect(link.next() == nil)
        }
    }

    @Test func `a link that is gone, or never was, is said to be unknown`() async throws {
        try await StoreFixture.run(system: warm) { store in
            try await store.put("k", bytes(1_000_000))
            let name = try LinkEnd(store).name
            var answer = try await get(store, name)
            for _ in 0..<2000 where answer.fields["x-sealgate-link"] == nil {
                answer = try await get(store, name)
            }
            for answer in [answer, try await get(store, "0000000000000000")] {
                #expect(answer.fields["x-sealgate-link"] == "unknown")
                #expect(answer.body == bytes(1_000_000))
            }
        }
    }

    @Test func `a link that nobody reads from fills up, and bodies are sent again`() async throws {
        try await StoreFixture.run(system: warm) { store in
            let body = bytes(300_000)
            try await store.put("k", body)
            let link = try LinkEnd(store)
            var passed = 0
            while try await get(store, link.name).body.isEmpty { passed += 1 }
            #expect(passed > 0)
            for _ in 0..<passed { #expect(link.next()?.body == body) }
            #expect(try await get(store, link.name).body.isEmpty)
        }
    }

    @Test func `what was passed stays as it was, whatever becomes of the object`() async throws {
        try await StoreFixture.run(system: warm) { store in
            let body = bytes(1_000_000)
            try await store.put("k", body)
            let link = try LinkEnd(store)
            #expect(try await get(store, link.name).body.isEmpty)
            try await store.put("k", bytes(999_999))
            _ = try await store.client.send(.delete, "/b/k")
            await store.expectFiles(objects: 0)
            #expect(link.next()?.body == body)
        }
    }

    @Test func `who talks on a link loses it, and a stop ends them all`() async throws {
        let store = try await StoreFixture.start(system: warm)
        _ = try await store.client.send(.put, "/b")
        try await store.put("k", bytes(300_000))
        let (talker, link) = (try LinkEnd(store), try LinkEnd(store))
        talker.say("hello")
        while try await get(store, talker.name).fields["x-sealgate-link"] == nil {}
        #expect(try await get(store, link.name).body.isEmpty)
        await store.stop()
        let path = store.folder.path + "/store.sock"
        #expect(!FileManager.default.fileExists(atPath: path + ".files"))
    }

    @Test func `where links can't be, bodies are sent`() async throws {
        let folder = try ScratchFolder()
        try Data().write(to: URL(filePath: folder.path + "/store.sock.files"))
        try await StoreFixture.run(folder, system: warm) { store in
            try await store.put("k", bytes(300_000))
            #expect(try await get(store, "0000000000000000").body == bytes(300_000))
        }
    }
}
