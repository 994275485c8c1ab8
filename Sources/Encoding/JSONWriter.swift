extension JSONValue {
    /// The value as JSON in one line: no spaces, members in their order, as few escapes as may be.
    ///
    /// A number that isn't finite has no JSON and becomes `null`.
    public func encode() -> [UInt8] {
        var text: [UInt8] = []
        append(to: &text)
        return text
    }

    /// Appends the value, as `encode` writes it.
    public func append(to text: inout [UInt8]) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .boolean(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): text.append(contentsOf: value.description.utf8)
        case .number(let value):
            text.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): Self.append(quoting: value.utf8, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.append(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.append(quoting: member.name.utf8, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.append(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a JSON string of `characters`, which are UTF-8, with its quotes.
    ///
    /// Escaped are `"`, `\` and the characters below U+0020, by the short form where there is one,
    /// else `\u00xx` in lower case; the same as RFC 8785 section 3.2.2.2.
    public static func append(
        quoting characters: some Collection<UInt8>,
        to text: inout [UInt8]
    ) {
        text.append(UInt8(ascii: "\""))
        for character in characters {
            switch character {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(character)
            case 0x08: text.append(contentsOf: "\\b".utf8)
            case 0x09: text.append(contentsOf: "\\t".utf8)
            case 0x0a: text.append(contentsOf: "\\n".utf8)
            case 0x0c: text.append(contentsOf: "\\f".utf8)
            case 0x0d: text.append(contentsOf: "\\r".utf8)
            case 0x00..<0x20:
                text.append(contentsOf: "\\u00".utf8)
                text.append(Hex.digit(character >> 4))
                text.append(Hex.digit(character & 15))
            default: text.append(character)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
