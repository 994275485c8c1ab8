/// One JSON object on one line, written field by field.
struct JSONLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init() { bytes.reserveCapacity(256) }

    /// Adds a text.
    mutating func add(_ name: String, _ value: String) {
        addName(name)
        addText(value)
    }

    /// Adds a text; nothing for `nil`.
    mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, value) }
    }

    /// Adds a number; nothing for `nil`.
    mutating func add(_ name: String, _ value: Int?) {
        guard let value else { return }
        addName(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Adds a list of texts.
    mutating func add(_ name: String, _ values: [String]) {
        addName(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            addText(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The object with a line feed behind it.
    consuming func finish() -> [UInt8] {
        bytes.append(contentsOf: [UInt8(ascii: "}"), UInt8(ascii: "\n")])
        return bytes
    }

    private mutating func addName(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        addText(name)
        bytes.append(UInt8(ascii: ":"))
    }

    // RFC 8259 section 7. A line feed is escaped like every control character: a line stays one.
    private mutating func addText(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0a: bytes.append(contentsOf: #"\n"#.utf8)
            case 0..<0x20, 0x7f:
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(Self.digit(byte >> 4))
                bytes.append(Self.digit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }
}
