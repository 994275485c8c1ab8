import Crypto
import KMS
import Logging
import S3Wire
import SealedObject

/// Turns what the store lists of an object into what clients may see: length and ETag.
struct ListingOpener: Sendable {
    private let services: GatewayServices
    private let bucket: String
    /// The last attribute key; nearly always all objects name the same.
    private var lastKey: (id: RecordID, expander: HKDF.Expander)?
    /// Attribute keys that can't be had: each is looked for once, however many objects name it.
    private var missing: Set<RecordID> = []

    init(_ services: GatewayServices, bucket: String) {
        self.services = services
        self.bucket = bucket
    }

    /// Replaces stored size and ETag by the plaintext's.
    ///
    /// An entry that can't be opened keeps its name and shows the stored size and an ETag that
    /// nothing matches: a listing must not hide it, nor fail for it. The attribute key alone is
    /// needed, and not for SSE-C.
    ///
    /// - Throws: what S3 answers where the store or the KMS can't be asked for an attribute key.
    mutating func open(_ entry: inout ObjectListing.Entry) async throws(S3Error) {
        let metadata = entry.metadata
        entry.metadata = nil
        entry.storageClass = "STANDARD"
        guard let metadata, let envelope = try? Envelope(text: metadata.utf8) else {
            services.log.error(
                "listed object has no envelope",
                metadata: ["bucket": "\(bucket)", "key": "\(entry.key)"]
            )
            return
        }
        // Such an envelope knows neither; the listing's translation read both elsewhere.
        guard let count = envelope.body.plaintextCount else { return }
        entry.size = UInt64(count)
        if let etag = envelope.opaqueETag {
            entry.entityTag = etag
            return
        }
        do throws(KMSError) {
            let attributes = try await attributes(of: envelope, key: entry.key)
            entry.entityTag =
                attributes.flatMap(envelope.etag)
                ?? envelope.objectID.opaqueETag(parts: envelope.body.partCount ?? 1)
            if let storageClass = attributes?.storageClass { entry.storageClass = storageClass }
        } catch {
            throw services.errors.read(error)
        }
    }

    private mutating func attributes(
        of envelope: Envelope,
        key: String
    ) async throws(KMSError) -> ObjectAttributes? {
        let id = RecordID(envelope.attributeKeyID)
        guard !missing.contains(id) else { return nil }
        if lastKey?.id != id {
            guard let attributeKey = try await attributeKey(id),
                let expander = try? attributeKey.key.expander()
            else {
                missing.insert(id)
                return nil
            }
            lastKey = (id, expander)
        }
        let context = EnvelopeContext(bucket: bucket, key: key, reference: envelope.reference)
        guard let expander = lastKey?.expander else { return nil }
        return try? envelope.openAttributes(expander, context: context)
    }

    /// The attribute key; `nil` where its record is gone or damaged.
    private func attributeKey(_ id: RecordID) async throws(KMSError) -> AttributeKey? {
        if let known = services.keys.attributeKey(id: id) { return known }
        do throws(KMSError) {
            return try await services.keys.loadAttributeKey(id: id)
        } catch .recordMissing, .recordInvalid, .ciphertextInvalid {
            return nil
        }
    }
}
