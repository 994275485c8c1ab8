/// What one client did to one key and what it was told; times are a counter's, one for all.
struct KeyOperation: Sendable {
    enum Action: Sendable {
        case delete
        case read(found: String?)
        /// A write that its answer says happened, with the ETag it made.
        case wrote(WriteRule, etag: String)
        /// A write that was refused by its condition.
        case refused(WriteRule)
    }

    /// When a write may happen.
    enum WriteRule: Sendable {
        case always
        case absent
        case matches(String)

        func allows(_ etag: String?) -> Bool {
            switch self {
            case .always: true
            case .absent: etag == nil
            case .matches(let wanted): etag == wanted
            }
        }
    }

    var action: Action
    var begin: Int
    var end: Int
}

/// Whether a history of one key could have come of its operations taking effect one by one.
///
/// Each takes effect between its request and its answer. After Wing and Gong, "Testing and
/// Verifying Concurrent Objects", 1993, with a memory of dead ends.
struct LinearizabilityChecker {
    private struct Place: Hashable {
        var done: Set<Int>
        var etag: String?
    }

    private let history: [KeyOperation]
    private var dead: Set<Place> = []

    /// Whether `history` is linearizable, beginning without an object.
    static func accepts(_ history: [KeyOperation]) -> Bool {
        var checker = LinearizabilityChecker(history: history)
        return checker.search(Place(done: [], etag: nil))
    }

    private init(history: [KeyOperation]) { self.history = history }

    private mutating func search(_ place: Place) -> Bool {
        if place.done.count == history.count { return true }
        guard dead.insert(place).inserted else { return false }
        let waiting = history.indices.filter { !place.done.contains($0) }
        // What began after another ended can't take effect before it.
        let firstEnd = waiting.map { history[$0].end }.min() ?? 0
        for index in waiting where history[index].begin < firstEnd {
            guard let next = Self.apply(history[index].action, to: place.etag) else { continue }
            let behind = Place(done: place.done.union([index]), etag: next.etag)
            if search(behind) { return true }
        }
        return false
    }

    /// The state behind an operation; `nil` where its answer can't be.
    private static func apply(
        _ action: KeyOperation.Action,
        to etag: String?
    ) -> (etag: String?, Void)? {
        switch action {
        case .delete: (nil, ())
        case .read(let found): found == etag ? (etag, ()) : nil
        case .wrote(let rule, let new): rule.allows(etag) ? (new, ()) : nil
        case .refused(let rule): rule.allows(etag) ? nil : (etag, ())
        }
    }
}
