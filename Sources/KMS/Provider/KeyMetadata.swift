public import Encoding

/// Whether a key may be used.
public enum KeyState: Hashable, Sendable {
    /// It may.
    case enabled
    /// Not until it is enabled again.
    case disabled
    /// Not until the deletion is cancelled; gone at that time.
    case pendingDeletion(Timestamp)
}

/// What a provider tells about a key; nothing of it is secret.
public struct KeyMetadata: Equatable, Sendable {
    /// The key's name.
    public var id: KeyID
    /// A person's words about it, at most 8,192 bytes.
    public var description: String
    /// Whether it may be used.
    public var state: KeyState
    /// When it was made.
    public var created: Timestamp
    /// The version that wraps, from 1.
    public var currentVersion: UInt32
    /// Labels, ordered by name; at most 50.
    public var tags: [KeyTag]

    /// Metadata from its parts.
    public init(
        id: KeyID,
        description: String = "",
        state: KeyState = .enabled,
        created: Timestamp,
        currentVersion: UInt32 = 1,
        tags: [KeyTag] = []
    ) {
        self.id = id
        self.description = description
        self.state = state
        self.created = created
        self.currentVersion = currentVersion
        self.tags = tags
    }

    /// Nothing for a key that may be used.
    ///
    /// - Throws: `.keyDisabled`, `.keyPendingDeletion`.
    public func requireUsable() throws(KMSError) {
        switch state {
        case .enabled: return
        case .disabled: throw .keyDisabled(id)
        case .pendingDeletion: throw .keyPendingDeletion(id)
        }
    }
}

extension KeyMetadata {
    static let descriptionCountMax = 8192
    static let tagCountMax = 50

    func checkLimits() throws(KMSError) { try Self.checkLimits(description, tags) }

    /// Nothing where a description and labels are within the limits of every key.
    ///
    /// - Throws: `.limitExceeded`.
    static func checkLimits(_ description: String, _ tags: [KeyTag]) throws(KMSError) {
        guard description.utf8.count <= descriptionCountMax else {
            throw .limitExceeded("\(descriptionCountMax) bytes of description")
        }
        guard tags.count <= tagCountMax else {
            throw .limitExceeded("\(tagCountMax) tags of a key")
        }
        for tag in tags {
            guard (1...128).contains(tag.name.utf8.count), tag.value.utf8.count <= 256 else {
                throw .limitExceeded("128 bytes of a tag's name and 256 of its value")
            }
        }
    }
}

/// A label on a key.
public struct KeyTag: Hashable, Sendable {
    /// The label's name, 1 to 128 bytes.
    public var name: String
    /// Its value, at most 256 bytes.
    public var value: String

    /// A label from its parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [KeyTag] {
    /// Adds labels, or replaces those of the same name; ordered by name.
    mutating func replace(by tags: [KeyTag]) {
        for tag in tags {
            removeAll { $0.name == tag.name }
            append(tag)
        }
        sort { $0.name < $1.name }
    }
}

/// What a new key shall be.
public struct KeyCreation: Sendable {
    /// A chosen name; a random UUID without one.
    public var id: KeyID?
    /// A person's words about it, at most 8,192 bytes.
    public var description: String
    /// Labels, at most 50.
    public var tags: [KeyTag]

    /// A request for a key.
    public init(id: KeyID? = nil, description: String = "", tags: [KeyTag] = []) {
        self.id = id
        self.description = description
        self.tags = tags
    }
}

/// One page of a listing of keys, in the order of their names.
public struct KeyPage: Equatable, Sendable {
    /// The keys of the page.
    public var keys: [KeyMetadata]
    /// The marker that the next page begins behind; `nil` on the last page.
    public var nextMarker: KeyID?
    /// Keys that are there and can't be read, on every page: damaged, or sealed by another master.
    public var unreadable: [String]

    /// A page from its parts.
    public init(keys: [KeyMetadata], nextMarker: KeyID? = nil, unreadable: [String] = []) {
        self.keys = keys
        self.nextMarker = nextMarker
        self.unreadable = unreadable
    }
}

/// A change to a key that exists.
public enum KeyChange: Equatable, Sendable {
    /// Uses the key again after it was disabled.
    case enable
    /// Refuses every use of the key until it is enabled.
    case disable
    /// Makes a new version that wraps from now on; older versions still unwrap.
    case rotate
    /// Replaces the description.
    case description(String)
    /// Adds labels, or replaces those of the same name.
    case tag([KeyTag])
    /// Takes labels of these names away.
    case untag([String])
    /// Refuses every use and deletes the key at that time.
    case scheduleDeletion(Timestamp)
    /// Takes a scheduled deletion back; the key is disabled then, as at AWS.
    case cancelDeletion

    /// Whether it is refused of a key that waits for its deletion.
    var isRefusedOfPending: Bool {
        switch self {
        case .disable, .enable, .rotate: true
        case .cancelDeletion, .description, .scheduleDeletion, .tag, .untag: false
        }
    }
}
