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
    static let keyCheckCount = 32
    static let version: UInt8 = 1

    /// The object's id, and the upload's.
    public let objectID: Identifier
    /// Length, salt and commitment of the stream, or the number of parts.
    public let body: EnvelopeBody
    /// Which key wraps the object's key, and so the mode.
    public let reference: KeyReference
    /// Random, one a wrap.
    public let wrapSalt: Salt
    /// Proves the wrapping key before anything is opened; 32 bytes.
    public let keyCheck: [UInt8]
    /// The id of the attribute key; zeros for SSE-C.
    public let attributeKeyID: Identifier
    /// The attributes, sealed: ciphertext and tag.
    public let attributeBox: [UInt8]
    /// Every byte before the attribute box: its associated data, which the key box ends.
    let authenticatedForAttributes: [UInt8]

    /// The mode.
    public var mode: EnvelopeMode { reference.mode }

    /// The envelope's bytes.
    public var bytes: [UInt8] {
        var bytes = authenticatedForAttributes
        bytes += attributeBox
        return bytes
    }

    /// The envelope as the metadata header's value: base64url without padding.
    public var text: String { Base64.encode(bytes, as: .url) }

    /// The facts of the one stream, for an opener; `nil` for an object in parts.
    public var streamFacts: StreamFacts? {
        guard case .stream(let plaintextCount, let salt, _) = body else { return nil }
        return try? StreamFacts(objectID: objectID, plaintextCount: plaintextCount, salt: salt)
    }

    /// The commitment of the one stream; `nil` for an object in parts.
    public var commitment: [UInt8]? {
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

    /// The object's key, sealed; 48 bytes.
    var keyBox: [UInt8] { Array(authenticatedForAttributes.suffix(Self.keyBoxCount)) }

    /// Every byte before the key box: its associated data.
    var authenticatedForKey: [UInt8] {
        Array(authenticatedForAttributes.dropLast(Self.keyBoxCount))
    }

    init(
        objectID: Identifier,
        body: EnvelopeBody,
        reference: KeyReference,
        wrapSalt: Salt,
        keyCheck: [UInt8],
        attributeKeyID: Identifier,
        attributeBox: [UInt8],
        authenticatedForAttributes: [UInt8]
    ) {
        self.objectID = objectID
        self.body = body
        self.reference = reference
        self.wrapSalt = wrapSalt
        self.keyCheck = keyCheck
        self.attributeKeyID = attributeKeyID
        self.attributeBox = attributeBox
        self.authenticatedForAttributes = authenticatedForAttributes
    }

    static func prefix(
        objectID: Identifier,
        body: EnvelopeBody,
        reference: KeyReference,
        wrapSalt: Salt,
        keyCheck: [UInt8],
        attributeKeyID: Identifier,
        attributeBoxCount: Int
    ) -> [UInt8] {
        let referenceBytes = reference.bytes
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fixedCount + referenceBytes.count + keyBoxCount + attributeBoxCount)
        let flags: UInt8 = (body.isMultipart ? 1 : 0) | (reference.isKMSBucketKey ? 2 : 0)
        bytes += [version, SealedFormat.suite, reference.mode.rawValue, flags]
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: referenceBytes.count))
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: attributeBoxCount))
        bytes += objectID.bytes
        bytes.append(bigEndian: body.plaintextCount.map(UInt64.init) ?? UInt64.max)
        switch body {
        case .parts(let count, _):
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: count))
            bytes += [UInt8](repeating: 0, count: 52)
        case .stream(_, let salt, let commitment):
            bytes += salt.bytes
            bytes += commitment
        case .upload:
            bytes += [UInt8](repeating: 0, count: 56)
        }
        // One after the other, into the room that was reserved for both boxes too.
        bytes += wrapSalt.bytes
        bytes += keyCheck
        bytes += attributeKeyID.bytes
        bytes += referenceBytes
        return bytes
    }
}
