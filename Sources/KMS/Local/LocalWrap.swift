internal import Crypto
internal import Encoding

/// How the local provider wraps a data key, 65 bytes for one of 32.
///
/// `1 ‖ u32 key version ‖ nonce 12 ‖ ciphertext ‖ tag 16`, AES-256-GCM under that version of the
/// key; AAD = the first 5 bytes ‖ the canonical context. The nonce is random: a version is to be
/// rotated before it wrapped 2^32 data keys (NIST SP 800-38D section 8.3).
enum LocalWrap {
    private static let format: UInt8 = 1
    private static let headCount = 5
    private static let wrappedCount = 65

    static func wrap(
        _ dataKey: DataKey,
        under key: DataKey,
        version: UInt32,
        context: EncryptionContext
    ) throws(KMSError) -> [UInt8] {
        var wrapped = [format]
        wrapped.append(bigEndian: version)
        let associated = wrapped + context.canonical
        do throws(CryptoError) {
            let nonce = try Random.bytes(AESGCM.nonceCount)
            wrapped += nonce
            wrapped += try key.withSpan { key throws(CryptoError) in
                try dataKey.withSpan { dataKey throws(CryptoError) in
                    try AESGCM.seal(
                        dataKey,
                        key: key,
                        nonce: nonce.span,
                        authenticating: associated.span
                    )
                }
            }
        } catch {
            throw KMSError(error)
        }
        return wrapped
    }

    /// Whether bytes have this form, and the version that they name.
    static func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin {
        guard wrapped.count == wrappedCount, let version = try? version(of: wrapped) else {
            return .foreign
        }
        return .version(version)
    }

    /// The version that wrapped a data key.
    ///
    /// - Throws: `.ciphertextInvalid`.
    static func version(of wrapped: [UInt8]) throws(KMSError) -> UInt32 {
        var cursor = ByteCursor(wrapped)
        guard cursor.readInteger(UInt8.self) == format,
            let version = cursor.readInteger(UInt32.self)
        else { throw .ciphertextInvalid }
        return version
    }

    /// The data key, 32 bytes.
    ///
    /// - Throws: `.ciphertextInvalid`.
    static func unwrap(
        _ wrapped: [UInt8],
        under key: DataKey,
        context: EncryptionContext
    ) throws(KMSError) -> DataKey {
        var cursor = ByteCursor(wrapped)
        guard let head = cursor.read(headCount), let nonce = cursor.read(AESGCM.nonceCount),
            cursor.remaining == 32 + AESGCM.tagCount, let sealed = cursor.read(cursor.remaining)
        else { throw .ciphertextInvalid }
        let associated = head + context.canonical
        do throws(CryptoError) {
            return DataKey(
                try key.withSpan { key throws(CryptoError) in
                    try AESGCM.openSecret(
                        Array(sealed).span,
                        key: key,
                        nonce: Array(nonce).span,
                        authenticating: Array(associated).span
                    )
                }
            )
        } catch {
            throw KMSError(error)
        }
    }
}
