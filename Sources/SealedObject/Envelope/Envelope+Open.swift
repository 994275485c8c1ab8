public import Crypto

extension Envelope {
    /// Unwraps the object's key, in every mode.
    ///
    /// The key check comes first, in constant time: a wrong key is refused before anything is
    /// decrypted.
    ///
    /// - Parameters:
    ///   - key: the bucket key, the data key or the customer's key, as `reference` says; 32 bytes.
    ///   - context: of the place where the object was found.
    /// - Returns: OEK, 32 bytes.
    /// - Throws: `.keyCheckMismatch`, `.keyBoxRefused`, `.lengthInvalid`, `.crypto`.
    public func openKey(
        _ key: borrowing SecretBytes,
        context: EnvelopeContext
    ) throws(SealedObjectError) -> SecretBytes {
        try openKey(under: WrapKeys.expander(key, mode: mode, salt: wrapSalt), context)
    }

    /// Unwraps the object's key in every mode but SSE-C, under a key that was taken in before.
    ///
    /// - Throws: as `openKey(_:context:)`; `.keyCheckMismatch` for SSE-C.
    public func openKey(
        _ key: HKDF.Expander,
        context: EnvelopeContext
    ) throws(SealedObjectError) -> SecretBytes {
        guard key.keyCount == SealedFormat.keyCount else { throw .lengthInvalid }
        guard mode != .customer else { throw .keyCheckMismatch }
        return try openKey(under: key, context)
    }

    private func openKey(
        under key: HKDF.Expander,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) -> SecretBytes {
        guard context.mode == mode else { throw .keyCheckMismatch }
        let wrapKeys = try verifiedKeys(key, context)
        let bytes = bytes
        let authenticated = bytes.span.extracting(first: authenticatedCount)
        return try wrapKeys.box.openKey(
            authenticated.extracting(last: Self.keyBoxCount),
            authenticating: authenticated.extracting(droppingLast: Self.keyBoxCount)
        )
    }

    /// Opens the attributes, in every mode; for SSE-S3 and SSE-KMS without the object's key or the
    /// KMS.
    ///
    /// - Parameters:
    ///   - key: the attribute key with `attributeKeyID`, for SSE-C the customer's key; 32 bytes.
    ///   - context: of the place where the object was found.
    /// - Returns: the attributes, those of unknown types too.
    /// - Throws: `.keyCheckMismatch` for a wrong customer's key, `.attributeBoxRefused`, what
    ///   `ObjectAttributes.init(parsing:)` throws, `.lengthInvalid`, `.crypto`.
    public func openAttributes(
        _ key: borrowing SecretBytes,
        context: EnvelopeContext
    ) throws(SealedObjectError) -> ObjectAttributes {
        try openAttributes(under: WrapKeys.expander(key, mode: mode, salt: wrapSalt), context)
    }

    /// Opens the attributes in every mode but SSE-C, under a key that was taken in before.
    ///
    /// - Throws: as `openAttributes(_:context:)`; `.attributeBoxRefused` for SSE-C.
    public func openAttributes(
        _ key: HKDF.Expander,
        context: EnvelopeContext
    ) throws(SealedObjectError) -> ObjectAttributes {
        guard key.keyCount == SealedFormat.keyCount else { throw .lengthInvalid }
        guard mode != .customer else { throw .attributeBoxRefused }
        return try openAttributes(under: key, context)
    }

    private func openAttributes(
        under key: HKDF.Expander,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) -> ObjectAttributes {
        guard context.mode == mode else { throw .attributeBoxRefused }
        if mode == .customer { _ = try verifiedKeys(key, context) }
        let box = try WrapKeys.attributeBox(key, salt: wrapSalt, context)
        let bytes = bytes
        let padded = try box.open(
            bytes.span.extracting(authenticatedCount...),
            authenticating: bytes.span.extracting(first: authenticatedCount)
        )
        guard let padded else { throw .attributeBoxRefused }
        return try ObjectAttributes(parsing: padded)
    }

    /// What the key gives, where the key check says that it is the one.
    private func verifiedKeys(
        _ key: HKDF.Expander,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) -> WrapKeys {
        let wrapKeys = try WrapKeys(key, salt: wrapSalt, context)
        let bytes = bytes
        guard wrapKeys.matches(bytes.span.extracting(Self.keyCheckRange)) else {
            throw .keyCheckMismatch
        }
        return wrapKeys
    }
}
