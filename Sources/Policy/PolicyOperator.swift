internal import Encoding

/// The operators of conditions, by name.
struct PolicyOperator {
    private enum Base {
        case address, boolean, date(PolicyCondition.Order), null
        case number(PolicyCondition.Order), pattern, text(ignoresCase: Bool)
    }

    private let name: String
    private let base: Base
    private let isNegated: Bool
    private let holdsIfAbsent: Bool

    init(named name: String) throws(PolicyError) {
        var rest = Substring(name)
        var ifExists = false
        if rest.hasSuffix("IfExists") {
            rest = rest.dropLast(8)
            ifExists = true
        }
        guard let (base, isNegated) = Self.table[String(rest)] else {
            throw .operatorUnknown(name)
        }
        if case .null = base, ifExists { throw .operatorUnknown(name) }
        self.name = name
        self.base = base
        self.isNegated = isNegated
        holdsIfAbsent = ifExists || isNegated
    }

    private static let table: [String: (Base, isNegated: Bool)] = {
        var table: [String: (Base, isNegated: Bool)] = [
            "Bool": (.boolean, false), "IpAddress": (.address, false),
            "NotIpAddress": (.address, true), "Null": (.null, false),
            "StringEquals": (.text(ignoresCase: false), false),
            "StringNotEquals": (.text(ignoresCase: false), true),
            "StringEqualsIgnoreCase": (.text(ignoresCase: true), false),
            "StringNotEqualsIgnoreCase": (.text(ignoresCase: true), true),
            "StringLike": (.pattern, false), "StringNotLike": (.pattern, true),
        ]
        let orders: [(String, PolicyCondition.Order, isNegated: Bool)] = [
            ("Equals", .equal, false), ("NotEquals", .equal, true), ("LessThan", .less, false),
            ("LessThanEquals", .lessOrEqual, false), ("GreaterThan", .greater, false),
            ("GreaterThanEquals", .greaterOrEqual, false),
        ]
        for (suffix, order, isNegated) in orders {
            table["Numeric" + suffix] = (.number(order), isNegated)
            table["Date" + suffix] = (.date(order), isNegated)
        }
        return table
    }()

    /// The condition that compares a key with these values.
    func condition(
        _ key: PolicyKey,
        _ values: [String]
    ) throws(PolicyError) -> PolicyCondition {
        guard fits(key) else { throw .operatorUnfit(name, key: key.rawValue) }
        let test: PolicyCondition.Test
        switch base {
        case .address: test = .addresses(try parsed(values, key) { AddressRange($0) })
        case .boolean: test = .booleans(try parsed(values, key, PolicyCondition.boolean))
        case .null: test = .absence(try parsed(values, key, PolicyCondition.boolean))
        case .date(let order): test = .dates(try parsed(values, key, PolicyCondition.date), order)
        case .number(let order):
            test = .numbers(try parsed(values, key, PolicyCondition.number), order)
        case .pattern: test = .patterns(values.map { PolicyPattern($0) })
        case .text(let ignoresCase): test = .texts(values, ignoresCase: ignoresCase)
        }
        return PolicyCondition(
            key: key,
            test: test,
            isNegated: isNegated,
            holdsIfAbsent: holdsIfAbsent
        )
    }

    private func fits(_ key: PolicyKey) -> Bool {
        switch base {
        case .address: key.kind == .address
        case .boolean: key.kind == .boolean
        case .date: key.kind == .date || key == .epochTime
        case .number: key.kind == .number
        case .null, .pattern, .text: true
        }
    }

    private func parsed<Value>(
        _ values: [String],
        _ key: PolicyKey,
        _ parse: (String) -> Value?
    ) throws(PolicyError) -> [Value] {
        var parsed: [Value] = []
        for text in values {
            guard let value = parse(text) else {
                throw .conditionValueInvalid(key: key.rawValue, value: text)
            }
            parsed.append(value)
        }
        return parsed
    }
}
