internal import Crypto
internal import Encoding

/// Where a local provider's master key comes from; exactly one of the three.
public enum MasterKeySource: Sendable {
    /// The key itself, 32 bytes, as `MasterKeySource.decode` reads it out of a setting.
    case key(DataKey)
    /// A file of 44 characters of base64, mode 0600: 32 bytes.
    case keyFile(String)
    /// A file that holds a passphrase of 12 bytes or more, mode 0600; scrypt makes the key of it.
    case passphraseFile(String)

    /// The key of a setting's text, 44 characters of base64.
    ///
    /// - Throws: `.stateUnsafe` for anything but 32 bytes, `.cryptographyFailed`.
    public static func decode(_ text: String) throws(KMSError) -> MasterKeySource {
        .key(try MasterKey.decode(Array(text.utf8), from: "master_key"))
    }
}

/// The key that seals key files, and one derived from it that authenticates them.
struct MasterKey: Sendable {
    private let key: DataKey
    private let macKey: DataKey

    /// A master key that isn't obviously a placeholder.
    ///
    /// - Throws: `.stateUnsafe` for a byte repeated 32 times, zeros among them.
    init(_ key: DataKey) throws(KMSError) {
        guard key.bytes.count == 32 else { throw .stateUnsafe("the master key isn't 32 bytes") }
        guard !Self.isOneByteRepeated(key) else {
            throw .stateUnsafe(
                "the master key is one byte repeated; make one with: openssl rand -base64 32"
            )
        }
        self.key = key
        do throws(CryptoError) {
            let info = Array("sealgate/local/v1/mac\0".utf8)
            macKey = DataKey(try HKDF.expand(key.bytes, info: info.span, count: 48))
        } catch {
            throw KMSError(error)
        }
    }

    /// The key that base64 text spells; a line's end may follow it.
    ///
    /// The text is wiped.
    ///
    /// - Throws: `.stateUnsafe` for anything but 32 bytes, `.cryptographyFailed`.
    static func decode(_ text: consuming [UInt8], from place: String) throws(KMSError) -> DataKey {
        var text = text
        defer { ConstantTime.wipe(&text) }
        var bytes = Base64.decode(text[..<lineEnd(text)]) ?? []
        defer { ConstantTime.wipe(&bytes) }
        guard bytes.count == 32 else {
            throw .stateUnsafe(
                "\(place) isn't 32 bytes of base64; make it with: openssl rand -base64 32"
            )
        }
        do throws(CryptoError) { return DataKey(try SecretBytes(copying: bytes.span)) } catch {
            throw KMSError(error)
        }
    }

    /// The key that scrypt makes of a passphrase; a line's end behind it doesn't count.
    ///
    /// - Throws: `.stateUnsafe` for a passphrase under 12 bytes or of one byte repeated,
    ///   `.cryptographyFailed`.
    static func derive(
        _ passphrase: consuming [UInt8],
        from place: String,
        _ scrypt: Scrypt,
        salt: [UInt8]
    ) throws(KMSError) -> DataKey {
        var text = passphrase
        defer { ConstantTime.wipe(&text) }
        let count = lineEnd(text)
        guard count >= 12, text[..<count].contains(where: { $0 != text[0] }) else {
            throw .stateUnsafe("\(place) holds no passphrase of 12 characters or more")
        }
        do throws(CryptoError) {
            let secret = try SecretBytes(copying: text.span.extracting(0..<count))
            return DataKey(try scrypt.derive(passphrase: secret, salt: salt, count: 32))
        } catch {
            throw KMSError(error)
        }
    }

    /// Nonce and AES-256-GCM ciphertext of a secret.
    func seal(
        _ secret: Span<UInt8>,
        _ associated: [UInt8]
    ) throws(KMSError) -> (nonce: [UInt8], sealed: [UInt8]) {
        do throws(CryptoError) {
            let nonce = try Random.bytes(AESGCM.nonceCount)
            let sealed = try key.withSpan { key throws(CryptoError) in
                try AESGCM.seal(
                    secret,
                    key: key,
                    nonce: nonce.span,
                    authenticating: associated.span
                )
            }
            return (nonce, sealed)
        } catch {
            throw KMSError(error)
        }
    }

    /// The secret that `seal` sealed.
    ///
    /// - Throws: `.ciphertextInvalid`.
    func open(
        _ sealed: [UInt8],
        nonce: [UInt8],
        _ associated: [UInt8]
    ) throws(KMSError) -> DataKey {
        do throws(CryptoError) {
            return DataKey(
                try key.withSpan { key throws(CryptoError) in
                    try AESGCM.openSecret(
                        sealed.span,
                        key: key,
                        nonce: nonce.span,
                        authenticating: associated.span
                    )
                }
            )
        } catch {
            throw KMSError(error)
        }
    }

    /// HMAC-SHA-384 of a file's text, 48 bytes.
    func code(_ text: [UInt8]) throws(KMSError) -> [UInt8] {
        do throws(CryptoError) {
            return try macKey.withSpan { key throws(CryptoError) in
                try HMAC.code(.sha384, key: key, message: text.span)
            }
        } catch {
            throw KMSError(error)
        }
    }

    private static func isOneByteRepeated(_ key: DataKey) -> Bool {
        key.withSpan { key in
            var difference: UInt8 = 0
            for index in 1..<key.count { difference |= key[index] ^ key[0] }
            return difference == 0
        }
    }

    private static func lineEnd(_ text: [UInt8]) -> Int {
        var count = text.count
        if count > 0, text[count - 1] == 0x0a { count -= 1 }
        if count > 0, text[count - 1] == 0x0d { count -= 1 }
        return count
    }
}

extension KMSError {
    /// What a failure of cryptography means for a key.
    init(_ error: CryptoError) {
        switch error {
        case .authenticationFailed, .lengthInvalid: self = .ciphertextInvalid
        case .libraryFailure, .randomUnavailable, .secretMemoryExhausted:
            self = .cryptographyFailed
        }
    }
}
