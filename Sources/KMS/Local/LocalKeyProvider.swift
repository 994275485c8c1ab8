public import Crypto
public import Encoding
internal import Synchronization

/// Where a local provider finds its keys and their master key.
public struct LocalKeySettings: Sendable {
    /// The directory of the key files, 0700; made where there is none.
    public var directory: String
    /// The master key.
    public var master: MasterKeySource
    /// Whether the directory is only read, beside the process that holds its lock.
    public var isReadOnly = false
    /// What scrypt costs where a directory is begun with a passphrase.
    public var scrypt = Scrypt.standard

    /// Settings from their parts.
    public init(directory: String, master: MasterKeySource) {
        self.directory = directory
        self.master = master
    }
}

/// A KMS in files on this machine: one a key, sealed under a master key.
///
/// All keys are in memory from the start, so wrapping and unwrapping touch no file; changes are
/// written on a thread of their own, and take effect after they were read back.
public final class LocalKeyProvider: KeyProvider {
    /// Keys that a directory may hold.
    public static let keyCountMax = 4096

    struct State {
        var keys: [KeyID: LocalKey] = [:]
        var unreadable: Set<String> = []
    }

    let store: FileKeyStore
    let master: MasterKey
    let files: FileThread
    private let now: @Sendable () -> Timestamp
    let state: Mutex<State>

    private init(
        _ store: FileKeyStore,
        _ master: MasterKey,
        _ files: FileThread,
        _ state: State,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.master = master
        self.files = files
        self.state = Mutex(state)
        self.now = now
    }

    /// Opens a directory, proves the master key and reads every key.
    ///
    /// - Parameters:
    ///   - settings: directory and master key.
    ///   - now: the clock that dates new keys.
    /// - Returns: the provider; it holds the directory's lock unless it only reads.
    /// - Throws: `.stateUnsafe` for unsafe modes, a wrong, lost or trivial master key, or a
    ///   directory in use; `.limitExceeded`; `.cryptographyFailed`. A damaged key file is no
    ///   failure: listings name it.
    public static func open(
        _ settings: LocalKeySettings,
        now: @escaping @Sendable () -> Timestamp
    ) async throws(KMSError) -> LocalKeyProvider {
        try await open(settings, now: now, dies: nil)
    }

    static func open(
        _ settings: LocalKeySettings,
        now: @escaping @Sendable () -> Timestamp,
        dies: (@Sendable (FileWriteStep) -> Bool)?
    ) async throws(KMSError) -> LocalKeyProvider {
        let files = FileThread()
        return try await files.run { () throws(KMSError) in
            let store = try FileKeyStore(
                path: settings.directory,
                isReadOnly: settings.isReadOnly,
                dies: dies
            )
            let master = try MasterKeyCheck.open(store, settings.master, settings.scrypt)
            let state = try load(store, master)
            return LocalKeyProvider(store, master, files, state, now: now)
        }
    }

    private static func load(
        _ store: FileKeyStore,
        _ master: MasterKey
    ) throws(KMSError) -> State {
        var state = State()
        for name in try store.names() where name.hasSuffix(LocalKeyFile.suffix) {
            let stem = String(name.dropLast(LocalKeyFile.suffix.count))
            guard let bytes = try store.read(name) else { continue }
            do throws(KMSError) {
                let id = try KeyID(stem)
                state.keys[id] = try LocalKeyFile.decode(bytes, id, master)
            } catch {
                switch error {
                case .invalidKeyID, .keyUnreadable: state.unreadable.insert(stem)
                default: throw error
                }
            }
        }
        guard state.keys.count <= keyCountMax else { throw .limitExceeded("\(keyCountMax) keys") }
        return state
    }

    /// Local.
    public var kind: KeyProviderKind { .local }

    /// The directory and how many keys are in it.
    public var summary: [JSONMember] {
        let counts = state.withLock { ($0.keys.count, $0.unreadable.count) }
        return [
            JSONMember("key_dir", .string(store.path)),
            JSONMember("keys", .integer(Int64(counts.0))),
            JSONMember("unreadable_keys", .integer(Int64(counts.1))),
        ]
    }

    /// Makes a key; see `KeyProvider`.
    public func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        let id: KeyID
        if let chosen = creation.id { id = chosen } else { id = try KeyID.random() }
        let name = try LocalKeyFile.name(id)
        return try await files.run { () throws(KMSError) in
            let (count, exists) = self.state.withLock { state in
                (state.keys.count, state.keys[id] != nil || state.unreadable.contains(id.name))
            }
            guard !exists else { throw .conflict(id) }
            guard count < Self.keyCountMax else { throw .limitExceeded("\(Self.keyCountMax) keys") }
            let blank = KeyMetadata(id: id, description: creation.description, created: self.now())
            let key = try LocalKey(blank).changed(.tag(creation.tags), now: blank.created)
            let bytes = try LocalKeyFile.encode(key, self.master)
            guard try self.store.write(name, bytes, isNew: true) else { throw .conflict(id) }
            self.state.withLock { $0.keys[id] = key }
            return key.metadata
        }
    }

    /// Tells about a key; see `KeyProvider`.
    public func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        try key(id).metadata
    }

    /// Lists keys; see `KeyProvider`.
    public func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        let limit = min(max(limit, 1), 1000)
        return state.withLock { state in
            let keys = state.keys.values.map(\.metadata).sorted { $0.id < $1.id }
            let rest = keys.drop { key in marker.map { key.id <= $0 } ?? false }
            let page = Array(rest.prefix(limit))
            return KeyPage(
                keys: page,
                nextMarker: rest.count > page.count ? page.last?.id : nil,
                unreadable: state.unreadable.sorted()
            )
        }
    }

    /// Makes and wraps a data key; see `KeyProvider`.
    public func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        let dataKey: DataKey
        do throws(CryptoError) { dataKey = DataKey(try SecretBytes.random(count: 32)) } catch {
            throw KMSError(error)
        }
        let wrapped = try wrap(dataKey, under: try usableKey(id), context)
        return GeneratedDataKey(
            key: dataKey,
            wrapped: wrapped.wrapped,
            keyVersion: wrapped.keyVersion
        )
    }

    /// Unwraps a data key; see `KeyProvider`.
    public func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        try unwrap(wrapped, under: try usableKey(id), context)
    }

    /// Wraps a data key anew; see `KeyProvider`.
    public func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        let key = try usableKey(id)
        return try wrap(try unwrap(wrapped, under: key, context), under: key, context)
    }

    /// Wraps a data key that is there already; see `KeyProvider`.
    public func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try wrap(dataKey, under: try usableKey(id), context)
    }

    /// What a wrapped key says of itself; see `KeyProvider`.
    public func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin {
        LocalWrap.recognize(wrapped)
    }

    /// Changes a key; see `KeyProvider`.
    ///
    /// A key whose deletion is due stays until its file is removed.
    public func change(
        _ id: KeyID,
        _ change: KeyChange
    ) async throws(KMSError) -> KeyMetadata {
        try await files.run { () throws(KMSError) in
            let key = try self.key(id).changed(change, now: self.now())
            let bytes = try LocalKeyFile.encode(key, self.master)
            _ = try self.store.write(try LocalKeyFile.name(id), bytes, isNew: false)
            self.state.withLock { $0.keys[id] = key }
            return key.metadata
        }
    }

    private func key(_ id: KeyID) throws(KMSError) -> LocalKey {
        let (key, isUnreadable) = state.withLock {
            ($0.keys[id], $0.unreadable.contains(id.name))
        }
        guard !isUnreadable else { throw .keyUnreadable(id) }
        guard let key else { throw .keyNotFound(id) }
        return key
    }

    private func usableKey(_ id: KeyID) throws(KMSError) -> LocalKey {
        let key = try key(id)
        try key.metadata.requireUsable()
        return key
    }

    private func wrap(
        _ dataKey: DataKey,
        under key: LocalKey,
        _ context: EncryptionContext
    ) throws(KMSError) -> RewrappedDataKey {
        let version = key.metadata.currentVersion
        guard let versionKey = key.key(version) else { throw .keyUnreadable(key.metadata.id) }
        let wrapped = try LocalWrap.wrap(
            dataKey,
            under: versionKey,
            version: version,
            context: context
        )
        return RewrappedDataKey(wrapped: wrapped, keyVersion: version)
    }

    private func unwrap(
        _ wrapped: [UInt8],
        under key: LocalKey,
        _ context: EncryptionContext
    ) throws(KMSError) -> DataKey {
        guard let versionKey = key.key(try LocalWrap.version(of: wrapped)) else {
            throw .ciphertextInvalid
        }
        return try LocalWrap.unwrap(wrapped, under: versionKey, context: context)
    }
}
