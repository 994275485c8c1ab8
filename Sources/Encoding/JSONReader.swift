/// How large a JSON text may be.
public struct JSONLimits: Sendable {
    /// Bytes of the whole text.
    public var sizeMax: Int
    /// How deep arrays and objects may nest; at most 64.
    public var depthMax: Int

    /// 1 MiB and 16 levels, unless told otherwise.
    public init(sizeMax: Int = 1 << 20, depthMax: Int = 16) {
        self.sizeMax = sizeMax
        self.depthMax = min(depthMax, 64)
    }
}

extension JSONValue {
    /// Reads one JSON text, RFC 8259, strictly.
    ///
    /// - Parameters:
    ///   - bytes: the whole text, UTF-8; white space may stand around the value.
    ///   - limits: how large it may be.
    /// - Throws: the `JSONError` of the first thing wrong.
    public init(
        reading bytes: some Collection<UInt8>,
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) {
        guard bytes.count <= limits.sizeMax else { throw .sizeExceeded }
        var reader = JSONReader(bytes: Array(bytes), depthMax: limits.depthMax)
        self = try reader.readDocument()
    }
}

/// Reads a JSON text from its first byte to its last.
struct JSONReader {
    let bytes: [UInt8]
    let depthMax: Int
    private(set) var offset = 0

    init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    mutating func readDocument() throws(JSONError) -> JSONValue {
        let value = try readValue(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw .trailingBytes(offset: offset) }
        return value
    }

    private mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try readObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try readArray(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try read(word: "true", .boolean(true))
        case UInt8(ascii: "f"): return try read(word: "false", .boolean(false))
        case UInt8(ascii: "n"): return try read(word: "null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return try readNumber()
        default: throw .unexpectedByte(offset: offset)
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError) -> [JSONMember] {
        guard depth <= depthMax else { throw .depthExceeded }
        offset += 1
        var members: [JSONMember] = []
        // Names are told apart by their bytes: Swift's strings are equal by Unicode's rules.
        var names: Set<[UInt8]> = []
        skipSpace()
        if try accept(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw .unexpectedByte(offset: offset) }
            let name = try readString()
            guard names.insert(Array(name.utf8)).inserted else { throw .duplicateName(name) }
            skipSpace()
            guard try accept(UInt8(ascii: ":")) else { throw .unexpectedByte(offset: offset) }
            members.append(JSONMember(name, try readValue(depth: depth)))
            skipSpace()
            if try accept(UInt8(ascii: "}")) { return members }
            guard try accept(UInt8(ascii: ",")) else { throw .unexpectedByte(offset: offset) }
        }
    }

    private mutating func readArray(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= depthMax else { throw .depthExceeded }
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if try accept(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try readValue(depth: depth))
            skipSpace()
            if try accept(UInt8(ascii: "]")) { return elements }
            guard try accept(UInt8(ascii: ",")) else { throw .unexpectedByte(offset: offset) }
        }
    }

    private mutating func readString() throws(JSONError) -> String {
        offset += 1
        var text: [UInt8] = []
        while true {
            let character = try take()
            switch character {
            case UInt8(ascii: "\""):
                guard let string = String(utf8: text) else {
                    throw .utf8Invalid
                }
                return string
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case 0x00..<0x20: throw .controlCharacter
            default: text.append(character)
            }
        }
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        switch try take() {
        case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = Unicode.Scalar(try readScalar()) else { throw .surrogateLone }
            text.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        default: throw .escapeInvalid
        }
    }

    // The four digits behind `\u`, and the other half of the pair where they are a high surrogate.
    private mutating func readScalar() throws(JSONError) -> UInt32 {
        let unit = try readCodeUnit()
        guard (0xd800..<0xdc00).contains(unit) else { return unit }
        guard offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw .surrogateLone }
        offset += 2
        let low = try readCodeUnit()
        guard (0xdc00..<0xe000).contains(low) else { throw .surrogateLone }
        return 0x1_0000 + (unit - 0xd800) << 10 + (low - 0xdc00)
    }

    private mutating func readCodeUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Hex.value(ofDigit: try take()) else { throw .escapeInvalid }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    private mutating func readNumber() throws(JSONError) -> JSONValue {
        let start = offset
        var isInteger = true
        skip(UInt8(ascii: "-"))
        let leading = offset
        let digitCount = skipDigits()
        guard digitCount > 0, digitCount == 1 || bytes[leading] != UInt8(ascii: "0") else {
            throw .numberInvalid
        }
        if skip(UInt8(ascii: ".")) {
            isInteger = false
            guard skipDigits() > 0 else { throw .numberInvalid }
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            isInteger = false
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw .numberInvalid }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let number = Int64(text) { return .integer(number) }
        guard let number = Double(text), number.isFinite else { throw .numberInvalid }
        return .number(number)
    }

    private mutating func read(word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for character in word.utf8 {
            guard try peek() == character else { throw .unexpectedByte(offset: offset) }
            offset += 1
        }
        return value
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    @discardableResult
    private mutating func skip(_ character: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == character else { return false }
        offset += 1
        return true
    }

    private mutating func accept(_ character: UInt8) throws(JSONError) -> Bool {
        guard try peek() == character else { return false }
        offset += 1
        return true
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw .truncated }
        return bytes[offset]
    }

    private mutating func take() throws(JSONError) -> UInt8 {
        let character = try peek()
        offset += 1
        return character
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x09, 0x0a, 0x0d, 0x20: offset += 1
            default: return
            }
        }
    }
}
