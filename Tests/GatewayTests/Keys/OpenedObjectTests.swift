import Crypto
import Encoding
import KMS
import S3Wire
import SealedObject
import Testing

@testable import Gateway

@Suite struct OpenedObjectTests {
    private let keys: TestKeys
    private let access: KeyAccess

    init() async throws {
        keys = try await TestKeys()
        access = keys.services.access
    }

    private func found(
        _ requested: RequestedEncryption,
        bucket: String = "demo",
        key: String = "key"
    ) async throws -> FoundObject {
        try await SealedSample.found(keys, requested, bucket: bucket, key: key)
    }

    private func customer(_ number: UInt8) throws -> CustomerKeyHolder {
        CustomerKeyHolder(
            try SecretBytes(copying: CustomerHeaders.key(number).span),
            md5: CustomerHeaders.digest(number)
        )
    }

    private func requests() throws -> [RequestedEncryption] {
        let keyID = try KeyID("default")
        let context = try EncryptionContext([("a", "b")])
        return [
            .managed, .kms(keyID, context: .empty, throughBucketKey: true),
            .kms(keyID, context: .empty, throughBucketKey: false),
            .kms(keyID, context: context, throughBucketKey: true), .customer(try customer(1)),
        ]
    }

    private func request(
        _ found: FoundObject,
        bucket: String = "demo",
        key: String = "key",
        wantsObjectKey: Bool = true
    ) -> GatheredKeys.Request {
        GatheredKeys.Request(
            envelope: found.envelope,
            bucket: bucket,
            key: key,
            wantsObjectKey: wantsObjectKey,
            rights: .all
        )
    }

    private func openAtHand(
        _ found: FoundObject,
        _ request: GatheredKeys.Request,
        _ customer: CustomerKeyHolder?
    ) throws(ReadFailure) -> OpenedObject? {
        guard let gathered = GatheredKeys.cached(request, keys.ring, now: TestKeys.now) else {
            return nil
        }
        return try OpenedObject(found, request, gathered, customer: customer)
    }

    @Test("an envelope of every kind opens, with keys in memory and with keys fetched")
    func opens() async throws {
        for requested in try requests() {
            let found = try await found(requested)
            let holder = requested.mode == .customer ? try customer(1) : nil
            let opened = try await access.open(found, request(found), customer: holder)
            #expect(opened.attributes.contentType == "text/x")
            #expect(opened.objectKey != nil)
            #expect(opened.kmsKeyID == (requested.mode == .sseKMS ? "default" : ""))
            let opaque = found.envelope.objectID.opaqueETag(parts: 1)
            #expect(opened.etag == (requested.mode == .sseS3 ? "md5" : opaque))
            let cached = try openAtHand(found, request(found), holder)
            #expect(cached?.objectKey != nil)
            keys.ring.clear()
            let again = try openAtHand(found, request(found), holder)
            #expect((again == nil) == (requested.mode != .customer))
            let attributes = try openAtHand(found, request(found, wantsObjectKey: false), holder)
            #expect(attributes?.attributes.contentType == "text/x")
            #expect(attributes?.objectKey == nil)
            _ = try await access.open(found, request(found), customer: holder)
        }
    }

    @Test("an envelope opens at its own bucket and key alone")
    func place() async throws {
        for requested in try requests() {
            let found = try await found(requested)
            let holder = requested.mode == .customer ? try customer(1) : nil
            for (bucket, key) in [("demo", "other"), ("other", "key"), ("dem", "o/key")] {
                let wanted = request(found, bucket: bucket, key: key)
                await #expect(throws: ReadFailure.self) {
                    try await access.open(found, wanted, customer: holder)
                }
            }
        }
    }

    @Test("another customer's key is refused as such, and no key at all opens nothing")
    func customers() async throws {
        let found = try await found(.customer(try customer(1)))
        let other = try customer(2)
        await #expect(throws: ReadFailure.refused(SSEError.wrongCustomerKeyOnRead)) {
            try await access.open(found, request(found), customer: other)
        }
        await #expect(throws: ReadFailure.self) {
            try await access.open(found, request(found), customer: nil)
        }
    }

    @Test("a changed envelope is broken, whichever byte it is")
    func changed() async throws {
        let found = try await found(.managed)
        let bytes = found.envelope.bytes
        for index in stride(from: 0, to: bytes.count, by: 5) {
            var changed = bytes
            changed[index] ^= 1
            guard let envelope = try? Envelope(parsing: changed) else { continue }
            let object = FoundObject(
                envelope: envelope,
                storeETag: found.storeETag,
                storedCount: found.storedCount,
                lastModified: found.lastModified
            )
            await #expect(throws: ReadFailure.self, "byte \(index)") {
                try await access.open(object, request(object), customer: nil)
            }
        }
    }

    @Test("without the KMS attributes open, and the object's key says why it can't")
    func offline() async throws {
        let keyID = try KeyID("default")
        let found = try await found(.kms(keyID, context: .empty, throughBucketKey: false))
        keys.ring.clear()
        keys.provider.fail(with: .unreachable("down"))
        let attributes = request(found, wantsObjectKey: false)
        let opened = try await access.open(found, attributes, customer: nil)
        #expect(opened.attributes.contentType == "text/x")
        let refusal = KMSErrorMapping.retryable(.internalError)
        await #expect(throws: ReadFailure.refused(refusal)) {
            try await access.open(found, request(found), customer: nil)
        }
    }

    @Test("a context is kept apart from a bucket key: each object has a data key of its own")
    func contexts() async throws {
        let keyID = try KeyID("default")
        let context = try EncryptionContext([("a", "b")])
        let requested = RequestedEncryption.kms(keyID, context: context, throughBucketKey: true)
        let wrapping = try await access.wrappingKey(for: requested, bucket: "demo", key: "k")
        guard case .kmsDataKey(let dataKey) = wrapping.reference else {
            Issue.record("a bucket key")
            return
        }
        #expect(dataKey.clientContext == context.canonical)
        #expect(access.cachedWrappingKey(for: requested, bucket: "demo") == nil)
    }
}
