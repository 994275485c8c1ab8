internal import Crypto
internal import Encoding

/// A key of the local provider: what is told about it, and the key of each version.
struct LocalKey: Sendable {
    /// Versions that a key may have.
    static let versionCountMax = 1000
    static let descriptionCountMax = 8192
    static let tagCountMax = 50

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
        try checkLimits()
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
        var key = self
        switch change {
        case .cancelDeletion:
            if case .pendingDeletion = metadata.state { key.metadata.state = .disabled }
        case .description(let text): key.metadata.description = text
        case .disable:
            try requireNoDeletion()
            key.metadata.state = .disabled
        case .enable:
            try requireNoDeletion()
            key.metadata.state = .enabled
        case .rotate:
            try requireNoDeletion()
            try key.addVersion(now: now)
        case .scheduleDeletion(let time): key.metadata.state = .pendingDeletion(time)
        case .tag(let tags):
            for tag in tags {
                key.metadata.tags.removeAll { $0.name == tag.name }
                key.metadata.tags.append(tag)
            }
            key.metadata.tags.sort { $0.name < $1.name }
        case .untag(let names): key.metadata.tags.removeAll { names.contains($0.name) }
        }
        try key.checkLimits()
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

    private func requireNoDeletion() throws(KMSError) {
        if case .pendingDeletion = metadata.state { throw .keyPendingDeletion(metadata.id) }
    }

    private func checkLimits() throws(KMSError) {
        guard metadata.description.utf8.count <= Self.descriptionCountMax else {
            throw .limitExceeded("\(Self.descriptionCountMax) bytes of description")
        }
        guard metadata.tags.count <= Self.tagCountMax else {
            throw .limitExceeded("\(Self.tagCountMax) tags of a key")
        }
        for tag in metadata.tags {
            guard (1...128).contains(tag.name.utf8.count), tag.value.utf8.count <= 256 else {
                throw .limitExceeded("128 bytes of a tag's name and 256 of its value")
            }
        }
    }
}
