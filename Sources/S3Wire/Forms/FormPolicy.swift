public import Encoding
public import HTTPWire

/// The policy of a form: until when which fields and files are taken.
///
/// Source: Amazon S3 API Reference, "POST Policy".
public struct FormPolicy: Equatable, Sendable {
    /// What one condition asks of a field, by its name in lower case.
    enum Condition: Equatable, Sendable {
        /// The field has this value.
        case equals(name: String, value: String)
        /// The field's value begins so; `Content-Type` may be a list, of which each must.
        case startsWith(name: String, prefix: String)
        /// The file has so many bytes.
        case fileCount(ClosedRange<UInt64>)
    }

    /// The time after which the policy allows nothing.
    public let expiration: Timestamp
    let conditions: [Condition]

    /// Reads a policy.
    ///
    /// - Parameter text: its base64, as the form's field has it.
    /// - Throws: `InvalidPolicyDocument`.
    public init(base64 text: some Collection<UInt8>) throws(S3Error) {
        guard let json = Base64.decode(Array(text)) else {
            throw Self.invalid("Invalid base64 encoding.")
        }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(reading: json)
        } catch {
            throw Self.invalid("Invalid JSON.")
        }
        guard let members = document.object else { throw Self.invalid("Invalid JSON.") }
        for member in members where !["conditions", "expiration"].contains(member.name) {
            throw Self.invalid("Unexpected: '\(member.name)'")
        }
        guard let text = document["expiration"]?.string else {
            throw Self.invalid("Policy missing expiration.")
        }
        guard let expiration = Timestamp(iso8601: text) else {
            throw Self.invalid("Invalid 'expiration' value: '\(text)'")
        }
        guard let entries = document["conditions"]?.array else {
            throw Self.invalid("Policy missing conditions.")
        }
        self.expiration = expiration
        var conditions: [Condition] = []
        for entry in entries { try conditions.append(contentsOf: Self.conditions(entry)) }
        self.conditions = conditions
    }

    /// Refuses a form that the policy doesn't allow, all but its file.
    ///
    /// - Parameters:
    ///   - fields: the form's, names in lower case, variables expanded.
    ///   - bucket: the bucket that it is sent to.
    ///   - now: the time of arrival.
    /// - Throws: `AccessDenied`.
    public func check(
        _ fields: HTTPFields,
        bucket: String,
        now: Timestamp
    ) throws(S3Error) {
        guard now <= expiration else { throw Self.denied("Policy expired.") }
        var covered: Set<String> = []
        for condition in conditions {
            guard let name = condition.name else { continue }
            covered.insert(name)
            let value = name == "bucket" ? bucket : fields[name] ?? ""
            guard condition.allows(value) else {
                throw Self.denied("Policy Condition failed: \(condition.text)")
            }
        }
        guard covered.contains("bucket") else { throw Self.denied("Extra input fields: bucket") }
        for index in 0..<fields.count {
            let name = fields.name(at: index)
            guard covered.contains(name) || Self.isExempt(name) else {
                throw Self.denied("Extra input fields: \(name)")
            }
        }
    }

    /// Refuses a file of a length that the policy doesn't allow.
    ///
    /// - Throws: `EntityTooSmall`, `EntityTooLarge`.
    public func check(fileCount count: UInt64) throws(S3Error) {
        for case .fileCount(let range) in conditions where !range.contains(count) {
            let isSmall = count < range.lowerBound
            throw S3Error(
                isSmall ? .entityTooSmall : .entityTooLarge,
                details: [
                    .init("ProposedSize", String(count)),
                    isSmall
                        ? .init("MinSizeAllowed", String(range.lowerBound))
                        : .init("MaxSizeAllowed", String(range.upperBound)),
                ]
            )
        }
    }

    /// Fields that no condition needs to name: the policy, its signature, and what is ignored.
    private static func isExempt(_ name: String) -> Bool {
        switch name {
        case "awsaccesskeyid", "policy", "signature", "x-amz-signature": true
        default: name.hasPrefix("x-ignore-")
        }
    }

    private static func denied(_ what: String) -> S3Error {
        S3Error(.accessDenied, "Invalid according to Policy: \(what)")
    }

    private static func invalid(_ what: String) -> S3Error {
        S3Error(.invalidPolicyDocument, "Invalid Policy: \(what)")
    }
}

extension FormPolicy {
    /// The conditions of one entry: `{"name": "value"}` or `["operator", "$name", "value"]`.
    private static func conditions(_ entry: JSONValue) throws(S3Error) -> [Condition] {
        if let members = entry.object {
            guard !members.isEmpty else {
                throw invalid("Invalid Simple-Condition: value must not be empty.")
            }
            var conditions: [Condition] = []
            for member in members {
                guard let value = text(member.value) else {
                    throw invalid("Invalid Simple-Condition: value must be a string.")
                }
                conditions.append(.equals(name: member.name.lowercased(), value: value))
            }
            return conditions
        }
        guard let parts = entry.array, parts.count == 3, let name = parts[0].string else {
            throw invalid("Invalid Condition: it must be an operator with two operands.")
        }
        let kind = name.lowercased()
        if kind == "content-length-range" {
            guard let least = count(parts[1]), let most = count(parts[2]), least <= most else {
                throw invalid("Invalid content-length-range: it must be two whole numbers.")
            }
            return [.fileCount(least...most)]
        }
        guard let field = parts[1].string, field.hasPrefix("$"), field.utf8.count > 1,
            let value = text(parts[2])
        else { throw invalid("Invalid Condition: it must name a field and a value.") }
        let fieldName = String(field.dropFirst()).lowercased()
        switch kind {
        case "eq": return [.equals(name: fieldName, value: value)]
        case "starts-with": return [.startsWith(name: fieldName, prefix: value)]
        default: throw invalid("Invalid Condition: unknown operation '\(name)'.")
        }
    }

    /// A value's text, in which `\$` stands for `$`.
    private static func text(_ value: JSONValue) -> String? {
        if let number = value.integer { return String(number) }
        guard let text = value.string else { return nil }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "$"), bytes.last == UInt8(ascii: "\\") { bytes.removeLast() }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func count(_ value: JSONValue) -> UInt64? {
        if let number = value.integer { return UInt64(exactly: number) }
        return value.string.flatMap { DecimalText.unsigned($0.utf8) }
    }
}

extension FormPolicy.Condition {
    /// The field, lower case; `nil` where the condition is the file's.
    var name: String? {
        switch self {
        case .equals(let name, _), .startsWith(let name, _): name
        case .fileCount: nil
        }
    }

    func allows(_ text: String) -> Bool {
        switch self {
        case .equals(_, let value): return text.utf8.elementsEqual(value.utf8)
        case .startsWith("content-type", let prefix):
            // A list is taken where each member of it would be.
            return ObjectConditions.list(text).allSatisfy { $0.utf8.starts(with: prefix.utf8) }
                && text.utf8.starts(with: prefix.utf8)
        case .startsWith(_, let prefix): return text.utf8.starts(with: prefix.utf8)
        case .fileCount: return true
        }
    }

    /// The condition as a policy has it, without what must not be told again.
    var text: String {
        let (operation, name, value) =
            switch self {
            case .equals(let name, let value): ("eq", name, value)
            case .startsWith(let name, let prefix): ("starts-with", name, prefix)
            case .fileCount: ("content-length-range", "", "")
            }
        let shown = SSEHeader.isSecret(name) ? "" : value
        let list = [operation, "$" + name, shown].map { JSONValue.string($0) }
        return String(decoding: JSONValue.array(list).encode(), as: UTF8.self)
    }
}
