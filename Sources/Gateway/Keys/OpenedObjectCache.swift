import Encoding
import KMS
import SealedObject

/// What opening an object's envelope gave, for those who read it again or read a further range.
///
/// Nothing is given out on its strength alone: the caller has gathered the keys that open the
/// envelope first, so that a key the ring no longer holds opens nothing here either, and the
/// store must have sent the very envelope that was opened, in the same place, with the same facts.
/// Objects under customers' keys are never kept. Bound to one event loop.
struct OpenedObjectCache {
    /// Where an object stands; its envelope is bound to that.
    struct Place: Hashable {
        var bucket: String
        var key: String
        /// The version's id, where the bucket keeps versions.
        var versionID: String?
    }

    private struct Entry {
        var opened: OpenedObject.Contents
        var openedAt: Timestamp
    }

    /// What a kept object's envelope may have in bytes of text, so that a full cache stays small:
    /// one without metadata of its own has about 500.
    static let envelopeTextCountMax = 4096

    private let limit: Int
    private var entries: BoundedCache<Place, Entry>

    /// A cache of so many objects; none are kept with a limit of 0.
    init(limit: Int) {
        self.limit = limit
        entries = BoundedCache(limit: limit)
    }

    /// How many objects are kept.
    var count: Int { entries.count }

    /// What opening the object that was last seen in that place gave.
    func known(_ place: Place) -> OpenedObject.Contents? { entries[place]?.opened }

    /// Keeps what opening an envelope gave.
    mutating func insert(_ place: Place, _ opened: OpenedObject, now: Timestamp) {
        guard limit > 0, opened.envelope.mode != .customer,
            opened.found.envelopeTextCount <= Self.envelopeTextCountMax
        else { return }
        entries.insert(place, Entry(opened: opened.contents, openedAt: now))
    }

    /// Forgets the object of that place: another is there now, or none.
    mutating func remove(_ place: Place) { entries.remove(place) }

    /// Wipes what is older than the keys that opened it may be.
    mutating func removeExpired(now: Timestamp, settings: KeyRingSettings) {
        entries.removeAll { _, entry in
            let seconds =
                switch entry.opened.found.envelope.reference {
                case .bucketKey: settings.bucketKeyLifetimeSSES3Seconds
                case .kmsBucketKey: settings.bucketKeyLifetimeSSEKMSSeconds
                case .kmsDataKey: settings.dataKeyLifetimeSeconds
                case .customerKey: Int64(0)
                }
            return now.seconds &- entry.openedAt.seconds >= seconds
        }
    }

    /// Wipes everything.
    mutating func removeAll() { entries.removeAll { _, _ in true } }
}
