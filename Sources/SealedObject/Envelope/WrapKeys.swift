internal import Crypto
internal import Encoding

/// What is derived from the key that wraps an object's key.
///
/// `wk 32 ‖ key check 32 ‖ nonce 12 = Expand(K, "sgw/v1/wrap\0" ‖ wrap salt ‖ ctx, 76)`; for SSE-C
/// K = Extract(wrap salt, customer key).
struct WrapKeys: ~Copyable {
    private static let wrapLabel = Array("sgw/v1/wrap\0".utf8)
    private static let attributeLabel = Array("sgw/v1/attr\0".utf8)

    /// Seals the object's key.
    let box: Box

    /// The keys under a shared key, or under what `expander` made of a customer's.
    init(
        _ key: HKDF.Expander,
        salt: Salt,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) {
        box = Box(
            derived: try Self.derive(key, salt, context, label: Self.wrapLabel, count: 76),
            nonceRange: 64..<76
        )
    }

    /// Appends the key check, 32 bytes that prove K.
    func appendKeyCheck(to bytes: inout [UInt8]) {
        bytes.append(box.derived.span.extracting(32..<64))
    }

    /// Whether a key check is the one of K; compared in constant time.
    func matches(_ keyCheck: Span<UInt8>) -> Bool {
        ConstantTime.equal(box.derived.span.extracting(32..<64), keyCheck)
    }

    /// Key and nonce of the attribute box.
    static func attributeBox(
        _ key: HKDF.Expander,
        salt: Salt,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) -> Box {
        Box(
            derived: try derive(
                key,
                salt,
                context,
                label: attributeLabel,
                count: Box.derivedCount
            )
        )
    }

    /// K: the key itself, or what is extracted from a customer's.
    ///
    /// - Throws: `.lengthInvalid` for a key that isn't 32 bytes, `.crypto`.
    static func expander(
        _ key: borrowing SecretBytes,
        mode: EnvelopeMode,
        salt: Salt
    ) throws(SealedObjectError) -> HKDF.Expander {
        guard key.count == SealedFormat.keyCount else { throw .lengthInvalid }
        do throws(CryptoError) {
            guard mode == .customer else { return try HKDF.Expander(key) }
            return try HKDF.Expander(HKDF.extract(salt: salt.bytes, secret: key))
        } catch {
            throw .crypto(error)
        }
    }

    private static func derive(
        _ key: HKDF.Expander,
        _ salt: Salt,
        _ context: EnvelopeContext,
        label: [UInt8],
        count: Int
    ) throws(SealedObjectError) -> SecretBytes {
        var info = HKDF.Info(label: label)
        salt.value.append(to: &info)
        context.digest.append(to: &info)
        do throws(CryptoError) {
            return try key.expand(info: info.span, count: count)
        } catch {
            throw .crypto(error)
        }
    }
}
