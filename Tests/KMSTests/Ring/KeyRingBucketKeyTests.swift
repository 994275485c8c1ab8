import Encoding
import Synchronization
import Testing

@testable import KMS

struct KeyRingBucketKeyTests {
    @Test("stores a new key's record before the key is given out, then answers from memory")
    func firstWrite() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        func cached() -> BucketKey? {
            ring.cachedBucketKeyForWrite(
                bucket: "demo",
                keyID: fixture.keyID,
                use: .sseS3,
                now: fixture.clock.now
            )
        }
        #expect(cached() == nil)
        let key = try await ring.write("demo", fixture)
        let name = "bk/demo/\(key.id.hex)"
        let record = try BucketKeyRecord(decoding: #require(fixture.records.records[name]))
        #expect(record.keyID == fixture.keyID)
        #expect(record.created == fixture.clock.now)
        #expect(cached()?.key.isEqual(to: key.key) == true)
        #expect(ring.statistics(now: fixture.clock.now).hitCount == 1)
        #expect(ring.statistics(now: fixture.clock.now).missCount == 1)
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 1)
    }

    @Test("gives no key out whose record couldn't be stored")
    func storeDown() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        fixture.records.isDown = true
        await #expect(throws: KMSError.storeUnavailable) { try await ring.write("demo", fixture) }
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 0)
    }

    @Test("goes on with a bucket's young key after a restart")
    func restart() async throws {
        let fixture = try await RingFixture()
        let key = try await fixture.started().write("demo", fixture)
        fixture.clock.advance(seconds: 6 * 86_400)
        let again = try await fixture.started()
        let found = try await again.write("demo", fixture)
        #expect(found.id == key.id)
        #expect(found.key.isEqual(to: key.key))
        #expect(try await again.write("other", fixture).id != key.id)
    }

    @Test("makes a new key after seven days, and still reads the old one")
    func epoch() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let old = try await ring.write("demo", fixture)
        fixture.clock.advance(seconds: 7 * 86_400)
        let new = try await ring.write("demo", fixture)
        #expect(new.id != old.id)
        let read = try await ring.bucketKey(id: old.id, bucket: "demo", use: .sseS3)
        #expect(read.key.isEqual(to: old.key))
    }

    @Test("makes a new key after so many objects, counting both ways to get it")
    func useCount() async throws {
        var fixture = try await RingFixture()
        fixture.settings.bucketKeyUseCountMax = 3
        let ring = try await fixture.started()
        let first = try await ring.write("demo", fixture)
        for _ in 0..<2 {
            let cached = ring.cachedBucketKeyForWrite(
                bucket: "demo",
                keyID: fixture.keyID,
                use: .sseS3,
                now: fixture.clock.now
            )
            #expect(cached?.id == first.id)
        }
        fixture.clock.advance(milliseconds: 1)
        let second = try await ring.write("demo", fixture)
        #expect(second.id != first.id)
        #expect(try await ring.write("demo", fixture).id == second.id)
    }

    @Test("lets a key serve SSE-S3 for an hour and SSE-KMS for five minutes")
    func lifetimes() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let key = try await ring.write("demo", fixture)
        func isCached(_ use: BucketKeyUse) -> Bool {
            let now = fixture.clock.now
            return ring.cachedBucketKey(id: key.id, bucket: "demo", use: use, now: now) != nil
        }
        fixture.clock.advance(seconds: 299)
        #expect(isCached(.sseKMS))
        #expect(
            ring.statistics(now: fixture.clock.now).readsSurviveOutageSeconds == 1
        )
        fixture.clock.advance(seconds: 1)
        #expect(!isCached(.sseKMS))
        #expect(isCached(.sseS3))
        fixture.clock.advance(seconds: 3300)
        #expect(!isCached(.sseS3))
    }

    @Test("wipes what is over without being asked for it")
    func removeExpired() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        _ = try await ring.write("demo", fixture)
        fixture.clock.advance(seconds: 3599)
        ring.removeExpired(now: fixture.clock.now)
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 1)
        fixture.clock.advance(seconds: 1)
        ring.removeExpired(now: fixture.clock.now)
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 0)
        #expect(ring.statistics(now: fixture.clock.now).readsSurviveOutageSeconds == nil)
    }

    @Test("takes a clock that stepped far back as the end of every lifetime")
    func clockStepsBack() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let key = try await ring.write("demo", fixture)
        let now = fixture.clock.now
        let soon = Timestamp(milliseconds: now.milliseconds - 60_000)
        let far = Timestamp(milliseconds: now.milliseconds - 60_001)
        #expect(ring.cachedBucketKey(id: key.id, bucket: "demo", use: .sseS3, now: soon) != nil)
        #expect(ring.cachedBucketKey(id: key.id, bucket: "demo", use: .sseS3, now: far) == nil)
    }

    @Test("refuses a record moved to another bucket, as it is and relabelled")
    func movedRecord() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let key = try await ring.write("demo", fixture)
        let bytes = try #require(fixture.records.records["bk/demo/\(key.id.hex)"])
        let moved = "bk/other/\(key.id.hex)"
        fixture.records.records[moved] = bytes
        await #expect(throws: KMSError.recordInvalid(moved)) {
            try await ring.bucketKey(id: key.id, bucket: "other", use: .sseS3)
        }
        var record = try BucketKeyRecord(decoding: bytes)
        record.bucket = "other"
        fixture.records.records[moved] = record.encode()
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await ring.bucketKey(id: key.id, bucket: "other", use: .sseS3)
        }
        let own = try await ring.write("other", fixture)
        #expect(own.id != key.id)
    }

    @Test("seals with no record whose age was changed")
    func changedAge() async throws {
        let fixture = try await RingFixture()
        let key = try await fixture.started().write("demo", fixture)
        let name = "bk/demo/\(key.id.hex)"
        var record = try BucketKeyRecord(decoding: #require(fixture.records.records[name]))
        fixture.clock.advance(seconds: 8 * 86_400)
        record.created = fixture.clock.now
        fixture.records.records[name] = record.encode()
        #expect(try await fixture.started().write("demo", fixture).id != key.id)
    }

    @Test("says which record is missing, and asks again the next time")
    func missingRecord() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let id = try #require(RecordID(0...15))
        let reads = fixture.records.readCount
        for _ in 0..<2 {
            await #expect(throws: KMSError.recordMissing("bk/demo/\(id.hex)")) {
                try await ring.bucketKey(id: id, bucket: "demo", use: .sseS3)
            }
        }
        #expect(fixture.records.readCount == reads + 2)
        await #expect(throws: KMSError.self) {
            try await ring.bucketKey(id: id, bucket: "../x", use: .sseS3)
        }
    }

    @Test("takes another key for new objects once the current one's record is gone")
    func shreddedRecord() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let key = try await ring.write("demo", fixture)
        fixture.records.records.removeValue(forKey: "bk/demo/\(key.id.hex)")
        ring.clear()
        fixture.clock.advance(seconds: 1)
        #expect(try await ring.write("demo", fixture).id != key.id)
    }

    @Test("tells a bucket key's KMS key without the KMS")
    func owner() async throws {
        let fixture = try await RingFixture()
        let key = try await fixture.started().write("demo", fixture)
        let ring = fixture.ring()
        fixture.provider.isDown = true
        #expect(ring.cachedKeyID(ofBucketKey: key.id, bucket: "demo") == nil)
        #expect(try await ring.keyID(ofBucketKey: key.id, bucket: "demo") == fixture.keyID)
        #expect(ring.cachedKeyID(ofBucketKey: key.id, bucket: "demo") == fixture.keyID)
    }

    @Test("keeps at most so many keys, the last used")
    func bound() async throws {
        var fixture = try await RingFixture()
        fixture.settings.cachedKeyCountMax = 2
        let ring = try await fixture.started()
        let first = try await ring.write("b1", fixture)
        let second = try await ring.write("b2", fixture)
        _ = try await ring.bucketKey(id: first.id, bucket: "b1", use: .sseS3)
        _ = try await ring.write("b3", fixture)
        let now = fixture.clock.now
        #expect(ring.statistics(now: now).entryCount == 2)
        #expect(ring.cachedBucketKey(id: first.id, bucket: "b1", use: .sseS3, now: now) != nil)
        #expect(ring.cachedBucketKey(id: second.id, bucket: "b2", use: .sseS3, now: now) == nil)
    }

    @Test("keeps nothing with the cache off, and makes no key more for it")
    func cacheOff() async throws {
        var fixture = try await RingFixture()
        fixture.settings.cacheEnabled = false
        let ring = try await fixture.started()
        let first = try await ring.write("demo", fixture)
        let second = try await ring.write("demo", fixture)
        #expect(first.id == second.id)
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 0)
    }

    @Test("forgets the keys under a KMS key that was disabled, and no others")
    func forget() async throws {
        let fixture = try await RingFixture()
        let other = try KeyID("other")
        _ = try await fixture.provider.create(KeyCreation(id: other))
        let ring = try await fixture.started()
        _ = try await ring.write("demo", fixture)
        let kept = try await ring.bucketKeyForWrite(bucket: "demo", keyID: other, use: .sseKMS)
        _ = try await fixture.provider.change(fixture.keyID, .disable)
        ring.forget(fixture.keyID)
        await #expect(throws: KMSError.keyDisabled(fixture.keyID)) {
            try await ring.write("demo", fixture)
        }
        let now = fixture.clock.now
        #expect(ring.cachedBucketKey(id: kept.id, bucket: "demo", use: .sseKMS, now: now) != nil)
    }

    @Test("says when keys are wiped at once, so that what they unwrapped goes along")
    func wipesAlong() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let count = Mutex(0)
        ring.whenCleared { count.withLock { $0 += 1 } }
        ring.removeExpired(now: fixture.clock.now)
        #expect(count.withLock { $0 } == 0)
        ring.clear()
        ring.forget(fixture.keyID)
        ring.stop()
        #expect(count.withLock { $0 } == 3)
    }
}

extension KeyRing {
    /// The key for a new SSE-S3 object of a bucket, by the asynchronous way.
    func write(_ bucket: String, _ fixture: RingFixture) async throws(KMSError) -> BucketKey {
        try await bucketKeyForWrite(bucket: bucket, keyID: fixture.keyID, use: .sseS3)
    }
}
