internal import Encoding

extension XMLReader {
    /// The string of UTF-8 bytes.
    func string(_ text: Span<UInt8>) throws(XMLError) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: text))
        } catch {
            throw .utf8Invalid
        }
    }

    /// The end of the run of bytes that stand for themselves, which begins at `start`.
    func endOfPlainText(from start: Int) -> Int {
        let span = bytes.span
        var index = start
        while span.count - index >= 8 {
            let word = ByteWord(span, at: index)
            let places = word.places(of: UInt8(ascii: "<")) | word.places(of: UInt8(ascii: "&"))
            let controls = word.places(of: 0x0d) | word.places(of: 0)
            guard places | controls == 0 else { break }
            index += 8
        }
        while index < span.count, isPlain(span[index]) { index += 1 }
        return index
    }

    /// The end of the name that begins at `start`.
    func endOfName(from start: Int) -> Int {
        let span = bytes.span
        var index = start
        while index < span.count, isNameByte(span[index]) { index += 1 }
        return index
    }

    /// Reads text up to the next `<`, with its references resolved and its line ends made one.
    mutating func characterData(to text: inout [UInt8]) throws(XMLError) {
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            let byte = bytes[position]
            if byte == UInt8(ascii: "&") {
                try reference(to: &text)
                continue
            }
            position += 1
            try append(byte, to: &text)
        }
    }

    /// Reads a section `<![CDATA[…]]>`, whose start was seen.
    mutating func characterDataSection(to text: inout [UInt8]) throws(XMLError) {
        position += "<![CDATA[".utf8.count
        while position < bytes.count {
            if peek("]]>") {
                position += 3
                return
            }
            let byte = bytes[position]
            position += 1
            try append(byte, to: &text)
        }
        throw .endUnexpected
    }

    // XML 1.0 section 2.11: CR LF and a lone CR both stand for LF. Of the control characters NUL
    // alone is refused: it couldn't be written back, not even as a reference.
    private func append(_ byte: UInt8, to text: inout [UInt8]) throws(XMLError) {
        guard byte != 0 else { throw .characterInvalid }
        guard byte == 0x0d else {
            text.append(byte)
            return
        }
        if position < bytes.count, bytes[position] == 0x0a { return }
        text.append(0x0a)
    }

    private mutating func reference(to text: inout [UInt8]) throws(XMLError) {
        position += 1
        if take(UInt8(ascii: "#")) { return try numericReference(to: &text) }
        for (entity, byte) in Self.entities where peek(entity) {
            position += entity.utf8CodeUnitCount
            text.append(byte)
            return
        }
        throw .entityUnknown
    }

    private static let entities: [(StaticString, UInt8)] = [
        ("amp;", UInt8(ascii: "&")), ("lt;", UInt8(ascii: "<")), ("gt;", UInt8(ascii: ">")),
        ("quot;", UInt8(ascii: "\"")), ("apos;", UInt8(ascii: "'")),
    ]

    // Characters that XML 1.0 can't hold are taken here: S3 writes them so, and clients do too.
    private mutating func numericReference(to text: inout [UInt8]) throws(XMLError) {
        let radix: UInt32 = take(UInt8(ascii: "x")) ? 16 : 10
        var value: UInt32 = 0
        var digitCount = 0
        while position < bytes.count, let digit = Hex.value(ofDigit: bytes[position]),
            digit < radix
        {
            value = value * radix + UInt32(digit)
            guard value <= 0x10ffff else { throw .referenceInvalid }
            digitCount += 1
            position += 1
        }
        guard digitCount > 0, take(UInt8(ascii: ";")), value > 0,
            let scalar = Unicode.Scalar(value)
        else { throw .referenceInvalid }
        text.append(contentsOf: scalar.utf8)
    }

    // MARK: Bytes

    /// Whether `text` stands at the position.
    func peek(_ text: StaticString) -> Bool {
        bytes.span.extracting(position..<bytes.count).starts(with: text)
    }

    /// Whether markup other than a tag stands at the position of a `<`.
    func peekDeclaration() -> Bool {
        guard position < bytes.count - 1 else { return false }
        let next = bytes[position + 1]
        return next == UInt8(ascii: "!") || next == UInt8(ascii: "?")
    }

    /// Whether an end tag stands at the position.
    func peekEndTag() -> Bool {
        position < bytes.count - 1 && bytes[position] == UInt8(ascii: "<")
            && bytes[position + 1] == UInt8(ascii: "/")
    }

    /// Takes a byte where it is the next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Skips white space.
    ///
    /// - Returns: whether there was any.
    mutating func skipSpace() -> Bool {
        let start = position
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        return position > start
    }

    func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }

    func isPlain(_ byte: UInt8) -> Bool {
        byte != UInt8(ascii: "<") && byte != UInt8(ascii: "&") && byte != 0x0d && byte != 0
    }

    func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"): true
        default: false
        }
    }
}
