import Crypto
import Encoding
import Testing

@testable import KMS

/// Records wrapped anew.
struct KeyRewrapperTests {
    private let fixture: RingFixture
    private let ring: KeyRing
    private let key: BucketKey
    private let bucketKey: String
    private let attributeKey: String

    init() async throws {
        fixture = try await RingFixture()
        ring = try await fixture.started()
        key = try await ring.bucketKeyForWrite(
            bucket: "demo",
            keyID: fixture.keyID,
            use: .sseS3
        )
        let names = try await ring.keyRecordNames()
        attributeKey = try #require(names.first)
        bucketKey = try #require(names.last)
    }

    @Test("leaves what is wrapped under the current version, and follows a rotation")
    func rotation() async throws {
        for name in [attributeKey, bucketKey] {
            #expect(try await KeyRewrapper(ring).rewrap(name, .init()) == .current)
        }
        _ = try await fixture.provider.change(fixture.keyID, .rotate)
        let dry = RewrapSelection(isDry: true)
        for name in [attributeKey, bucketKey] {
            let before = fixture.records.records
            #expect(try await KeyRewrapper(ring).rewrap(name, dry) == .rewrapped)
            #expect(fixture.records.records == before)
            #expect(try await KeyRewrapper(ring).rewrap(name, .init()) == .rewrapped)
            #expect(try await ring.keyRecord(name)?.keyVersion == 2)
            #expect(try await KeyRewrapper(ring).rewrap(name, .init()) == .current)
        }
        try await proveUnchanged()
    }

    @Test("moves records to a provider that none of them was wrapped by", arguments: [false, true])
    func provider(sameKind: Bool) async throws {
        let memory = MemoryProvider(clock: fixture.clock)
        let vault = try FakeVault(clock: fixture.clock).provider()
        let next: any KeyProvider = sameKind ? memory : vault
        _ = try await next.create(KeyCreation(id: fixture.keyID))
        ring.reconfigure(
            ProviderChain(next, retired: [fixture.provider]),
            fixture.settings
        )
        for name in [attributeKey, bucketKey] {
            let record = try #require(try await ring.keyRecord(name))
            #expect(try await ring.isOfRetiredProvider(record))
            #expect(try await KeyRewrapper(ring).rewrap(name, .init()) == .rewrapped)
            let moved = try #require(try await ring.keyRecord(name))
            #expect(try await !ring.isOfRetiredProvider(moved))
            #expect(try await KeyRewrapper(ring).rewrap(name, .init()) == .current)
        }
        fixture.provider.isDown = true
        ring.clear()
        try await proveUnchanged()
    }

    @Test("moves attribute keys to another KMS key, and passes over what isn't meant")
    func otherKey() async throws {
        let other = try KeyID("other")
        _ = try await fixture.provider.create(KeyCreation(id: other))
        let away = RewrapSelection(from: other)
        #expect(try await KeyRewrapper(ring).rewrap(bucketKey, away) == .skipped)
        let move = RewrapSelection(from: fixture.keyID, to: other)
        #expect(try await KeyRewrapper(ring).rewrap(attributeKey, move) == .rewrapped)
        #expect(try await ring.keyRecord(attributeKey)?.keyID == other)
        // Objects are bound to the name of a bucket key's KMS key.
        #expect(try await KeyRewrapper(ring).rewrap(bucketKey, move) == .current)
        #expect(try await ring.keyRecord(bucketKey)?.keyID == fixture.keyID)
        try await proveUnchanged()
    }

    @Test("gives way to who writes or removes a record meanwhile, and refuses a damaged one")
    func races() async throws {
        #expect(try await KeyRewrapper(ring).rewrap("bk/demo/00", .init()) == .changed)
        fixture.records.records[bucketKey]?.append(0)
        await #expect(throws: KMSError.recordInvalid(bucketKey)) {
            try await KeyRewrapper(ring).rewrap(bucketKey, .init())
        }
        let bytes = try #require(fixture.records.records[attributeKey])
        #expect(try await fixture.records.replace(attributeKey, bytes + [0], by: []) == false)
        #expect(try await fixture.records.replace("ak/00", [], by: [1]) == false)
    }

    private func proveUnchanged() async throws {
        let fresh = KeyRing(
            provider: ring.provider,
            records: fixture.records,
            settings: fixture.settings,
            environment: fixture.clock.environment
        )
        try await fresh.start()
        let again = try await fresh.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
        #expect(again.key.isEqual(to: key.key))
        let attribute = try #require(ring.attributeKey)
        #expect(fresh.attributeKey(id: attribute.id)?.key.isEqual(to: attribute.key) == true)
    }
}
