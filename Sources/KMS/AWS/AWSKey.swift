internal import Encoding

/// What AWS KMS says of a key.
struct AWSKey {
    /// The key's own id.
    let id: String
    /// Whether it wraps data keys.
    let isSymmetric: Bool
    private let state: KeyState
    private let created: Timestamp
    private let description: String

    /// - Throws: `.unreachable` for an answer that lacks something or a state that passes.
    init(_ reply: AWSReply) throws(KMSError) {
        guard let key = reply.document["KeyMetadata"], let id = key["KeyId"]?.string else {
            throw .unreachable("the answer lacks KeyMetadata")
        }
        self.id = id
        let usage = key["KeyUsage"]?.string ?? "ENCRYPT_DECRYPT"
        isSymmetric =
            usage == "ENCRYPT_DECRYPT"
            && (key["KeySpec"]?.string ?? "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        description = key["Description"]?.string ?? ""
        created = Self.time(key["CreationDate"])
        switch key["KeyState"]?.string {
        case "Enabled": state = .enabled
        case "Disabled": state = .disabled
        case "PendingDeletion", "PendingReplicaDeletion":
            state = .pendingDeletion(Self.time(key["DeletionDate"]))
        default: throw .unreachable("the key's state is neither of those known")
        }
    }

    func metadata(_ id: KeyID, _ tags: [KeyTag]) -> KeyMetadata {
        KeyMetadata(id: id, description: description, state: state, created: created, tags: tags)
    }

    static func tags(_ reply: AWSReply) throws(KMSError) -> [KeyTag] {
        var tags: [KeyTag] = []
        for tag in reply.document["Tags"]?.array ?? [] {
            guard let name = tag["TagKey"]?.string, let value = tag["TagValue"]?.string else {
                throw .unreachable("the answer's tags are none")
            }
            tags.append(KeyTag(name, value))
        }
        return tags.sorted { $0.name < $1.name }
    }

    static func json(_ tags: [KeyTag]) -> JSONValue {
        .array(tags.map { ["TagKey": .string($0.name), "TagValue": .string($0.value)] })
    }

    /// Seconds since 1970, perhaps with a fraction; 1970 for what is none.
    private static func time(_ value: JSONValue?) -> Timestamp {
        switch value {
        case .integer(let seconds): Timestamp(seconds: min(max(seconds, 0), Int64.max / 1000))
        case .number(let seconds):
            Timestamp(milliseconds: Int64(exactly: (seconds * 1000).rounded()) ?? 0)
        default: Timestamp(seconds: 0)
        }
    }
}

/// How AWS KMS names keys.
enum AWSKeyName {
    /// `KeyId` of a request: an id or ARN as it is, anything else as an alias.
    static func reference(_ id: KeyID) -> String { isAlias(id) ? "alias/" + id.name : id.name }

    /// Whether a name is meant as an alias.
    static func isAlias(_ id: KeyID) -> Bool {
        let name = id.name
        return !name.hasPrefix("arn:") && !name.hasPrefix("alias/") && !name.hasPrefix("mrk-")
            && !isUUID(name)
    }

    private static func isUUID(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && parts.joined().utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            }
    }
}
