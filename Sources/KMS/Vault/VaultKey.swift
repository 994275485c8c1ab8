internal import Encoding

/// What the transit engine says of a key.
struct VaultKey {
    static let type = "aes256-gcm96"

    /// Whether a wrapped key opens in its own context alone.
    let bindsContext: Bool
    private let isSoftDeleted: Bool
    private let created: Timestamp
    private let currentVersion: UInt32

    /// - Throws: `.unreachable` for an answer that lacks something.
    init(_ reply: VaultReply) throws(KMSError) {
        currentVersion = try reply.version("latest_version")
        bindsContext =
            reply.data?["type"]?.string == Self.type && reply.data?["derived"]?.boolean == true
            && reply.data?["convergent_encryption"]?.boolean != true
        isSoftDeleted = reply.data?["soft_deleted"]?.boolean ?? false
        // Versions that were trimmed away are missing; kinds of key but these give no times.
        let times = (reply.data?["keys"]?.object ?? []).compactMap { $0.value.integer }
        let first = min(max(times.min() ?? 0, 0), Int64.max / 1000)
        created = Timestamp(seconds: first)
    }

    func metadata(_ id: KeyID, _ labels: VaultLabels) -> KeyMetadata {
        var state = KeyState.enabled
        if isSoftDeleted { state = labels.deletion.map { .pendingDeletion($0) } ?? .disabled }
        return KeyMetadata(
            id: id,
            description: labels.description,
            state: state,
            created: created,
            currentVersion: currentVersion,
            tags: labels.tags
        )
    }
}

/// What the transit engine can't keep of a key: words, labels, and when it is to be deleted.
struct VaultLabels: Equatable {
    var description = ""
    var tags: [KeyTag] = []
    var deletion: Timestamp?

    init() {}

    /// The labels that `json` wrote; `nil` for anything else.
    init?(_ value: JSONValue) {
        guard let description = value["description"]?.string, let members = value["tags"]?.object
        else { return nil }
        self.description = description
        for member in members {
            guard let text = member.value.string else { return nil }
            tags.append(KeyTag(member.name, text))
        }
        tags.sort { $0.name < $1.name }
        switch value["deletion"] {
        case .none, .null: deletion = nil
        case .integer(let milliseconds): deletion = Timestamp(milliseconds: milliseconds)
        default: return nil
        }
    }

    var json: JSONValue {
        [
            "description": .string(description),
            "tags": .object(tags.map { JSONMember($0.name, .string($0.value)) }),
            "deletion": deletion.map { .integer($0.milliseconds) } ?? nil,
        ]
    }

    /// The labels as a change makes them, within the limits of every key.
    ///
    /// - Throws: `.limitExceeded`.
    func changed(_ change: KeyChange) throws(KMSError) -> VaultLabels {
        var labels = self
        switch change {
        case .cancelDeletion: labels.deletion = nil
        case .scheduleDeletion(let time): labels.deletion = time
        case .description(let text): labels.description = text
        case .tag(let tags): labels.tags.replace(by: tags)
        case .untag(let names): labels.tags.removeAll { names.contains($0.name) }
        case .disable, .enable, .rotate: break
        }
        try KeyMetadata.checkLimits(labels.description, labels.tags)
        return labels
    }
}

/// A wrapped data key as the transit engine writes it: `vault:v<version>:<base64>`.
struct VaultWrapped {
    /// Nonce 12, ciphertext 32, tag 16.
    private static let sealedCount = 60

    let text: String
    let version: UInt32

    var bytes: [UInt8] { Array(text.utf8) }

    /// - Throws: `.ciphertextInvalid` for other forms, and other spellings of the same.
    init(_ text: String) throws(KMSError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "vault", parts[1].first == "v",
            let number = UInt32(parts[1].dropFirst()), number > 0, parts[1] == "v\(number)",
            Base64.decode(parts[2].utf8)?.count == Self.sealedCount
        else { throw .ciphertextInvalid }
        self.text = text
        version = number
    }

    init(_ bytes: [UInt8]) throws(KMSError) {
        guard let text = String(utf8: bytes) else { throw .ciphertextInvalid }
        try self.init(text)
    }
}
