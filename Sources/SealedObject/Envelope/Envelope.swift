internal import Encoding

/// The one metadata value of a stored object: its key wrapped, its attributes sealed.
///
/// Parsing checks the form only; `openKey` and `openAttributes` prove the bytes. A class, since it
/// is handed on from step to step and has many parts to copy.
/// Source: docs/format.md, "Envelope".
public final class Envelope: Sendable {
    /// The most bytes of an envelope, as the limits of its fields add up.
    public static let countMax =
        fixedCount + 13 + SealedFormat.kmsKeyIDCountMax + SealedFormat.wrappedKeyCountMax
        + SealedFormat.clientContextCountMax + keyBoxCount + SealedFormat.attributesCountMax
        + SealedFormat.tagCount

    static let fixedCount = 160
    static let keyBoxCount = 48
    /// Where the key check stands: it proves the wrapping key before anything is opened.
    static let keyCheckRange = 112..<144
    static let version: UInt8 = 1

    /// The object's id, and the upload's.
    public let objectID: Identifier
    /// Length, salt and commitment of the stream, or the number of parts.
    public let body: EnvelopeBody
    /// Which key wraps the object's key, and so the mode.
    public let reference: KeyReference
    /// Random, one a wrap.
    public let wrapSalt: Salt
    /// The id of the attribute key; zeros for SSE-C.
    public let attributeKeyID: Identifier
    /// The envelope's bytes, which the sealed attributes end.
    public let bytes: [UInt8]
    /// How many bytes stand before the attribute box: its associated data, which the key box ends.
    let authenticatedCount: Int

    /// The mode.
    public var mode: EnvelopeMode { reference.mode }

    /// The envelope as the metadata header's value: base64url without padding.
    public var text: String { Base64.encode(bytes, as: .url) }

    /// The facts of the one stream, for an opener; `nil` for an object in parts.
    public var streamFacts: StreamFacts? {
        guard case .stream(let plaintextCount, let salt, _) = body else { return nil }
        return try? StreamFacts(objectID: objectID, plaintextCount: plaintextCount, salt: salt)
    }

    /// The commitment of the one stream; `nil` for an object in parts.
    public var commitment: Commitment? {
        guard case .stream(_, _, let commitment) = body else { return nil }
        return commitment
    }

    /// The ETag that needs no key: of SSE-C objects; `nil` where it may be an attribute (SSE-S3,
    /// and SSE-KMS for what was SSE-S3), and for an upload, whose number of parts isn't known.
    public var opaqueETag: String? {
        guard mode == .customer, let parts = body.partCount else { return nil }
        return objectID.opaqueETag(parts: parts)
    }

    /// The client's ETag, without quotes; `nil` for an upload, whose number of parts isn't known.
    public func etag(_ attributes: ObjectAttributes) -> String? {
        if mode != .customer, let sealed = attributes.entityTag { return sealed }
        return body.partCount.map { objectID.opaqueETag(parts: $0) }
    }

    init(
        objectID: Identifier,
        body: EnvelopeBody,
        reference: KeyReference,
        wrapSalt: Salt,
        attributeKeyID: Identifier,
        bytes: [UInt8],
        authenticatedCount: Int
    ) {
        self.objectID = objectID
        self.body = body
        self.reference = reference
        self.wrapSalt = wrapSalt
        self.attributeKeyID = attributeKeyID
        self.bytes = bytes
        self.authenticatedCount = authenticatedCount
    }
}
