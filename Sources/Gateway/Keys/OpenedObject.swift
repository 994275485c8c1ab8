import Crypto
import Daemon
import HTTPWire
import KMS
import S3Wire
import SealedObject

/// An object's own key, shared by what reads it.
final class ObjectEncryptionKey: Sendable {
    let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}

/// Why an object can't be opened.
enum ReadFailure: Error, Equatable, Sendable {
    /// What is stored doesn't verify; the client hears `InternalError`.
    case broken(ObjectFault)
    /// The request or the KMS stands in the way.
    case refused(S3Error)
}

/// The keys of an object's only stream, shared by what reads it.
final class SharedStreamKeys: Sendable {
    let keys: StreamKeys

    init(_ keys: consuming StreamKeys) { self.keys = keys }
}

/// An object whose envelope was opened: attributes verified, and the key where it was asked for.
struct OpenedObject: Sendable {
    /// What stood sealed in the envelope, and what follows from it and the store's facts.
    final class Contents: Sendable {
        let found: FoundObject
        let attributes: ObjectAttributes
        /// The client's ETag, without quotes; empty as long as the number of parts isn't known.
        let etag: String
        /// The fields of every answer that gives the object.
        let fields: HTTPFields
        /// The object's own key; `nil` when only attributes were asked for.
        let objectKey: ObjectEncryptionKey?
        /// The keys of its stream; `nil` for an object of parts, or without the object's key.
        let streamKeys: SharedStreamKeys?

        init(
            _ found: FoundObject,
            _ attributes: ObjectAttributes,
            etag: String,
            objectKey: ObjectEncryptionKey?,
            streamKeys: SharedStreamKeys?
        ) {
            self.found = found
            self.attributes = attributes
            self.etag = etag
            self.objectKey = objectKey
            self.streamKeys = streamKeys
            fields = ReadFields.object(found, attributes, etag: etag)
        }

        private init(withoutKeysOf other: Contents) {
            found = other.found
            attributes = other.attributes
            etag = other.etag
            fields = other.fields
            objectKey = nil
            streamKeys = nil
        }

        /// What of it opening that very object would give, with the object's key where that is
        /// wanted; `nil` for another object, or where the key wasn't opened.
        func serving(_ other: FoundObject, wantsObjectKey: Bool) -> Contents? {
            guard other === found, objectKey != nil || !wantsObjectKey else { return nil }
            // Who couldn't gather the key that wraps an object's key doesn't get that one either.
            return wantsObjectKey ? self : Contents(withoutKeysOf: self)
        }
    }

    private(set) var contents: Contents
    /// The key that wraps it; `nil` for SSE-C, or when only attributes were asked for.
    let wrappingKey: DataKey?
    /// The KMS key behind it; empty for SSE-S3 and SSE-C.
    let kmsKeyID: String
    /// The use of a KMS key that opened it; `nil` for SSE-C, or where only attributes were.
    let keyUse: AuditKeyUse?

    var found: FoundObject { contents.found }
    var envelope: Envelope { contents.found.envelope }
    var etag: String { contents.etag }
    var attributes: ObjectAttributes { contents.attributes }
    var objectKey: ObjectEncryptionKey? { contents.objectKey }

    /// Opens an envelope with the keys that were gathered for it.
    ///
    /// - Throws: `AccessDenied` for another customer's key; `.broken` for anything that doesn't
    ///   verify.
    init(
        _ found: FoundObject,
        _ request: GatheredKeys.Request,
        _ keys: GatheredKeys,
        customer: CustomerKeyHolder?
    ) throws(ReadFailure) {
        let context = EnvelopeContext(
            bucket: request.bucket,
            key: request.key,
            reference: found.envelope.reference,
            bucketKeyKMSKeyID: keys.kmsKeyID
        )
        do throws(SealedObjectError) {
            let (attributes, key) = try Self.open(found, request, keys, customer, context)
            let contents = Contents(
                found,
                attributes,
                etag: found.envelope.etag(attributes) ?? "",
                objectKey: key,
                streamKeys: try key.flatMap { (key) throws(SealedObjectError) in
                    try Self.streamKeys(found.envelope, key)
                }
            )
            self.init(contents, keys)
        } catch .keyCheckMismatch where found.envelope.mode == .customer {
            throw .refused(SSEError.wrongCustomerKeyOnRead)
        } catch {
            throw .broken(.sealBroken(error))
        }
    }

    /// An object whose envelope was opened before, under the keys that were gathered again.
    init(_ contents: Contents, _ keys: GatheredKeys) {
        self.contents = contents
        wrappingKey = keys.wrappingKey
        kmsKeyID = keys.kmsKeyID
        keyUse = keys.keyUse
    }

    /// The object once its part table told what its envelope couldn't: the number of parts.
    func resolved(_ layout: MultipartLayout) -> OpenedObject {
        guard etag.isEmpty else { return self }
        var resolved = self
        resolved.contents = Contents(
            found,
            attributes,
            etag: envelope.objectID.opaqueETag(parts: layout.parts.count),
            objectKey: objectKey,
            streamKeys: contents.streamKeys
        )
        return resolved
    }

    private static func open(
        _ found: FoundObject,
        _ request: GatheredKeys.Request,
        _ keys: GatheredKeys,
        _ customer: CustomerKeyHolder?,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) -> (ObjectAttributes, ObjectEncryptionKey?) {
        let envelope = found.envelope
        if let customer, envelope.mode == .customer {
            let attributes = try envelope.openAttributes(customer.bytes, context: context)
            guard request.wantsObjectKey else { return (attributes, nil) }
            let objectKey = try envelope.openKey(customer.bytes, context: context)
            return (attributes, ObjectEncryptionKey(objectKey))
        }
        guard let attributeKey = keys.attributeKey else { throw .keyCheckMismatch }
        let attributes = try envelope.openAttributes(
            attributeKey.envelopeKey(),
            context: context
        )
        guard request.wantsObjectKey else { return (attributes, nil) }
        guard let wrappingKey = keys.wrappingKey else { throw .keyCheckMismatch }
        let objectKey = try envelope.openKey(
            wrappingKey.envelopeKey(),
            context: context
        )
        return (attributes, ObjectEncryptionKey(objectKey))
    }

    /// The keys of the envelope's stream, where it has one; the envelope commits to them.
    private static func streamKeys(
        _ envelope: Envelope,
        _ objectKey: ObjectEncryptionKey
    ) throws(SealedObjectError) -> SharedStreamKeys? {
        guard let facts = envelope.streamFacts, let commitment = envelope.commitment else {
            return nil
        }
        let keys = try StreamKeys(objectKey: objectKey.bytes, facts: facts)
        try keys.verify(commitment: commitment)
        return SharedStreamKeys(keys)
    }
}
