internal import Crypto
public import Encoding
internal import HTTPWire
internal import Synchronization

/// A KMS in the transit engine of HashiCorp Vault or OpenBao.
///
/// A key is of type `aes256-gcm96`, derived: each encryption context derives a key of its own, so a
/// wrapped key opens in no other context, and can be rewrapped. A key that isn't derived would
/// ignore the context, so it is refused. Disabling is OpenBao's soft deletion; Vault has none.
public final class VaultKeyProvider: KeyProvider {
    /// Keys whose kind is remembered.
    private static let checkedCountMax = 4096

    let settings: VaultSettings
    let session: VaultSession
    private let checked = Mutex<Set<KeyID>>([])

    /// A provider; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - settings: where the keys are and who Sealgate is.
    ///   - transport: the way to the server.
    ///   - now: the clock that tokens age by.
    /// - Throws: `.misconfigured` for paths that can't be.
    public init(
        _ settings: VaultSettings,
        _ transport: any KMSTransport,
        now: @escaping @Sendable () -> Timestamp
    ) throws(KMSError) {
        try settings.check()
        self.settings = settings
        session = VaultSession(settings, transport, now: now)
    }

    /// Vault.
    public var kind: KeyProviderKind { .vault }

    /// Where the server is and how Sealgate logs in.
    public var summary: [JSONMember] {
        [
            JSONMember("address", .string(settings.address)),
            JSONMember("mount_path", .string(settings.mountPath)),
            JSONMember("kv_mount", settings.metadataMount.map { .string($0) } ?? nil),
            JSONMember("namespace", settings.namespace.map { .string($0) } ?? nil),
            JSONMember("auth_method", .string(settings.authentication.name)),
        ]
    }

    /// Seconds until the token ends.
    public var tokenExpiresInSeconds: Int64? { session.tokenExpiresInSeconds }

    /// Lets go of connections; see `KeyProvider`.
    public func retire() { session.retire() }

    /// Makes a key; see `KeyProvider`.
    ///
    /// Of two who make the same key at the same time both may be told that they did.
    public func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        let id: KeyID
        if let chosen = creation.id { id = chosen } else { id = try KeyID.random() }
        let path = try path("keys", id)
        let labels = try VaultLabels().changed(.description(creation.description))
            .changed(.tag(creation.tags))
        guard labels == VaultLabels() || settings.metadataMount != nil else { throw .notSupported }
        let found = try await session.send(.get, path)
        guard !found.isSuccess else { throw .conflict(id) }
        guard case .keyNotFound = found.failure(id) else { throw found.failure(id) }
        let body: JSONValue = ["type": .string(VaultKey.type), "derived": true]
        try await session.send(.post, path, body).requireSuccess(id)
        if labels != VaultLabels() {
            _ = try await changeLabels(id) { (_) throws(KMSError) in labels }
        }
        return try await describe(id)
    }

    /// Tells about a key; see `KeyProvider`.
    public func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        try await key(id).metadata(id, try await labels(id).labels)
    }

    /// Lists keys; see `KeyProvider`.
    ///
    /// Keys of the page that aren't Sealgate's kind are among the unreadable.
    public func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        let reply = try await session.send(.get, settings.mountPath + "/keys?list=true")
        // A mount without keys answers 404.
        guard reply.status != 404 || !reply.problem.isEmpty else { return KeyPage(keys: []) }
        try reply.requireSuccess()
        guard let names = reply.data?["keys"]?.array else { throw VaultReply.incomplete("keys") }
        var ids: [KeyID] = []
        var unreadable: [String] = []
        for name in names.compactMap({ $0.string }) {
            if let id = try? KeyID(name) { ids.append(id) } else { unreadable.append(name) }
        }
        return try await .describing(
            ids.sorted(),
            limit: limit,
            after: marker,
            unreadable: unreadable
        ) { id throws(KMSError) in try await self.describe(id) }
    }

    /// Makes and wraps a data key; see `KeyProvider`.
    public func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        let reply = try await use("datakey/plaintext", id, context, [JSONMember("bits", 256)])
        let wrapped = try VaultWrapped(reply.text("ciphertext"))
        return GeneratedDataKey(
            key: try reply.dataKey(),
            wrapped: wrapped.bytes,
            keyVersion: wrapped.version
        )
    }

    /// Unwraps a data key; see `KeyProvider`.
    public func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        try await use("decrypt", id, context, wrapped).dataKey()
    }

    /// Wraps a data key anew, inside the server; see `KeyProvider`.
    public func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        let reply = try await use("rewrap", id, context, wrapped)
        let wrapped = try VaultWrapped(reply.text("ciphertext"))
        return RewrappedDataKey(wrapped: wrapped.bytes, keyVersion: wrapped.version)
    }

    /// Wraps a data key that is there already; see `KeyProvider`.
    public func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        let plaintext = JSONMember("plaintext", .string(dataKey.base64))
        let reply = try await use("encrypt", id, context, [plaintext])
        let wrapped = try VaultWrapped(reply.text("ciphertext"))
        return RewrappedDataKey(wrapped: wrapped.bytes, keyVersion: wrapped.version)
    }

    /// What a wrapped key says of itself; see `KeyProvider`.
    public func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin {
        (try? VaultWrapped(wrapped)).map { .version($0.version) } ?? .foreign
    }

    /// Changes a key; see `KeyProvider`.
    ///
    /// A key whose deletion is due stays until an operator of the server deletes it.
    public func change(
        _ id: KeyID,
        _ change: KeyChange
    ) async throws(KMSError) -> KeyMetadata {
        let path = try path("keys", id)
        let state = try await describe(id).state
        if case .pendingDeletion = state, change.isRefusedOfPending {
            throw .keyPendingDeletion(id)
        }
        switch change {
        case .enable: try await soften(.post, path + "/soft-delete-restore", id)
        case .disable: try await soften(.delete, path + "/soft-delete", id)
        case .rotate: try await session.send(.post, path + "/rotate", [:]).requireSuccess(id)
        case .scheduleDeletion:
            // The date first: a key is pending only once it is soft-deleted too.
            _ = try await changeLabels(id) { labels throws(KMSError) in try labels.changed(change) }
            try await soften(.delete, path + "/soft-delete", id)
        case .cancelDeletion, .description, .tag, .untag:
            _ = try await changeLabels(id) { labels throws(KMSError) in try labels.changed(change) }
        }
        return try await describe(id)
    }

    private func soften(
        _ method: HTTPMethod,
        _ path: String,
        _ id: KeyID
    ) async throws(KMSError) {
        let reply = try await session.send(method, path)
        // HashiCorp Vault has no such path.
        guard reply.status != 404, reply.status != 405 else { throw .notSupported }
        try reply.requireSuccess(id)
    }

    // MARK: Using a key

    private func use(
        _ operation: String,
        _ id: KeyID,
        _ context: EncryptionContext,
        _ wrapped: [UInt8]
    ) async throws(KMSError) -> VaultReply {
        try await requireDerived(id)
        let text = try VaultWrapped(wrapped).text
        return try await use(operation, id, context, [JSONMember("ciphertext", .string(text))])
    }

    private func use(
        _ operation: String,
        _ id: KeyID,
        _ context: EncryptionContext,
        _ members: [JSONMember]
    ) async throws(KMSError) -> VaultReply {
        try await requireDerived(id)
        let context = JSONMember("context", .string(Base64.encode(context.canonical)))
        let path = try path(operation, id)
        let reply = try await session.send(.post, path, .object(members + [context]))
        guard !reply.isSuccess else { return reply }
        let failure = reply.failure(id)
        switch failure {
        case .keyDisabled:
            // Which of the two it is stands beside the key.
            let labels = try await labels(id).labels
            throw labels.deletion == nil ? failure : .keyPendingDeletion(id)
        case .keyNotFound: checked.withLock { _ = $0.remove(id) }
        default: break
        }
        throw failure
    }

    /// Makes sure, once for each key, that the context is bound to what it wraps.
    private func requireDerived(_ id: KeyID) async throws(KMSError) {
        if checked.withLock({ $0.contains(id) }) { return }
        _ = try await key(id)
    }

    private func key(_ id: KeyID) async throws(KMSError) -> VaultKey {
        let reply = try await session.send(.get, try path("keys", id))
        try reply.requireSuccess(id)
        let key = try VaultKey(reply)
        guard key.bindsContext else {
            throw .misconfigured(
                "key \(id) of the KMS is no \(VaultKey.type) key with derived=true; make another"
            )
        }
        checked.withLock { checked in
            if checked.count >= Self.checkedCountMax { checked.removeAll() }
            checked.insert(id)
        }
        return key
    }

    private func path(_ operation: String, _ id: KeyID) throws(KMSError) -> String {
        guard VaultName.isAllowed(id.name) else { throw .invalidKeyID(id.name) }
        return "\(settings.mountPath)/\(operation)/\(id.name)"
    }
}
