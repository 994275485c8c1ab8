import Crypto
import Encoding
import HTTPWire
import KMS
import S3Wire
import SealedObject
import Testing

@testable import Gateway

@Suite("Opened objects that are remembered")
struct OpenedObjectCacheTests {
    private static let place = OpenedObjectCache.Place(bucket: "demo", key: "key")

    private func requests() throws -> [RequestedEncryption] {
        let keyID = try KeyID("default")
        return [
            .managed, .kms(keyID, context: .empty, throughBucketKey: true),
            .kms(keyID, context: .empty, throughBucketKey: false),
        ]
    }

    private func opened(
        _ keys: TestKeys,
        _ requested: RequestedEncryption,
        customer: CustomerKeyHolder? = nil,
        wantsObjectKey: Bool = true
    ) async throws -> OpenedObject {
        let access = keys.services.access
        let found = try await SealedSample.found(keys, requested)
        let request = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: "demo",
            key: "key",
            wantsObjectKey: wantsObjectKey,
            rights: .all
        )
        return try await access.open(found, request, customer: customer)
    }

    @Test("an object is known by the very envelope that was opened, in its own place")
    func identity() async throws {
        let keys = try await TestKeys()
        for requested in try requests() {
            var cache = OpenedObjectCache(limit: 4)
            let object = try await opened(keys, requested)
            cache.insert(Self.place, object, now: TestKeys.now)
            let known = try #require(
                cache.known(Self.place)?.serving(object.found, wantsObjectKey: true)
            )
            #expect(known.attributes.contentType == "text/x")
            #expect(known.objectKey === object.objectKey)
            #expect(known.streamKeys != nil)
            let attributes = try #require(
                cache.known(Self.place)?.serving(object.found, wantsObjectKey: false)
            )
            #expect(attributes.attributes.contentType == "text/x")
            #expect(attributes.objectKey == nil && attributes.streamKeys == nil)
            for place in [
                OpenedObjectCache.Place(bucket: "demo", key: "other"),
                OpenedObjectCache.Place(bucket: "dem", key: "o/key"),
            ] {
                #expect(cache.known(place)?.serving(object.found, wantsObjectKey: false) == nil)
            }
            let later = try await opened(keys, requested)
            #expect(cache.known(Self.place)?.serving(later.found, wantsObjectKey: false) == nil)
            cache.insert(Self.place, later, now: TestKeys.now)
            #expect(cache.known(Self.place)?.serving(object.found, wantsObjectKey: false) == nil)
            #expect(cache.known(Self.place)?.serving(later.found, wantsObjectKey: true) != nil)
            #expect(cache.count == 1)
        }
    }

    @Test("an object whose key wasn't opened gives attributes alone")
    func attributesAlone() async throws {
        var cache = OpenedObjectCache(limit: 4)
        let object = try await opened(try await TestKeys(), .managed, wantsObjectKey: false)
        cache.insert(Self.place, object, now: TestKeys.now)
        #expect(cache.known(Self.place)?.serving(object.found, wantsObjectKey: false) != nil)
        #expect(cache.known(Self.place)?.serving(object.found, wantsObjectKey: true) == nil)
    }

    @Test("a customer's object is never kept, and nothing is with a limit of 0")
    func keepsNothing() async throws {
        let keys = try await TestKeys()
        let customer = CustomerKeyHolder(
            try SecretBytes(copying: CustomerHeaders.key(1).span),
            md5: CustomerHeaders.digest(1)
        )
        var cache = OpenedObjectCache(limit: 4)
        let object = try await opened(keys, .customer(customer), customer: customer)
        cache.insert(Self.place, object, now: TestKeys.now)
        #expect(cache.count == 0)
        var none = OpenedObjectCache(limit: 0)
        none.insert(Self.place, try await opened(keys, .managed), now: TestKeys.now)
        #expect(none.count == 0)
    }

    @Test("an object is wiped when the lifetime of what opened it is over, or all at once")
    func expires() async throws {
        let keys = try await TestKeys()
        var settings = KeyRingSettings(defaultKeyID: try KeyID("default"))
        settings.bucketKeyLifetimeSSES3Seconds = 30
        settings.bucketKeyLifetimeSSEKMSSeconds = 20
        settings.dataKeyLifetimeSeconds = 10
        for (requested, lifetime) in zip(try requests(), [30, 20, 10] as [Int64]) {
            var cache = OpenedObjectCache(limit: 4)
            let object = try await opened(keys, requested)
            cache.insert(Self.place, object, now: TestKeys.now)
            let end = Timestamp(seconds: TestKeys.now.seconds + lifetime)
            cache.removeExpired(now: Timestamp(seconds: end.seconds - 1), settings: settings)
            #expect(cache.count == 1)
            cache.removeExpired(now: end, settings: settings)
            #expect(cache.count == 0)
            cache.insert(Self.place, object, now: TestKeys.now)
            cache.removeAll()
            #expect(cache.count == 0)
        }
    }

    @Test("an object is the one that is remembered where every fact of the store is the same")
    func repeated() async throws {
        let keys = try await TestKeys()
        let sample = try await SealedSample.found(keys, .managed)
        let pairs = [
            ("x-amz-meta-sealgate", sample.envelope.text), ("etag", "\"e\""),
            ("last-modified", "Sat, 28 Nov 2026 06:00:00 GMT"),
            ("content-length", String(sample.storedCount)),
        ]
        let object = try FoundObject(HTTPResponseHead(status: 200, fields: HTTPFields(pairs)))
        var more = HTTPFields(pairs.reversed())
        more.append("date", "now")
        #expect(object.isRepeated(by: HTTPResponseHead(status: 200, fields: more)))
        let other = try await SealedSample.found(keys, .managed)
        let changes = [
            other.envelope.text, "\"f\"", "Sat, 28 Nov 2026 06:00:01 GMT",
            String(sample.storedCount + 1),
        ]
        for (index, value) in changes.enumerated() {
            var fields = HTTPFields(pairs)
            fields.set(pairs[index].0, value)
            #expect(!object.isRepeated(by: HTTPResponseHead(status: 200, fields: fields)))
            fields.removeAll(pairs[index].0)
            #expect(!object.isRepeated(by: HTTPResponseHead(status: 200, fields: fields)))
        }
    }

    @Test("an object with a great deal of metadata is opened at each read", arguments: [10, 5000])
    func large(count: Int) async throws {
        let keys = try await TestKeys()
        let gateway = try await LoopGateway(keys)
        let metrics = keys.services.metrics
        let fields = [("cache-control", String(repeating: "a", count: count))]
        #expect(try await gateway.send(.put, "/demo/k", fields, body: [1]).status == 200)
        for _ in 0..<2 { #expect(try await gateway.send(.get, "/demo/k").status == 200) }
        #expect(metrics.objectCacheHits.value == (count == 10 ? 1 : 0))
        #expect(metrics.objectCacheMisses.value == (count == 10 ? 1 : 2))
    }

    @Test("reads again from memory, and never without the key that the KMS gives")
    func reads() async throws {
        let keys = try await TestKeys()
        let gateway = try await LoopGateway(keys)
        let metrics = keys.services.metrics
        let kms = [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ]
        #expect(try await gateway.send(.put, "/demo/k", kms, body: [1, 2, 3]).status == 200)
        for hits in 0..<3 {
            #expect(try await gateway.send(.get, "/demo/k").body == [1, 2, 3])
            #expect(metrics.objectCacheHits.value == UInt64(hits))
            #expect(metrics.objectCacheMisses.value == 1)
        }
        let part = try await gateway.send(.get, "/demo/k", [("range", "bytes=1-1")])
        #expect(part.body == [2])
        #expect(metrics.objectCacheMisses.value == 1)
        // What was written since is read as it is now.
        #expect(try await gateway.send(.put, "/demo/k", kms, body: [4]).status == 200)
        #expect(try await gateway.send(.get, "/demo/k").body == [4])
        #expect(metrics.objectCacheMisses.value == 2)
        keys.ring.clear()
        keys.provider.fail(with: .unreachable("down"))
        #expect(try await gateway.send(.get, "/demo/k").status == 500)
        #expect(try await gateway.send(.head, "/demo/k").status == 200)
        keys.provider.fail(with: .keyDisabled(try KeyID("default")))
        #expect(try await gateway.send(.get, "/demo/k").code == "KMS.DisabledException")
        keys.provider.fail(with: nil)
        #expect(try await gateway.send(.get, "/demo/k").body == [4])
    }
}
