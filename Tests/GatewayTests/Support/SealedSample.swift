import KMS
import SealedObject

@testable import Gateway

/// Envelopes of small objects, as the store would give them back.
enum SealedSample {
    /// An object of 10 bytes, type `text/x`, under the key that `requested` leads to.
    static func found(
        _ keys: TestKeys,
        _ requested: RequestedEncryption,
        bucket: String = "demo",
        key: String = "key"
    ) async throws -> FoundObject {
        let wrapping = try await keys.services.access.wrappingKey(
            for: requested,
            bucket: bucket,
            key: key
        )
        var attributes = ObjectAttributes()
        attributes.contentType = "text/x"
        attributes.entityTag = wrapping.reference.mode == .s3 ? "md5" : nil
        let facts = try StreamFacts(
            objectID: try Identifier.random(),
            plaintextCount: 10,
            salt: try Salt.random()
        )
        let objectKey = try ObjectEncryptionKey.random()
        let sealer = try StreamSealer(facts: facts, objectKey: objectKey.bytes)
        let envelope = try Envelope(
            sealing: objectKey,
            objectID: facts.objectID,
            body: EnvelopeBody(sealer.header),
            attributes: attributes,
            under: wrapping,
            place: (bucket, key),
            attributeKey: keys.ring.attributeKey
        )
        return FoundObject(
            envelope: envelope,
            storeETag: "\"e\"",
            storedCount: sealer.storedCount,
            lastModified: TestKeys.now
        )
    }
}
