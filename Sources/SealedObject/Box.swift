internal import Crypto

/// A key and a nonce for one message: `key 32 ‖ nonce 12 = Expand(K, info, 44)`.
struct Box: ~Copyable {
    /// Bytes of key and nonce.
    static let derivedCount = 44

    /// The key, then what else was derived with it.
    let derived: SecretBytes
    private let nonceRange: Range<Int>

    /// Derives key and nonce from a key of 32 bytes.
    init(_ key: borrowing SecretBytes, info: [UInt8]) throws(SealedObjectError) {
        guard key.count == SealedFormat.keyCount else { throw .lengthInvalid }
        do throws(CryptoError) {
            derived = try HKDF.expand(key, info: info.span, count: Self.derivedCount)
        } catch {
            throw .crypto(error)
        }
        nonceRange = 32..<44
    }

    /// Key and nonce derived elsewhere, 44 bytes; or more, with the nonce at another place.
    init(derived: consuming SecretBytes, nonceRange: Range<Int> = 32..<44) {
        self.derived = derived
        self.nonceRange = nonceRange
    }

    /// Appends ciphertext, then tag, which authenticate the bytes before them.
    func append(sealing plaintext: Span<UInt8>, to bytes: inout [UInt8]) throws(SealedObjectError) {
        do throws(CryptoError) {
            try AESGCM.append(
                sealing: plaintext,
                key: derived.span.extracting(0..<32),
                nonce: derived.span.extracting(nonceRange),
                to: &bytes
            )
        } catch {
            throw .crypto(error)
        }
    }

    /// Ciphertext, then tag.
    func seal(
        _ plaintext: [UInt8],
        authenticating associated: [UInt8]
    ) throws(SealedObjectError) -> [UInt8] {
        do throws(CryptoError) {
            return try AESGCM.seal(
                plaintext.span,
                key: derived.span.extracting(0..<32),
                nonce: derived.span.extracting(nonceRange),
                authenticating: associated.span
            )
        } catch {
            throw .crypto(error)
        }
    }

    /// The plaintext, or `nil` when the tag differs.
    func open(
        _ sealed: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(SealedObjectError) -> [UInt8]? {
        do throws(CryptoError) {
            return try AESGCM.open(
                sealed,
                key: derived.span.extracting(0..<32),
                nonce: derived.span.extracting(nonceRange),
                authenticating: associated
            )
        } catch .authenticationFailed {
            return nil
        } catch {
            throw .crypto(error)
        }
    }

    /// The plaintext, which is a key.
    ///
    /// - Throws: `.keyBoxRefused` when the tag differs, `.crypto`.
    func openKey(
        _ sealed: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(SealedObjectError) -> SecretBytes {
        do throws(CryptoError) {
            return try AESGCM.openSecret(
                sealed,
                key: derived.span.extracting(0..<32),
                nonce: derived.span.extracting(nonceRange),
                authenticating: associated
            )
        } catch .authenticationFailed {
            throw .keyBoxRefused
        } catch {
            throw .crypto(error)
        }
    }
}
