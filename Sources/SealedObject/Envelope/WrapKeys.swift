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

    init(
        _ key: borrowing SecretBytes,
        mode: EnvelopeMode,
        salt: Salt,
        _ context: EnvelopeContext
    ) throws(SealedObjectError) {
        box = Box(
            derived: try Self.derive(key, mode, salt, context, label: Self.wrapLabel, count: 76),
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

    /// What the key and nonce of the attribute box are derived for.
    static func attributeInfo(_ salt: Salt, _ context: EnvelopeContext) -> [UInt8] {
        info(attributeLabel, salt, context)
    }

    private static func info(
        _ label: [UInt8],
        _ salt: Salt,
        _ context: EnvelopeContext
    ) -> [UInt8] {
        var info: [UInt8] = []
        info.reserveCapacity(label.count + Salt.count + context.digest.count)
        info += label
        salt.append(to: &info)
        info += context.digest
        return info
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
                return try HKDF.expand(key, info: info.span, count: count)
            }
            let extracted = try HKDF.extract(salt: salt.bytes, secret: key)
            return try HKDF.expand(extracted, info: info.span, count: count)
        } catch {
            throw .crypto(error)
        }
    }
}
