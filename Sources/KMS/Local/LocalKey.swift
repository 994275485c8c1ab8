internal import Crypto
internal import Encoding

/// A key of the local provider: what is told about it, and the key of each version.
struct LocalKey: Sendable {
    /// Versions that a key may have.
    static let versionCountMax = 1000

    struct Version: Sendable {
        var number: UInt32
        var created: Timestamp
        var key: DataKey
    }

    var metadata: KeyMetadata
    /// From 1, in their order, none missing.
    var versions: [Version]

    /// A new key with one version.
    init(_ metadata: KeyMetadata) throws(KMSError) {
        self.metadata = metadata
        versions = []
        try addVersion(now: metadata.created)
        try metadata.checkLimits()
    }

    init(metadata: KeyMetadata, versions: [Version]) {
        self.metadata = metadata
        self.versions = versions
    }

    /// The key of a version, `nil` for one there isn't.
    func key(_ version: UInt32) -> DataKey? {
        guard version >= 1, Int(version) <= versions.count else { return nil }
        return versions[Int(version) - 1].key
    }

    /// The key as a change makes it.
    ///
    /// - Throws: `.keyPendingDeletion`, `.limitExceeded`.
    func changed(_ change: KeyChange, now: Timestamp) throws(KMSError) -> LocalKey {
        if case .pendingDeletion = metadata.state, change.isRefusedOfPending {
            throw .keyPendingDeletion(metadata.id)
        }
        var key = self
        switch change {
        case .cancelDeletion:
            if case .pendingDeletion = metadata.state { key.metadata.state = .disabled }
        case .description(let text): key.metadata.description = text
        case .disable: key.metadata.state = .disabled
        case .enable: key.metadata.state = .enabled
        case .rotate: try key.addVersion(now: now)
        case .scheduleDeletion(let time): key.metadata.state = .pendingDeletion(time)
        case .tag(let tags): key.metadata.tags.replace(by: tags)
        case .untag(let names): key.metadata.tags.removeAll { names.contains($0.name) }
        }
        try key.metadata.checkLimits()
        return key
    }

    private mutating func addVersion(now: Timestamp) throws(KMSError) {
        guard versions.count < Self.versionCountMax else {
            throw .limitExceeded("\(Self.versionCountMax) versions of a key")
        }
        let number = UInt32(versions.count + 1)
        do throws(CryptoError) {
            let key = DataKey(try SecretBytes.random(count: 32))
            versions.append(Version(number: number, created: now, key: key))
        } catch {
            throw KMSError(error)
        }
        metadata.currentVersion = number
    }
}
