internal import Encoding

/// A bucket key's record by the bucket it belongs to.
struct BucketKeyName: Hashable, Sendable {
    var bucket: String
    var id: RecordID
}

/// Whose current bucket key is meant.
struct BucketKeySlot: Hashable, Sendable {
    var bucket: String
    var keyID: KeyID
}

/// What is loaded, and since which clearing of the cache: a caller after a clearing never joins a
/// load that began before it.
struct LoadName<Name: Hashable & Sendable>: Hashable, Sendable {
    var name: Name
    var generation: UInt64
}

/// What a `KeyRing` keeps behind its lock.
struct KeyRingState {
    struct CachedBucketKey {
        var key: BucketKey
        /// Whether SSE-KMS used it: it then ends by the shorter lifetime.
        var servesSSEKMS: Bool
    }

    struct CachedDataKey {
        var key: DataKey
        var keyID: KeyID
    }

    /// The bucket key that seals a bucket's new objects; not secret.
    struct Writer {
        var id: RecordID
        var created: Timestamp
        var useCount = 0
    }

    /// Records whose KMS key is remembered; a few hundred bytes each.
    static let ownerCountMax = 8192

    var isRunning = false
    var generation: UInt64 = 0
    var attributeKeys: [RecordID: DataKey] = [:]
    var currentAttributeKey: AttributeKey?
    var unreadableRecords: [String] = []
    var bucketKeys: KeyCache<BucketKeyName, CachedBucketKey>
    var dataKeys: KeyCache<[UInt8], CachedDataKey>
    /// All names of keys in a KMS with aliases; not secret.
    var names: KeyCache<KeyID, [KeyID]>
    var owners: KeyCache<BucketKeyName, KeyID>
    var writers: KeyCache<BucketKeySlot, Writer>
    var hitCount: UInt64 = 0
    var missCount: UInt64 = 0

    init(settings: KeyRingSettings) {
        let countMax = settings.cacheEnabled ? settings.cachedKeyCountMax : 0
        bucketKeys = KeyCache(countMax: countMax)
        dataKeys = KeyCache(countMax: countMax)
        names = KeyCache(countMax: countMax)
        owners = KeyCache(countMax: Self.ownerCountMax)
        writers = KeyCache(countMax: max(settings.cachedKeyCountMax, 1))
    }

    /// Wipes bucket and data keys and makes room for as many as the settings say.
    mutating func resize(for settings: KeyRingSettings) {
        let empty = KeyRingState(settings: settings)
        generation += 1
        bucketKeys = empty.bucketKeys
        dataKeys = empty.dataKeys
        names = empty.names
        // Which bucket key seals is decided anew: another provider may have to wrap it.
        writers = empty.writers
    }

    mutating func count(hit: Bool) {
        if hit { hitCount += 1 } else { missCount += 1 }
    }
}
