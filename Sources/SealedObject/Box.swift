internal import Crypto

/// A key and a nonce for one message: `key 32 ‖ nonce 12 = Expand(K, info, 44)`.
struct Box: ~Copyable {
    /// Bytes of key and nonce.
    static let derivedCount = 44

    private let derived: SecretBytes

    /// Derives key and nonce from a key of 32 bytes.
    init(_ key: borrowing SecretBytes, info: [UInt8]) throws(SealedObjectError) {
        guard key.count == SealedFormat.keyCount else { throw .lengthInvalid }
        do throws(CryptoError) {
            derived = try HKDF.expand(key, info: info, count: Self.derivedCount)
        } catch {
            throw .crypto(error)
        }
    }

    /// Key and nonce derived elsewhere, 44 bytes.
    init(derived: consuming SecretBytes) { self.derived = derived }

    /// Ciphertext, then tag.
    func seal(
        _ plaintext: [UInt8],
        authenticating associated: [UInt8]
    ) throws(SealedObjectError) -> [UInt8] {
        do throws(CryptoError) {
            return try AESGCM(key: derived.span.extracting(0..<32), .seal).seal(
                plaintext.span,
                nonce: derived.span.extracting(32..<44),
                authenticating: associated.span
            )
        } catch {
            throw .crypto(error)
        }
    }

    /// The plaintext, or `nil` when the tag differs.
    func open(
        _ sealed: [UInt8],
        authenticating associated: [UInt8]
    ) throws(SealedObjectError) -> [UInt8]? {
        do throws(CryptoError) {
            return try AESGCM(key: derived.span.extracting(0..<32), .open).open(
                sealed.span,
                nonce: derived.span.extracting(32..<44),
                authenticating: associated.span
            )
        } catch .authenticationFailed {
            return nil
        } catch {
            throw .crypto(error)
        }
    }
}
