public import Crypto

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
    ///   - keyEncryptionKey: the bucket key or the data key, 32 bytes.
    ///   - attributeKey: 32 bytes.
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
        attributes: ObjectAttributes,
        context: EnvelopeContext,
        keyEncryptionKey: borrowing SecretBytes,
        attributeKey: borrowing SecretBytes,
        attributeKeyID: Identifier,
        wrapSalt: Salt? = nil
    ) throws(SealedObjectError) {
        guard reference != .customerKey else { throw .keyReferenceInvalid }
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
        attributes: ObjectAttributes,
        context: EnvelopeContext,
        customerKey: borrowing SecretBytes,
        wrapSalt: Salt? = nil
    ) throws(SealedObjectError) {
        try self.init(
            objectKey: objectKey,
            objectID: objectID,
            body: body,
            reference: .customerKey,
            padded: attributes.encode(limit: SealedFormat.attributesCountMax),
            context: context,
            wrapKey: customerKey,
            attributeKey: customerKey,
            attributeKeyID: .zero,
            wrapSalt: Self.drawn(wrapSalt)
        )
    }

    private convenience init(
        objectKey: borrowing SecretBytes,
        objectID: Identifier,
        body: EnvelopeBody,
        reference: KeyReference,
        padded: [UInt8],
        context: EnvelopeContext,
        wrapKey: borrowing SecretBytes,
        attributeKey: borrowing SecretBytes,
        attributeKeyID: Identifier,
        wrapSalt: Salt
    ) throws(SealedObjectError) {
        guard objectKey.count == SealedFormat.keyCount else { throw .lengthInvalid }
        guard context.mode == reference.mode else { throw .keyReferenceInvalid }
        try reference.verify()
        try body.verify()
        let wrapKeys = try WrapKeys(wrapKey, mode: reference.mode, salt: wrapSalt, context)
        var prefix = Self.prefix(
            objectID: objectID,
            body: body,
            reference: reference,
            wrapSalt: wrapSalt,
            keyCheck: wrapKeys.keyCheck,
            attributeKeyID: attributeKeyID,
            attributeBoxCount: padded.count + SealedFormat.tagCount
        )
        prefix += try wrapKeys.seal(objectKey, authenticating: prefix)
        let attributeBox = try WrapKeys.attributeBox(
            attributeKey,
            mode: reference.mode,
            salt: wrapSalt,
            context
        ).seal(padded, authenticating: prefix)
        self.init(
            objectID: objectID,
            body: body,
            reference: reference,
            wrapSalt: wrapSalt,
            keyCheck: wrapKeys.keyCheck,
            attributeKeyID: attributeKeyID,
            attributeBox: attributeBox,
            authenticatedForAttributes: prefix
        )
    }

    private static func drawn(_ salt: Salt?) throws(SealedObjectError) -> Salt {
        if let salt { return salt }
        return try .random()
    }
}
