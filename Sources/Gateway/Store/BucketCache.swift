import Encoding

/// Buckets known to exist, for a few seconds: a write need not ask the store for its bucket first.
///
/// Only what exists is remembered. A bucket deleted by another gateway is found out when the store
/// refuses the write itself.
final class BucketCache {
    /// How long a bucket is taken to exist, in milliseconds.
    static let lifetimeMilliseconds: Int64 = 5000

    private var known: BoundedCache<String, Timestamp>

    init(limit: Int) { known = BoundedCache(limit: limit) }

    func exists(_ bucket: String, now: Timestamp) -> Bool {
        guard let seen = known[bucket] else { return false }
        return now.milliseconds &- seen.milliseconds < Self.lifetimeMilliseconds
    }

    func saw(_ bucket: String, now: Timestamp) {
        known.insert(bucket, now)
    }

    func forget(_ bucket: String) { known.remove(bucket) }
}
