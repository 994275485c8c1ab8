import Crypto
import HTTPWire
import KMS
import S3Wire
import SealedObject

extension Envelope {
    /// Seals an object's key and attributes under the key that the request chose.
    ///
    /// - Throws: `.keyReferenceInvalid` where there is no attribute key, and what `Envelope`
    ///   throws.
    convenience init(
        sealing objectKey: ObjectEncryptionKey,
        objectID: Identifier,
        body: EnvelopeBody,
        attributes: borrowing ObjectAttributes,
        under wrapping: WrappingKey,
        place: (bucket: String, key: String),
        attributeKey: AttributeKey?
    ) throws(SealedObjectError) {
        let context = wrapping.context(bucket: place.bucket, key: place.key)
        switch wrapping.source {
        case .customer(let customer):
            try self.init(
                sealing: objectKey.bytes,
                objectID: objectID,
                body: body,
                attributes: attributes,
                context: context,
                customerKey: customer.bytes
            )
        case .shared(let key):
            guard let attributeKey else { throw .keyReferenceInvalid }
            try self.init(
                sealing: objectKey.bytes,
                objectID: objectID,
                body: body,
                reference: wrapping.reference,
                attributes: attributes,
                context: context,
                keyEncryptionKey: key.envelopeKey(),
                attributeKey: attributeKey.key.envelopeKey(),
                attributeKeyID: Identifier(attributeKey.id)
            )
        }
    }
}

extension DataKey {
    /// The key as envelopes take it.
    ///
    /// - Throws: `.crypto`.
    func envelopeKey() throws(SealedObjectError) -> HKDF.Expander {
        do throws(CryptoError) { return try expander() } catch { throw .crypto(error) }
    }
}

extension ObjectEncryptionKey {
    /// A new object's own key.
    static func random() throws(SealedObjectError) -> ObjectEncryptionKey {
        do throws(CryptoError) {
            return ObjectEncryptionKey(try SecretBytes.random(count: SealedFormat.keyCount))
        } catch {
            throw .crypto(error)
        }
    }
}

extension EnvelopeMode {
    /// The mode in S3's terms.
    var sseMode: SSEMode {
        switch self {
        case .s3: .sseS3
        case .kms: .sseKMS
        case .customer: .customer
        }
    }
}

extension KeyReference {
    /// The stored mode as answers describe it.
    ///
    /// - Parameters:
    ///   - kmsKeyID: of a bucket key's record.
    ///   - customerDigest: the MD5 of the key that the request brought, for SSE-C.
    /// - Returns: what `SSEResponse` makes fields of.
    func stored(kmsKeyID: String, customerDigest: String?) -> SSEResponse.Stored {
        switch self {
        case .bucketKey: .sseS3
        case .customerKey: .customer(keyDigest: customerDigest)
        case .kmsBucketKey: .sseKMS(keyID: kmsKeyID, context: nil, bucketKeyEnabled: true)
        case .kmsDataKey(let key):
            .sseKMS(
                keyID: key.kmsKeyID,
                context: key.clientContext.isEmpty
                    ? nil : String(decoding: key.clientContext, as: UTF8.self),
                bucketKeyEnabled: false
            )
        }
    }
}
