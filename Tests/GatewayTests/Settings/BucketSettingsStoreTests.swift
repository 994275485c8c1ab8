import Encoding
import S3Wire
import Synchronization
import Testing

@testable import Gateway

@Suite("Buckets' settings")
struct BucketSettingsStoreTests {
    private let kms = BucketEncryption(byDefault: .sseKMS(keyID: "k", bucketKeyEnabled: true))

    private func store(
        _ keys: TestKeys,
        _ clock: ManualTime,
        countMax: Int = 4
    ) -> BucketSettingsStore {
        BucketSettingsStore(
            keys.records,
            keys: keys.ring,
            limits: .init(countMax: countMax, lifetimeMilliseconds: 5000),
            metrics: BucketSettingsMetrics(keys.registry),
            clock: { clock.now }
        )
    }

    @Test("are remembered for their time, none as well as some")
    func lifetime() async throws {
        let keys = try await TestKeys()
        let time = ManualTime(TestKeys.now)
        let here = store(keys, time)
        let there = store(keys, time)
        #expect(here.known("demo", now: time.now) == nil)
        #expect(try await here.load("demo").isEmpty)
        #expect(here.known("demo", now: time.now)?.isEmpty == true)
        // Another gateway's change holds here when the time is over, its own at once.
        try await there.set(.encryption, of: "demo", kms.xml)
        #expect(there.known("demo", now: time.now) == nil)
        time.advance(4999)
        #expect(here.known("demo", now: time.now)?.isEmpty == true)
        time.advance(1)
        #expect(here.known("demo", now: time.now) == nil)
        #expect(try await here.load("demo").encryption() == kms)
        #expect(try here.known("demo", now: time.now)?.encryption() == kms)
        try await here.remove(.encryption, of: "demo")
        #expect(here.known("demo", now: time.now) == nil)
        #expect(try await here.load("demo").isEmpty)
    }

    @Test("are of so many buckets at most")
    func limit() async throws {
        let keys = try await TestKeys()
        let time = ManualTime(TestKeys.now)
        let store = store(keys, time, countMax: 2)
        for bucket in ["a", "b", "c"] { _ = try await store.load(bucket) }
        #expect(["a", "b", "c"].filter { store.known($0, now: time.now) != nil } == ["b", "c"])
    }

    @Test("are not remembered where the store doesn't answer")
    func unavailable() async throws {
        let keys = try await TestKeys()
        let time = ManualTime(TestKeys.now)
        let store = store(keys, time)
        keys.records.fail(true)
        await #expect(throws: S3Error.self) { try await store.load("demo") }
        await #expect(throws: S3Error.self) {
            try await store.set(.encryption, of: "demo", kms.xml)
        }
        await #expect(throws: S3Error.self) { try await store.remove(.encryption, of: "demo") }
        #expect(store.known("demo", now: time.now) == nil)
        keys.records.fail(false)
        #expect(try await store.load("demo").isEmpty)
    }

    @Test("that were changed, moved or made by somebody else are an error, never none")
    func forged() async throws {
        let keys = try await TestKeys()
        let store = store(keys, ManualTime(TestKeys.now))
        try await store.set(.encryption, of: "demo", kms.xml)
        let name = "bs/demo/encryption"
        let record = try #require(try await keys.records.get(name))
        var flipped = record
        flipped[record.count - 1] ^= 1
        var otherKey = record
        otherKey[1] ^= 1
        for bytes in [flipped, otherKey, Array(record.dropLast()), [], kms.xml] {
            keys.records.replace(name, bytes)
            let settings = try await store.load("demo")
            #expect(!settings.isEmpty)
            #expect(throws: S3Error.self) { try settings.encryption() }
        }
        keys.records.replace("bs/other/encryption", record)
        let moved = try await store.load("other")
        #expect(throws: S3Error.self) { try moved.encryption() }
        keys.records.replace(name, record)
        #expect(try await store.load("demo").encryption() == kms)
    }

    @Test("refuse a write whose bucket's record can't be read, and a new one mends it")
    func closed() async throws {
        let gateway = try await LoopGateway(TestKeys())
        try await gateway.keys.services.settings.set(.encryption, of: "demo", kms.xml)
        gateway.keys.records.replace("bs/demo/encryption", [3])
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).code == "InternalError")
        #expect(try await gateway.send(.post, "/demo/a?uploads").code == "InternalError")
        #expect(try await gateway.send(.get, "/demo?encryption").code == "InternalError")
        #expect(try await gateway.send(.get, "/demo").status == 200)
        #expect(try await gateway.send(.delete, "/demo?encryption").status == 204)
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).status == 200)
    }

    @Test("that can't be had are not taken for none: nothing is served")
    func away() async throws {
        let gateway = try await LoopGateway(TestKeys())
        gateway.keys.records.fail(true)
        let answer = try await gateway.send(.get, "/unseen/key")
        #expect(answer.status == 503)
        #expect(answer.fields["retry-after"] != nil)
    }
}

/// A clock that the test moves.
final class ManualTime: Sendable {
    private let time: Mutex<Timestamp>

    init(_ now: Timestamp) { time = Mutex(now) }

    var now: Timestamp { time.withLock { $0 } }

    func advance(_ milliseconds: Int64) {
        time.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
}
