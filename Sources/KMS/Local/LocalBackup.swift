internal import Crypto
internal import Encoding
internal import Synchronization

/// All keys of a local provider in one text, sealed under a passphrase instead of the master key.
///
/// A JSON object: `format`, scrypt's parameters and salt, `keys` (each as its file would be under
/// the key that scrypt makes), and `mac`, as of a key file, so that none can be taken out.
enum LocalBackup {
    private static let format: JSONValue = "sealgate-local-backup-1"
    private static let sizeMax = 64 << 20

    static func encode(
        _ keys: [LocalKey],
        passphrase: consuming [UInt8],
        from place: String,
        _ scrypt: Scrypt
    ) throws(KMSError) -> [UInt8] {
        let salt: [UInt8]
        do throws(CryptoError) { salt = try Random.bytes(32) } catch { throw KMSError(error) }
        let master = try MasterKey(
            MasterKey.derive(passphrase, from: place, scrypt, salt: salt)
        )
        var documents: [JSONValue] = []
        for key in keys {
            let bytes = try LocalKeyFile.encode(key, master)
            guard let document = try? JSONValue(reading: bytes) else {
                throw .keyUnreadable(key.metadata.id)
            }
            documents.append(document)
        }
        var members = [
            JSONMember("format", format), JSONMember("scrypt", scrypt.json(salt: salt)),
            JSONMember("keys", .array(documents)),
        ]
        let code = try master.code(JSONValue.object(members).encode())
        members.append(JSONMember("mac", .string(Base64.encode(code))))
        return JSONValue.object(members).encode() + [0x0a]
    }

    /// The keys of a backup, all proved.
    ///
    /// - Throws: `.stateUnsafe` for a wrong passphrase or a backup that was changed.
    static func decode(
        _ bytes: [UInt8],
        passphrase: consuming [UInt8],
        from place: String
    ) throws(KMSError) -> [LocalKey] {
        guard
            let file = try? JSONValue(reading: bytes, limits: JSONLimits(sizeMax: sizeMax)),
            file["format"] == format, let (scrypt, salt) = Scrypt.read(file["scrypt"]),
            let documents = file["keys"]?.array, var members = file.object,
            let last = members.popLast(), last.name == "mac",
            let code = last.value.string.flatMap({ Base64.decode($0) })
        else { throw .stateUnsafe("this is no backup of local keys, or it is damaged") }
        let master = try MasterKey(
            MasterKey.derive(passphrase, from: place, scrypt, salt: salt)
        )
        guard ConstantTime.equal(code, try master.code(JSONValue.object(members).encode())) else {
            throw .stateUnsafe(
                "\(place) isn't the backup's passphrase, or the backup was changed"
            )
        }
        var keys: [LocalKey] = []
        for document in documents {
            let id = try KeyID(document["key_id"]?.string ?? "")
            keys.append(try LocalKeyFile.decode(document.encode(), id, master))
        }
        return keys
    }
}

extension LocalKeyProvider {
    /// All keys, sealed under a passphrase; needs neither folder nor master key to be restored.
    ///
    /// - Parameter passphraseFile: a file of 12 characters or more, mode 0600.
    /// - Returns: the backup.
    /// - Throws: `.keyUnreadable` where a key's file is damaged: a backup without it would pass for
    ///   a whole one; `.stateUnsafe`, `.cryptographyFailed`.
    public func backup(passphraseFile: String) async throws(KMSError) -> [UInt8] {
        try await backup(passphraseFile: passphraseFile, .standard)
    }

    func backup(
        passphraseFile: String,
        _ scrypt: Scrypt
    ) async throws(KMSError) -> [UInt8] {
        let (keys, unreadable) = state.withLock { state in
            (state.keys.values.sorted { $0.metadata.id < $1.metadata.id }, state.unreadable)
        }
        if let name = unreadable.sorted().first { throw .keyUnreadable(try KeyID(name)) }
        return try await files.run { () throws(KMSError) in
            try LocalBackup.encode(
                keys,
                passphrase: try FileKeyStore.readSecret(passphraseFile),
                from: passphraseFile,
                scrypt
            )
        }
    }

    /// Puts the keys of a backup into the folder, sealed under its master key.
    ///
    /// - Returns: the names of the keys.
    /// - Throws: `.conflict` for a key that is there already, and then none is written;
    ///   `.stateUnsafe`, `.limitExceeded`.
    public func restore(
        _ backup: [UInt8],
        passphraseFile: String
    ) async throws(KMSError) -> [KeyID] {
        try await files.run { () throws(KMSError) in
            let keys = try LocalBackup.decode(
                backup,
                passphrase: try FileKeyStore.readSecret(passphraseFile),
                from: passphraseFile
            )
            let ids = keys.map(\.metadata.id)
            let (taken, count) = self.state.withLock { state in
                let taken = ids.first {
                    state.keys[$0] != nil || state.unreadable.contains($0.name)
                }
                return (taken, state.keys.count)
            }
            if let taken { throw .conflict(taken) }
            guard count + keys.count <= Self.keyCountMax else {
                throw .limitExceeded("\(Self.keyCountMax) keys")
            }
            for key in keys {
                let name = try LocalKeyFile.name(key.metadata.id)
                let bytes = try LocalKeyFile.encode(key, self.master)
                guard try self.store.write(name, bytes, isNew: true) else {
                    throw .conflict(key.metadata.id)
                }
                self.state.withLock { $0.keys[key.metadata.id] = key }
            }
            return ids
        }
    }
}

extension Scrypt {
    /// The parameters and a salt as local files have them.
    func json(salt: [UInt8]) -> JSONValue {
        [
            "n": .integer(Int64(cost)), "r": .integer(Int64(blockSize)),
            "p": .integer(Int64(parallelism)), "salt": .string(Base64.encode(salt)),
        ]
    }

    /// What `json` wrote; `nil` for anything else.
    static func read(_ json: JSONValue?) -> (scrypt: Scrypt, salt: [UInt8])? {
        guard let cost = json?["n"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let blockSize = json?["r"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let parallelism = json?["p"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let salt = json?["salt"]?.string.flatMap({ Base64.decode($0) }), salt.count == 32,
            let scrypt = Scrypt(checking: cost, blockSize: blockSize, parallelism: parallelism)
        else { return nil }
        return (scrypt, salt)
    }
}
