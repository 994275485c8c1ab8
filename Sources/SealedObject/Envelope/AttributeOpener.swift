public import Crypto

/// Opens the attributes of many envelopes under one attribute key, as listings do: the key is
/// taken in once, which is half of what a derivation costs.
public struct AttributeOpener: ~Copyable, Sendable {
    private let expander: HKDF.Expander

    /// An opener with an attribute key, 32 bytes.
    ///
    /// - Throws: `.lengthInvalid`, `.crypto`.
    public init(_ key: borrowing SecretBytes) throws(SealedObjectError) {
        guard key.count == SealedFormat.keyCount else { throw .lengthInvalid }
        do throws(CryptoError) { expander = try HKDF.Expander(key) } catch { throw .crypto(error) }
    }

    /// The attributes of an envelope of any mode but SSE-C.
    ///
    /// - Parameters:
    ///   - envelope: an object's, sealed under the key.
    ///   - context: of the place where the object was found.
    /// - Returns: the attributes, those of unknown types too.
    /// - Throws: `.attributeBoxRefused`, what `ObjectAttributes.init(parsing:)` throws, `.crypto`.
    public borrowing func open(
        _ envelope: Envelope,
        context: EnvelopeContext
    ) throws(SealedObjectError) -> ObjectAttributes {
        guard context.mode == envelope.mode, envelope.mode != .customer else {
            throw .attributeBoxRefused
        }
        let info = WrapKeys.attributeInfo(envelope.wrapSalt, context)
        let derived: SecretBytes
        do throws(CryptoError) {
            derived = try expander.expand(info: info.span, count: Box.derivedCount)
        } catch {
            throw .crypto(error)
        }
        return try envelope.attributes(in: Box(derived: derived))
    }
}
