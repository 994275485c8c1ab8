/// A cache of so many entries, which forgets the one that was put in first.
///
/// Enough for what is cheap to look up again; bound to one event loop.
struct BoundedCache<Key: Hashable, Value> {
    private let limit: Int
    private var entries: [Key: Value] = [:]
    private var order: [Key] = []
    private var oldest = 0

    init(limit: Int) { self.limit = max(1, limit) }

    var count: Int { entries.count }

    subscript(_ key: Key) -> Value? { entries[key] }

    mutating func insert(_ key: Key, _ value: Value) {
        if entries.updateValue(value, forKey: key) != nil { return }
        if order.count < limit {
            order.append(key)
        } else {
            // A key that was removed and put in again may stand twice: it goes a little early.
            entries.removeValue(forKey: order[oldest])
            order[oldest] = key
            oldest = (oldest + 1) % limit
        }
    }

    mutating func remove(_ key: Key) { entries.removeValue(forKey: key) }

    mutating func removeAll(where isUnwanted: (Key, Value) -> Bool) {
        entries = entries.filter { !isUnwanted($0.key, $0.value) }
    }
}
