public import Crypto
internal import Encoding

extension Envelope {
    /// Wraps an object's key and seals its attributes, for SSE-S3 and SSE-KMS.
    ///
    /// - Parameters:
    ///   - objectKey: OEK, 32 bytes.
    ///   - objectID: the object's id.
    ///   - body: what the stored body is.
    ///   - reference: which key `keyEncryptionKey` is.
    ///   - attributes: sealed under the attribute key.
    ///   - context: made for the same reference.
    ///   - keyEncryptionKey: of the bucket key or the data key, 32 bytes.
    ///   - attributeKey: of the attribute key, 32 bytes.
    ///   - attributeKeyID: the id of `attributeKey`.
    ///   - wrapSalt: fresh for every wrap; drawn when it isn't given.
    /// - Throws: `.keyReferenceInvalid` for `.customerKey`, another mode than the context's, or a
    ///   reference over its limits; `.attributesTooLarge`, `.attributeInvalid`,
    ///   `.plaintextCountInvalid`, `.partCountInvalid`, `.lengthInvalid`, `.crypto`.
    public convenience init(
        sealing objectKey: borrowing SecretBytes,
        objectID: Identifier,
        body: EnvelopeBody,
        reference: KeyReference,
        attributes: borrowing ObjectAttributes,
        context: EnvelopeContext,
        keyEncryptionKey: HKDF.Expander,
        attributeKey: HKDF.Expander,
        attributeKeyID: Identifier,
        wrapSalt: Salt? = nil
    ) throws(SealedObjectError) {
        guard reference != .customerKey else { throw .keyReferenceInvalid }
        guard keyEncryptionKey.keyCount == SealedFormat.keyCount,
            attributeKey.keyCount == SealedFormat.keyCount
        else { throw .lengthInvalid }
        try self.init(
            objectKey: objectKey,
            objectID: objectID,
            body: body,
            reference: reference,
            padded: attributes.encode(limit: SealedFormat.attributesCountMax),
            context: context,
            wrapKey: keyEncryptionKey,
            attributeKey: attributeKey,
            attributeKeyID: attributeKeyID,
            wrapSalt: Self.drawn(wrapSalt)
        )
    }

    /// Wraps an object's key and seals its attributes, for SSE-C: the customer's key does both.
    ///
    /// - Parameters:
    ///   - objectKey: OEK, 32 bytes.
    ///   - objectID: the object's id.
    ///   - body: what the stored body is.
    ///   - attributes: sealed under the customer's key.
    ///   - context: made for `.customerKey`.
    ///   - customerKey: 32 bytes, never stored.
    ///   - wrapSalt: fresh for every wrap; drawn when it isn't given.
    /// - Throws: `.keyReferenceInvalid` for the context of another mode; `.attributesTooLarge`,
    ///   `.attributeInvalid`, `.plaintextCountInvalid`, `.partCountInvalid`, `.lengthInvalid`,
    ///   `.crypto`.
    public convenience init(
        sealing objectKey: borrowing SecretBytes,
        objectID: Identifier,
        body: EnvelopeBody,
        attributes: borrowing ObjectAttributes,
        context: EnvelopeContext,
        customerKey: borrowing SecretBytes,
        wrapSalt: Salt? = nil
    ) throws(SealedObjectError) {
        let wrapSalt = try Self.drawn(wrapSalt)
        let key = try WrapKeys.expander(customerKey, mode: .customer, salt: wrapSalt)
        try self.init(
            objectKey: objectKey,
            objectID: objectID,
            body: body,
            reference: .customerKey,
            padded: attributes.encode(limit: SealedFormat.attributesCountMax),
            context: context,
            wrapKey: key,
            attributeKey: key,
            attributeKeyID: .zero,
            wrapSalt: wrapSalt
        )
    }

    private convenience init(
        objectKey: borrowing SecretBytes,
        objectID: Identifier,
        body: EnvelopeBody,
        reference: KeyReference,
        padded: [UInt8],
        context: EnvelopeContext,
        wrapKey: HKDF.Expander,
        attributeKey: HKDF.Expander,
        attributeKeyID: Identifier,
        wrapSalt: Salt
    ) throws(SealedObjectError) {
        guard objectKey.count == SealedFormat.keyCount else { throw .lengthInvalid }
        guard context.mode == reference.mode else { throw .keyReferenceInvalid }
        try reference.verify()
        try body.verify()
        let wrapKeys = try WrapKeys(wrapKey, salt: wrapSalt, context)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            Self.fixedCount + reference.count + Self.keyBoxCount + padded.count
                + SealedFormat.tagCount
        )
        let flags: UInt8 = (body.isMultipart ? 1 : 0) | (reference.isKMSBucketKey ? 2 : 0)
        bytes.append(Self.version)
        bytes.append(SealedFormat.suite)
        bytes.append(reference.mode.rawValue)
        bytes.append(flags)
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: reference.count))
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: padded.count + SealedFormat.tagCount))
        objectID.append(to: &bytes)
        body.append(to: &bytes)
        wrapSalt.append(to: &bytes)
        wrapKeys.appendKeyCheck(to: &bytes)
        attributeKeyID.append(to: &bytes)
        reference.append(to: &bytes)
        try wrapKeys.box.append(sealing: objectKey.span, to: &bytes)
        let authenticatedCount = bytes.count
        try WrapKeys.attributeBox(attributeKey, salt: wrapSalt, context)
            .append(sealing: padded.span, to: &bytes)
        self.init(
            objectID: objectID,
            body: body,
            reference: reference,
            wrapSalt: wrapSalt,
            attributeKeyID: attributeKeyID,
            bytes: bytes,
            authenticatedCount: authenticatedCount
        )
    }

    private static func drawn(_ salt: Salt?) throws(SealedObjectError) -> Salt {
        if let salt { return salt }
        return try .random()
    }
}
