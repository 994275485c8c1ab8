/// What a setting may hold.
public enum SettingKind: Sendable {
    /// `true` or `false`.
    case boolean
    /// A number of bytes within bounds, as `64KiB`.
    case bytes(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
    /// A time within bounds, as `15s`.
    case duration(ClosedRange<Duration>)
    /// A host and a port, as `127.0.0.1:9000`.
    case hostPort
    /// A whole number within bounds.
    case integer(ClosedRange<Int>)
    /// A list of texts; separated by commas in the environment and in flags.
    case list
    /// A path of the file system.
    case path
    /// A list of maps with these fields; in the file only.
    case records([SettingDeclaration])
    /// A secret, given itself or, by the key with `_file` behind it, as a file.
    case secret
    /// Any text of one line.
    case text

    /// What a valid value looks like, in words.
    var expectation: String {
        switch self {
        case .boolean: "true or false"
        case .bytes(let range):
            "a size from \(Self.sizeText(range.lowerBound)) to "
                + "\(Self.sizeText(range.upperBound)), as 64KiB"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .duration(let range):
            "a time from \(Self.durationText(range.lowerBound)) to "
                + "\(Self.durationText(range.upperBound)), as 15s"
        case .hostPort: "host:port, as 127.0.0.1:9000"
        case .integer(let range):
            "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .list: "a list of texts"
        case .path: "a path"
        case .records(let fields):
            "a list of maps with " + fields.map(\.name).joined(separator: ", ")
        case .secret: "a secret text"
        case .text: "a text of one line"
        }
    }

    /// The value that `text` spells; `nil` where it isn't of this kind or out of bounds.
    func value(of text: String) -> SettingValue? {
        guard !text.utf8.contains(where: { $0 < 0x20 }) else { return nil }
        switch self {
        case .boolean: return ["true": .boolean(true), "false": .boolean(false)][text]
        case .bytes(let range):
            return Self.size(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .choice(let words): return words.contains(text) ? .text(text) : nil
        case .duration(let range):
            return Self.duration(text).flatMap { range.contains($0) ? .duration($0) : nil }
        case .hostPort: return HostPort(text).map { .hostPort($0) }
        case .integer(let range):
            guard !text.hasPrefix("+"), let number = Int(text), range.contains(number) else {
                return nil
            }
            return .number(number)
        case .list:
            let items = text.split(separator: ",").map { Self.trimmed($0) }
            return items.contains("") ? nil : .list(items)
        case .path, .text: return .text(text)
        case .records: return nil
        case .secret: return text.isEmpty ? nil : .secret(SecretText(text))
        }
    }

    /// The text of a value, as it could be given; secrets masked.
    func text(of value: SettingValue) -> String {
        switch value {
        case .absent: ""
        case .boolean(let value): value ? "true" : "false"
        case .duration(let value): Self.durationText(value)
        case .hostPort(let value): value.description
        case .list(let items): items.joined(separator: ",")
        case .number(let value): if case .bytes = self { Self.sizeText(value) } else { "\(value)" }
        case .records(let records): records.count == 1 ? "1 entry" : "\(records.count) entries"
        case .secret: SecretText.mask
        case .text(let text): text
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first == " " { rest = rest.dropFirst() }
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
