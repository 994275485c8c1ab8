internal import Crypto
public import Encoding

extension LocalKeyProvider {
    /// Makes what is missing of a local KMS: master key file, directory, one key; then opens it.
    ///
    /// What is there stays as it is, so that it may be called at every start of a trial set-up.
    ///
    /// - Parameters:
    ///   - directory: the directory of the key files; its parent exists.
    ///   - masterKeyFile: the file of the master key; better on another disk than the directory.
    ///   - defaultKeyID: the key to make.
    ///   - now: the clock that dates new keys.
    /// - Returns: the provider.
    /// - Throws: as `open` and `create`; `.stateUnsafe` where the master key file is missing and
    ///   the directory holds keys (its old one is the only one that opens them).
    public static func initialize(
        directory: String,
        masterKeyFile: String,
        defaultKeyID: KeyID,
        now: @escaping @Sendable () -> Timestamp
    ) async throws(KMSError) -> LocalKeyProvider {
        try await FileThread().run { () throws(KMSError) in
            try makeMasterKeyFile(masterKeyFile, for: directory)
        }
        let settings = LocalKeySettings(directory: directory, master: .keyFile(masterKeyFile))
        let provider = try await open(settings, now: now)
        do throws(KMSError) {
            _ = try await provider.create(KeyCreation(id: defaultKeyID))
        } catch {
            // A damaged key of that name is not made anew: objects depend on the old one.
            guard error == .conflict(defaultKeyID) else { throw error }
            _ = try await provider.describe(defaultKeyID)
        }
        return provider
    }

    private static func makeMasterKeyFile(
        _ path: String,
        for directory: String
    ) throws(KMSError) {
        let store = try FileKeyStore(path: directory)
        // With keys in the directory a new master key would open none of them.
        guard try !store.names().contains(MasterKeyCheck.name) else { return }
        let key: DataKey
        do throws(CryptoError) { key = DataKey(try SecretBytes.random(count: 32)) } catch {
            throw KMSError(error)
        }
        var bytes = key.withSpan { span in (0..<span.count).map { span[$0] } }
        var text = Base64.encodeBytes(bytes) + [0x0a]
        defer {
            ConstantTime.wipe(&bytes)
            ConstantTime.wipe(&text)
        }
        _ = try FileKeyStore.createSecret(path, text)
    }
}
