internal import Encoding

/// Keys in memory for a time, at most so many; the one that wasn't used for longest makes room.
struct KeyCache<Name: Hashable, Value> {
    private struct Entry {
        var value: Value
        var loaded: Timestamp
        var lastUse: UInt64
    }

    /// How far the clock may step back before keys are taken as expired, in milliseconds.
    private static var stepBackMax: Int64 { 60_000 }

    private let countMax: Int
    private var entries: [Name: Entry] = [:]
    private var useCount: UInt64 = 0

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { entries.count }

    /// The value of that name, unless it was loaded `lifetime` seconds ago or earlier.
    mutating func value(_ name: Name, now: Timestamp, lifetimeSeconds: Int64) -> Value? {
        guard let index = entries.index(forKey: name) else { return nil }
        let entry = entries.values[index]
        guard Self.expiry(entry, now: now, lifetimeSeconds: lifetimeSeconds) > 0 else {
            return nil
        }
        useCount += 1
        entries.values[index].lastUse = useCount
        return entry.value
    }

    mutating func insert(_ name: Name, _ value: Value, now: Timestamp) {
        guard countMax > 0 else { return }
        if entries[name] == nil, entries.count >= countMax,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries.removeValue(forKey: oldest.key)
        }
        useCount += 1
        entries[name] = Entry(value: value, loaded: now, lastUse: useCount)
    }

    mutating func update(_ name: Name, _ change: (inout Value) -> Void) {
        guard let index = entries.index(forKey: name) else { return }
        change(&entries.values[index].value)
    }

    mutating func removeExpired(now: Timestamp, lifetimeSeconds: (Value) -> Int64) {
        entries = entries.filter {
            Self.expiry($0.value, now: now, lifetimeSeconds: lifetimeSeconds($0.value.value)) > 0
        }
    }

    mutating func removeAll(where isGone: (Value) -> Bool = { _ in true }) {
        entries = entries.filter { !isGone($0.value.value) }
    }

    /// In how many seconds the first entry expires, rounded down; `nil` when there is none.
    func firstExpirySeconds(now: Timestamp, lifetimeSeconds: (Value) -> Int64) -> Int64? {
        entries.values.map {
            max(0, Self.expiry($0, now: now, lifetimeSeconds: lifetimeSeconds($0.value)) / 1000)
        }.min()
    }

    /// Milliseconds until the entry expires; 0 or less when it has.
    private static func expiry(_ entry: Entry, now: Timestamp, lifetimeSeconds: Int64) -> Int64 {
        let age = now.milliseconds - entry.loaded.milliseconds
        guard age >= -stepBackMax else { return 0 }
        return min(max(lifetimeSeconds, 0), 1 << 40) * 1000 - max(age, 0)
    }
}
