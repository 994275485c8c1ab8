import Crypto
import Daemon
import Encoding
import HTTPWire
import NIOEmbedded
import S3Wire
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// Threads of digests that run when the test says so.
final class HeldThreads: Sendable {
    private typealias Work = @Sendable (Bool) -> Void

    let registry = MetricsRegistry()
    private let held = Mutex<[Work]>([])

    func threads(
        backlogMax: Int = 262_144,
        countMax: Int = 64,
        laneCount: Int = MD5Lanes.count
    ) -> DigestThreads {
        DigestThreads(
            backlogMax: backlogMax,
            countMax: countMax,
            laneCount: laneCount,
            in: registry
        ) { [self] work in
            held.withLock { $0.append(work) }
        }
    }

    var count: Int { held.withLock { $0.count } }

    /// Runs, or cancels, what is held; gives how much it was.
    @discardableResult
    func run(_ isRun: Bool = true) -> Int {
        let works = held.withLock { held in
            defer { held = [] }
            return held
        }
        for work in works { work(isRun) }
        return works.count
    }
}

@Suite struct DigestWorkTests {
    private let loop = EmbeddedEventLoop()
    private let held = HeldThreads()

    private func expected() throws -> PayloadExpectations {
        var expected = PayloadExpectations(countMax: 1 << 30)
        expected.wantsMD5 = true
        expected.sha256 = [UInt8](repeating: 0, count: 32)
        expected.declared = try ChecksumHeaders(
            HTTPFields([("x-amz-trailer", "x-amz-checksum-crc32c")])
        )
        return expected
    }

    private var onlyMD5: PayloadExpectations {
        var expected = PayloadExpectations()
        expected.wantsMD5 = true
        return expected
    }

    private func runAll() {
        while held.run() > 0 { loop.run() }
    }

    @Test("digests are those of the bytes in their order, whatever the pieces and the timing")
    func order() throws {
        var random = SplitMix64(seed: 21)
        for _ in 0..<30 {
            let work = DigestWork(try expected(), held.threads(), on: loop)
            var whole: [UInt8] = []
            for _ in 0..<(random.next() % 20) {
                let piece = random.bytes(Int(random.next() % 200_000))
                whole += piece
                work.update(piece.span)
                if random.next() % 3 == 0 {
                    held.run()
                    loop.run()
                }
            }
            var found: PayloadDigests.Found?
            work.finish { found = $0 }
            runAll()
            var inline = PayloadDigests(try expected())
            inline.update(whole.span)
            #expect(found == inline.finish())
            #expect(found?.md5 == HashFunction.md5.digest(whole))
        }
    }

    @Test("whatever a body brings, it takes one thread at a time")
    func serial() throws {
        let work = DigestWork(try expected(), held.threads(), on: loop)
        for _ in 0..<10 { work.update([UInt8](repeating: 1, count: 131_072).span) }
        #expect(held.count == 1)
        held.run()
        loop.run()
        #expect(!work.isBehind)
        work.update([UInt8](repeating: 1, count: 131_072).span)
        #expect(held.count == 1)
        runAll()
    }

    @Test("a backlog over its limit is behind, counted, shown, and caught up once")
    func backlog() throws {
        let work = DigestWork(try expected(), held.threads(backlogMax: 131_072), on: loop)
        var caughtUp = 0
        work.caughtUp = { caughtUp += 1 }
        work.update([UInt8](repeating: 1, count: 131_072).span)
        #expect(!work.isBehind)
        work.update([1].span)
        #expect(work.isBehind)
        work.update([1].span)
        #expect(held.registry.exposition().contains("sealgate_digest_waits_total 1\n"))
        held.run()
        loop.run()
        #expect(!work.isBehind)
        #expect(caughtUp == 1)
        work.update([1].span)
        #expect(caughtUp == 1)
    }

    @Test("what waits is shown until it is done or let go")
    func gauge() throws {
        let threads = held.threads()
        do {
            let work = DigestWork(try expected(), threads, on: loop)
            work.update([UInt8](repeating: 1, count: 1000).span)
            #expect(held.registry.exposition().contains("sealgate_digest_backlog_bytes 1000\n"))
        }
        #expect(held.registry.exposition().contains("sealgate_digest_backlog_bytes 0\n"))
    }

    @Test("threads that stop give no digests, not even of what came before")
    func stopped() throws {
        let work = DigestWork(try expected(), held.threads(), on: loop)
        work.update([UInt8](repeating: 1, count: 131_072).span)
        held.run(false)
        loop.run()
        var calls: [PayloadDigests.Found?] = []
        work.finish { calls.append($0) }
        runAll()
        #expect(calls == [nil])
    }

    @Test("bodies that want MD5 alone share a thread until its lanes are full, others don't")
    func sharing() throws {
        let piece = [UInt8](repeating: 1, count: 131_072)
        func begin(_ count: Int, _ expected: PayloadExpectations) -> ([DigestWork], Int) {
            let held = HeldThreads()
            let threads = held.threads(countMax: 3, laneCount: 4)
            let works = (0..<count).map { _ in DigestWork(expected, threads, on: loop) }
            for work in works { work.update(piece.span) }
            return (works, held.count)
        }
        #expect([1, 3, 7, 8, 11, 12, 40].map { begin($0, onlyMD5).1 } == [1, 1, 1, 2, 2, 3, 3])
        let others = try expected()
        #expect([1, 2, 3, 40].map { begin($0, others).1 } == [1, 2, 3, 3])
    }

    @Test(
        "a body waits for the others' company until it holds up its sender",
        arguments: [(131_072, 1), (262_144, 1), (262_145, 2), (524_288, 2), (1 << 20, 4)]
    )
    func company(limit: Int, buffers: Int) throws {
        let threads = held.threads(backlogMax: limit)
        let works = (0..<3).map { _ in DigestWork(onlyMD5, threads, on: loop) }
        for index in 1...buffers {
            #expect(held.count == 0)
            works[0].update([UInt8](repeating: UInt8(index), count: 131_072).span)
            #expect(!works[0].isBehind)
        }
        #expect(held.count == 1)
        held.run()
        loop.run()
        let left = 131_072 * (buffers - 1)
        #expect(held.registry.exposition().contains("sealgate_digest_backlog_bytes \(left)\n"))
    }

    @Test("a body given up is waited for no longer, and nothing of it waits")
    func givenUp() throws {
        let threads = held.threads(backlogMax: 524_288)
        var works = (0..<3).map { _ in DigestWork(onlyMD5, threads, on: loop) }
        for work in works.prefix(2) { work.update([UInt8](repeating: 1, count: 131_072).span) }
        #expect(held.count == 0)
        works.removeFirst()
        #expect(held.registry.exposition().contains("sealgate_digest_backlog_bytes 131072\n"))
        #expect(held.count == 0)
        works.removeLast()
        #expect(held.count == 1)
        runAll()
        #expect(held.registry.exposition().contains("sealgate_digest_backlog_bytes 0\n"))
    }

    @Test("a body given up while a thread has it ends there")
    func givenUpOnThread() throws {
        let threads = held.threads()
        var work: DigestWork? = DigestWork(onlyMD5, threads, on: loop)
        work?.update([UInt8](repeating: 1, count: 300_000).span)
        weak let body = work
        #expect(held.count == 1)
        work = nil
        #expect(body == nil)
        runAll()
        #expect(held.count == 0)
    }

    @Test("bodies of both kinds, on fewer threads than bodies, get the digests of their own bytes")
    func mixture() throws {
        var random = SplitMix64(seed: 22)
        let threads = held.threads(countMax: 2)
        var bodies: [(work: DigestWork, bytes: [UInt8])] = []
        for index in 0..<24 {
            let expected = index % 3 == 0 ? try expected() : onlyMD5
            bodies.append((DigestWork(expected, threads, on: loop), []))
        }
        let source = random.bytes(200_000)
        for _ in 0..<200 {
            let index = Int(random.next() % 24)
            let piece = Array(source.suffix(Int(random.next() % 100_000)))
            bodies[index].bytes += piece
            bodies[index].work.update(piece.span)
            if random.next() % 20 == 0 { runAll() }
        }
        var found: [Int: [UInt8]] = [:]
        for (index, body) in bodies.enumerated() { body.work.finish { found[index] = $0?.md5 } }
        runAll()
        for (index, body) in bodies.enumerated() {
            #expect(found[index] == HashFunction.md5.digest(body.bytes))
        }
    }

    @Test("the settings act: no threads, or some with their limit")
    func settings() async throws {
        func load(_ count: String) throws -> Settings {
            let flags = [
                "--crypto-digest-threads": count, "--limits-digest-backlog": "1MiB",
                "--tls-certificate-file": "c", "--tls-key-file": "k",
            ]
            return try GatewaySettings.schema.load(
                file: nil,
                flags: flags.map { SettingFlag(name: $0.key, value: $0.value) }
            )
        }
        #expect(DigestThreads(try load("0"), in: held.registry) == nil)
        let threads = try #require(DigestThreads(try load("1"), in: MetricsRegistry()))
        #expect(threads.backlogMax == 1 << 20)
        let isRun = await withCheckedContinuation { continuation in
            let body = DigestBody(PayloadExpectations()) { progress in
                continuation.resume(returning: !progress.isBroken)
            }
            threads.submit(nil, isLast: true, of: body)
        }
        #expect(isRun)
        await threads.stop()
    }
}
