import Encoding
import Policy

/// Policies evaluated a second time, as plainly as can be and from the JSON itself, to compare.
struct NaivePolicy {
    let statements: [JSONValue]

    /// What the policy says: "Deny", "Allow" or nothing.
    func verdict(on request: PolicyRequest) -> String {
        let effects = statements.filter { applies($0, request) }.map { $0["Effect"]?.string ?? "" }
        return effects.contains("Deny") ? "Deny" : effects.contains("Allow") ? "Allow" : ""
    }

    private func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap { texts($0) }
        case .string(let text): [text]
        case .boolean(let flag): ["\(flag)"]
        case .integer(let number): ["\(number)"]
        default: []
        }
    }

    private func applies(_ statement: JSONValue, _ request: PolicyRequest) -> Bool {
        func named(_ name: String, _ matches: (String) -> Bool) -> Bool? {
            statement[name].map { texts($0).contains(where: matches) }
        }
        let action = "s3:\(request.action.rawValue)".lowercased()
        func isAction(_ text: String) -> Bool { glob(text.lowercased(), action) }
        func isResource(_ text: String) -> Bool { glob(text, request.resource) }
        guard named("Action", isAction) ?? !(named("NotAction", isAction) ?? true),
            named("Resource", isResource) ?? !(named("NotResource", isResource) ?? true)
        else { return false }
        func isPrincipal(_ name: String) -> Bool? {
            statement[name].map { value in
                let ids = texts(value.object.map { .array($0.map(\.value)) } ?? value)
                return ids.contains("*") || request.principal.map(ids.contains) ?? false
            }
        }
        guard isPrincipal("Principal") ?? !(isPrincipal("NotPrincipal") ?? true) else {
            return false
        }
        for entry in statement["Condition"]?.object ?? [] {
            for pair in entry.value.object ?? [] {
                let value = PolicyKey(rawValue: pair.name).flatMap { request.context[$0] }
                guard holds(entry.name, texts(pair.value), value) else { return false }
            }
        }
        return true
    }

    private func holds(_ name: String, _ values: [String], _ value: String?) -> Bool {
        if name == "Null" { return values.contains(value == nil ? "true" : "false") }
        if name.hasSuffix("IfExists") {
            return value == nil || holds(String(name.dropLast(8)), values, value)
        }
        switch name {
        case "StringNotEquals": return !holds("StringEquals", values, value)
        case "StringNotLike": return !holds("StringLike", values, value)
        case "NumericNotEquals": return !holds("NumericEquals", values, value)
        case "NotIpAddress": return !holds("IpAddress", values, value)
        default: break
        }
        guard let value else { return false }
        return values.contains { wanted in
            switch name {
            case "StringEquals", "Bool": wanted == value
            case "StringLike": glob(wanted, value)
            case "NumericEquals": Int(wanted) == Int(value)
            case "NumericLessThan": (Int(value) ?? 0) < (Int(wanted) ?? 0)
            case "IpAddress": inRange(value, wanted)
            default: false
            }
        }
    }

    /// By bits as text, IPv4 alone.
    private func inRange(_ address: String, _ range: String) -> Bool {
        let parts = range.split(separator: "/")
        func bits(_ text: Substring) -> String {
            text.split(separator: ".").map { byte in
                let digits = String(UInt8(byte) ?? 0, radix: 2)
                return String(repeating: "0", count: 8 - digits.count) + digits
            }.joined()
        }
        let length = parts.count == 2 ? Int(parts[1]) ?? 32 : 32
        return bits(parts[0]).prefix(length) == bits(Substring(address)).prefix(length)
    }

    private func glob(_ pattern: String, _ text: String) -> Bool {
        glob(Array(pattern.unicodeScalars)[...], Array(text.unicodeScalars)[...])
    }

    private func glob(
        _ pattern: ArraySlice<Unicode.Scalar>,
        _ text: ArraySlice<Unicode.Scalar>
    ) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return glob(pattern.dropFirst(), text)
                || (!text.isEmpty && glob(pattern, text.dropFirst()))
        }
        guard let letter = text.first, first == "?" || first == letter else { return false }
        return glob(pattern.dropFirst(), text.dropFirst())
    }
}
