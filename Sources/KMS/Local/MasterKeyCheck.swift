internal import Crypto
internal import Encoding

/// The file that tells at start whether a master key is the directory's: `master.check`.
///
/// A JSON object: a known text sealed under the master key, and for a passphrase scrypt's
/// parameters and salt. Without it no key of a passphrase's directory opens again: it belongs into
/// backups.
enum MasterKeyCheck {
    static let name = "master.check"
    private static let format: JSONValue = "sealgate-local-check-1"
    private static let text = Array("sealgate local master key".utf8)
    private static let associated = Array("sealgate/local/v1/check\0".utf8)

    /// The directory's master key, proved; a directory without keys takes any, and keeps to it.
    ///
    /// - Throws: `.stateUnsafe` for an unsafe or wrong master key, or a check file that is damaged
    ///   or missing beside keys; `.cryptographyFailed`.
    static func open(
        _ store: FileKeyStore,
        _ source: MasterKeySource,
        _ scrypt: Scrypt
    ) throws(KMSError) -> MasterKey {
        guard let bytes = try store.read(name) else {
            return try begin(store, source, scrypt)
        }
        guard let file = try? JSONValue(reading: bytes), file["format"] == format,
            let nonce = file["nonce"]?.string.flatMap({ Base64.decode($0) }),
            let sealed = file["sealed"]?.string.flatMap({ Base64.decode($0) }),
            let derivation = derivation(file)
        else { throw damaged(store) }
        let master = try MasterKey(key(source, derivation, store))
        do throws(KMSError) {
            guard try master.open(sealed, nonce: nonce, associated).bytes.count == text.count else {
                throw damaged(store)
            }
        } catch {
            guard error == .ciphertextInvalid else { throw error }
            throw .stateUnsafe(
                "the master key isn't the one that sealed \(store.path); give that one back, or "
                    + "restore the directory that belongs to this one"
            )
        }
        return master
    }

    private enum Derivation {
        case none
        case scrypt(Scrypt, salt: [UInt8])
    }

    private static func begin(
        _ store: FileKeyStore,
        _ source: MasterKeySource,
        _ scrypt: Scrypt
    ) throws(KMSError) -> MasterKey {
        guard try !store.names().contains(where: { $0.hasSuffix(LocalKeyFile.suffix) }) else {
            throw .stateUnsafe(
                "\(store.path)/\(name) is missing beside key files; restore it from a backup"
            )
        }
        var members = [JSONMember("format", format)]
        var derivation = Derivation.none
        if case .passphraseFile = source {
            let salt: [UInt8]
            do throws(CryptoError) { salt = try Random.bytes(32) } catch { throw KMSError(error) }
            derivation = .scrypt(scrypt, salt: salt)
            members.append(JSONMember("scrypt", scrypt.json(salt: salt)))
        }
        let master = try MasterKey(key(source, derivation, store))
        let box = try master.seal(text.span, associated)
        members.append(JSONMember("nonce", .string(Base64.encode(box.nonce))))
        members.append(JSONMember("sealed", .string(Base64.encode(box.sealed))))
        let bytes = JSONValue.object(members).encode() + [0x0a]
        guard try store.write(name, bytes, isNew: true) else { throw damaged(store) }
        return master
    }

    private static func key(
        _ source: MasterKeySource,
        _ derivation: Derivation,
        _ store: FileKeyStore
    ) throws(KMSError) -> DataKey {
        switch (source, derivation) {
        case (.key(let key), .none): return key
        case (.keyFile(let path), .none):
            return try MasterKey.decode(try FileKeyStore.readSecret(path), from: path)
        case (.passphraseFile(let path), .scrypt(let scrypt, let salt)):
            let passphrase = try FileKeyStore.readSecret(path)
            return try MasterKey.derive(passphrase, from: path, scrypt, salt: salt)
        case (_, .none):
            throw .stateUnsafe(
                "\(store.path) is sealed by a master key, not by a passphrase; set master_key_file"
            )
        case (_, .scrypt):
            throw .stateUnsafe("\(store.path) is sealed by a passphrase; set passphrase_file")
        }
    }

    private static func derivation(_ file: JSONValue) -> Derivation? {
        guard let parameters = file["scrypt"] else { return Derivation.none }
        return Scrypt.read(parameters).map { .scrypt($0.scrypt, salt: $0.salt) }
    }

    private static func damaged(_ store: FileKeyStore) -> KMSError {
        .stateUnsafe("\(store.path)/\(name) is damaged; restore it from a backup")
    }
}
