internal import Crypto

/// What is derived from the key that wraps an object's key.
///
/// `wk 32 ‖ key check 32 ‖ nonce 12 = Expand(K, "sgw/v1/wrap\0" ‖ wrap salt ‖ ctx, 76)`; for SSE-C
/// K = Extract(wrap salt, customer key).
struct WrapKeys: ~Copyable {
    private static let wrapLabel = Array("sgw/v1/wrap\0".utf8)
    private static let attributeLabel = Array("sgw/v1/attr\0".utf8)

    /// Proves K: 32 bytes.
    let keyCheck: [UInt8]
    private let derived: SecretBytes

    init(
        _ key: borrowing SecretBytes,
        mode: EnvelopeMode,
        salt: Salt,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) {
        let derived = try Self.derive(key, mode, salt, context, label: Self.wrapLabel, count: 76)
        keyCheck = derived.published(32..<64)
        self.derived = derived
    }

    /// What the key and nonce of the attribute box are derived for.
    static func attributeInfo(_ salt: Salt, _ context: EnvelopeContext) -> [UInt8] {
        info(attributeLabel, salt, context)
    }

    private static func info(
        _ label: [UInt8],
        _ salt: Salt,
        _ context: EnvelopeContext
    ) -> [UInt8] {
        label + salt.bytes + context.digest
    }

    /// Key and nonce of the attribute box.
    static func attributeBox(
        _ key: borrowing SecretBytes,
        mode: EnvelopeMode,
        salt: Salt,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) -> Box {
        Box(
            derived: try derive(
                key,
                mode,
                salt,
                context,
                label: attributeLabel,
                count: Box.derivedCount
            )
        )
    }

    func seal(
        _ objectKey: borrowing SecretBytes,
        authenticating associated: [UInt8]
    ) throws(SealedObjectError) -> [UInt8] {
        do throws(CryptoError) {
            return try AESGCM(key: derived.span.extracting(0..<32), .seal).seal(
                objectKey.span,
                nonce: derived.span.extracting(64..<76),
                authenticating: associated.span
            )
        } catch {
            throw .crypto(error)
        }
    }

    func open(
        _ keyBox: [UInt8],
        authenticating associated: [UInt8]
    ) throws(SealedObjectError) -> SecretBytes {
        do throws(CryptoError) {
            return try AESGCM(key: derived.span.extracting(0..<32), .open).openSecret(
                keyBox.span,
                nonce: derived.span.extracting(64..<76),
                authenticating: associated.span
            )
        } catch .authenticationFailed {
            throw .keyBoxRefused
        } catch {
            throw .crypto(error)
        }
    }

    private static func derive(
        _ key: borrowing SecretBytes,
        _ mode: EnvelopeMode,
        _ salt: Salt,
        _ context: EnvelopeContext,
        label: [UInt8],
        count: Int
    ) throws(SealedObjectError) -> SecretBytes {
        guard key.count == SealedFormat.keyCount else { throw .lengthInvalid }
        let info = info(label, salt, context)
        do throws(CryptoError) {
            guard mode == .customer else {
                return try HKDF.expand(key, info: info, count: count)
            }
            let extracted = try HKDF.extract(salt: salt.bytes, secret: key)
            return try HKDF.expand(extracted, info: info, count: count)
        } catch {
            throw .crypto(error)
        }
    }
}
