import KMS
import Logging
import S3Wire
import SealedObject

/// Turns what the store lists of an object into what clients may see: length and ETag.
struct ListingOpener: Sendable {
    private let services: GatewayServices
    private let bucket: String

    init(_ services: GatewayServices, bucket: String) {
        self.services = services
        self.bucket = bucket
    }

    /// Replaces stored size and ETag by the plaintext's.
    ///
    /// An entry that can't be opened keeps its name and shows the stored size and no usable ETag:
    /// a listing must not hide it. The attribute key alone is needed, and for SSE-S3 only.
    func open(_ entry: inout ObjectListing.Entry) async throws(S3Error) {
        let metadata = entry.metadata
        entry.metadata = nil
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
            let parts = envelope.body.partCount ?? 1
            entry.entityTag =
                attributes?.entityTag ?? envelope.objectID.opaqueETag(parts: parts)
        } catch {
            throw services.errors.read(error)
        }
    }

    private func attributes(
        of envelope: Envelope,
        key: String
    ) async throws(KMSError) -> ObjectAttributes? {
        guard let id = RecordID(envelope.attributeKeyID.bytes) else { return nil }
        let attributeKey: AttributeKey
        if let known = services.keys.attributeKey(id: id) {
            attributeKey = known
        } else {
            attributeKey = try await services.keys.loadAttributeKey(id: id)
        }
        let context = EnvelopeContext(bucket: bucket, key: key, reference: envelope.reference)
        return try? envelope.openAttributes(attributeKey.key.bytes, context: context)
    }
}
