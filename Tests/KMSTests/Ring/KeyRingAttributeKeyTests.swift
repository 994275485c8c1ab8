import Encoding
import Testing

@testable import KMS

struct KeyRingAttributeKeyTests {
    @Test("makes the first attribute key, stores it, and finds it at the next start")
    func firstKey() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let made = try #require(ring.attributeKey)
        #expect(fixture.records.names == ["ak/\(made.id.hex)"])
        let again = try await fixture.started()
        let found = try #require(again.attributeKey)
        #expect(found.id == made.id)
        #expect(found.key.isEqual(to: made.key))
        #expect(again.attributeKey(id: made.id)?.key.isEqual(to: made.key) == true)
        #expect(fixture.records.names.count == 1)
    }

    @Test("loads every attribute key and seals with the newest")
    func renewal() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let first = try #require(ring.attributeKey)
        fixture.clock.advance(seconds: 1)
        try await ring.renewAttributeKey()
        let second = try #require(ring.attributeKey)
        #expect(first.id != second.id)
        let again = try await fixture.started()
        #expect(again.attributeKey?.id == second.id)
        #expect(again.attributeKey(id: first.id) != nil)
    }

    @Test("loads an attribute key that another gateway made since the start")
    func unknownID() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let other = try await fixture.started()
        try await other.renewAttributeKey()
        let key = try #require(other.attributeKey)
        #expect(ring.attributeKey(id: key.id) == nil)
        #expect(try await ring.loadAttributeKey(id: key.id).key.isEqual(to: key.key))
        let calls = fixture.provider.callCount
        #expect(ring.attributeKey(id: key.id) != nil)
        _ = try await ring.loadAttributeKey(id: key.id)
        #expect(fixture.provider.callCount == calls)
        let none = try #require(RecordID(0...15))
        await #expect(throws: KMSError.recordMissing("ak/\(none.hex)")) {
            try await ring.loadAttributeKey(id: none)
        }
    }

    @Test("doesn't start without a default key, or with one that is missing or disabled")
    func defaultKey() async throws {
        var fixture = try await RingFixture()
        _ = try await fixture.provider.change(fixture.keyID, .disable)
        await #expect(throws: KMSError.keyDisabled(fixture.keyID)) { try await fixture.started() }
        let missing = try KeyID("missing")
        fixture.settings.defaultKeyID = missing
        await #expect(throws: KMSError.keyNotFound(missing)) { try await fixture.started() }
        fixture.settings.defaultKeyID = nil
        await #expect(throws: KMSError.notConfigured) { try await fixture.started() }
    }

    @Test("doesn't start while the store or the KMS is down")
    func down() async throws {
        let fixture = try await RingFixture()
        _ = try await fixture.started()
        fixture.records.isDown = true
        await #expect(throws: KMSError.storeUnavailable) { try await fixture.started() }
        fixture.records.isDown = false
        fixture.provider.fail(.sealed)
        let ring = fixture.ring()
        await #expect(throws: KMSError.sealed) { try await ring.start() }
        #expect(!ring.isRunning)
        try await ring.start()
        #expect(ring.isRunning)
    }

    @Test("names a damaged record beside a good one, and doesn't start when none opens")
    func damagedRecord() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        fixture.clock.advance(seconds: 1)
        try await ring.renewAttributeKey()
        let newest = try #require(ring.attributeKey)
        let name = "ak/\(newest.id.hex)"
        var bytes = try #require(fixture.records.records[name])
        bytes[bytes.count - 1] ^= 1
        fixture.records.records[name] = bytes
        let again = try await fixture.started()
        #expect(again.unreadableRecords == [name])
        #expect(again.attributeKey != nil)
        #expect(again.attributeKey?.id != newest.id)
        fixture.records.records = [name: bytes]
        await #expect(throws: KMSError.recordInvalid("no attribute key opens: \(name)")) {
            try await fixture.started()
        }
    }

    @Test("refuses a record under another record's name")
    func renamedRecord() async throws {
        let fixture = try await RingFixture()
        let key = try #require(try await fixture.started().attributeKey)
        let other = try #require(RecordID(0...15))
        fixture.records.records["ak/\(other.hex)"] = fixture.records.records["ak/\(key.id.hex)"]
        #expect(try await fixture.started().unreadableRecords == ["ak/\(other.hex)"])
    }

    @Test("keeps attribute keys when it is stopped or cleared, and nothing else")
    func stop() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let key = try await ring.bucketKeyForWrite(
            bucket: "demo",
            keyID: fixture.keyID,
            use: .sseS3
        )
        ring.stop()
        let attributeKey = try #require(ring.attributeKey)
        #expect(ring.attributeKey(id: attributeKey.id) != nil)
        let now = fixture.clock.now
        #expect(ring.cachedBucketKey(id: key.id, bucket: "demo", use: .sseS3, now: now) == nil)
        await #expect(throws: KMSError.stopped) {
            try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
        }
        await #expect(throws: KMSError.stopped) {
            try await ring.generateDataKey(under: fixture.keyID, context: .empty)
        }
        try await ring.start()
        _ = try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
    }
}
