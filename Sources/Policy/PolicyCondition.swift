internal import Encoding

/// One operator of a condition with one key and the values that it compares with.
struct PolicyCondition: Equatable, Sendable {
    /// What is compared, and with what.
    enum Test: Equatable, Sendable {
        case addresses([AddressRange])
        case booleans([Bool])
        /// In milliseconds since 1970.
        case dates([Int64], Order)
        case numbers([Double], Order)
        /// Whether the key must be absent; either where both are named.
        case absence([Bool])
        case patterns([PolicyPattern])
        case texts([String], ignoresCase: Bool)
    }

    /// How a number or date stands to the one that a policy names.
    enum Order: Equatable, Sendable {
        case equal, less, lessOrEqual, greater, greaterOrEqual

        func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
            switch self {
            case .equal: left == right
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            }
        }
    }

    var key: PolicyKey
    var test: Test
    /// Whether no value may match, rather than any.
    var isNegated: Bool
    /// Whether it holds where the request has no such value.
    var holdsIfAbsent: Bool

    /// Whether the condition holds; `nil` where the request's value has no form to compare.
    func holds(in context: [PolicyKey: String]) -> Bool? {
        let value = context[key]
        if case .absence(let wanted) = test { return wanted.contains(value == nil) }
        guard let value else { return holdsIfAbsent }
        return matches(value).map { $0 != isNegated }
    }

    private func matches(_ value: String) -> Bool? {
        switch test {
        case .absence: false
        case .addresses(let ranges):
            IPAddress(value).map { address in ranges.contains { $0.contains(address) } }
        case .booleans(let wanted): Self.boolean(value).map(wanted.contains)
        case .dates(let wanted, let order):
            Self.date(value).map { date in wanted.contains { order.holds(date, $0) } }
        case .numbers(let wanted, let order):
            Self.number(value).map { number in wanted.contains { order.holds(number, $0) } }
        case .patterns(let patterns): patterns.contains { $0.matches(value) }
        case .texts(let wanted, ignoresCase: true):
            wanted.contains { $0.lowercased().utf8.elementsEqual(value.lowercased().utf8) }
        case .texts(let wanted, ignoresCase: false):
            wanted.contains { $0.utf8.elementsEqual(value.utf8) }
        }
    }

    /// Whether it lets through but some senders, so that what it guards isn't open to all.
    var narrowsSenders: Bool {
        guard !isNegated, !holdsIfAbsent else { return false }
        switch (key, test) {
        case (.sourceAddress, .addresses(let ranges)):
            return !ranges.contains { $0.isEverything }
        case (.principalARN, .texts), (.userID, .texts), (.userName, .texts): return true
        default: return false
        }
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// Decimal digits with a sign and a fraction at most.
    static func number(_ text: String) -> Double? {
        var digits = Substring(text)
        if digits.first == "-" { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), text.utf8.count <= 64,
            parts.allSatisfy({ part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            })
        else { return nil }
        return Double(text)
    }

    /// A time in ISO 8601, or in seconds since 1970.
    static func date(_ text: String) -> Int64? {
        if let time = Timestamp(iso8601: text) { return time.milliseconds }
        guard text.utf8.count <= 12, let seconds = Int64(text) else { return nil }
        return seconds * 1000
    }
}
