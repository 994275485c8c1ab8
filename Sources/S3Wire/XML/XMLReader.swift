internal import Encoding

/// Reads an XML document by pulling: element after element, by local name.
///
/// Only what S3 needs: no document types, no entities but XML's five and numeric references;
/// attributes and namespaces are checked for form and left aside. Call `root()`, then `child()`
/// until `nil` in each element that holds elements, `text()` or `skip()` in the others, `finish()`.
/// Source: XML 1.0 (fifth edition).
public struct XMLReader: Sendable {
    /// What a document may cost.
    public struct Limits: Sendable {
        /// The largest document in bytes; 2 MiB for clients' bodies.
        public var bytesMax: Int
        /// The deepest nesting of elements.
        public var depthMax: Int

        /// Limits; by default those for what a client sends.
        public init(bytesMax: Int = 2 << 20, depthMax: Int = 16) {
            self.bytesMax = bytesMax
            self.depthMax = depthMax
        }
    }

    let bytes: [UInt8]
    private let limits: Limits
    var position = 0
    // The qualified names of the open elements, as ranges of `bytes`.
    private var open: [Range<Int>] = []
    // The innermost element was `<name/>`: its end comes without a tag.
    private var endPending = false

    /// A reader at the start of a document.
    ///
    /// - Throws: `.tooLarge`.
    public init(_ bytes: [UInt8], limits: Limits = Limits()) throws(XMLError) {
        guard bytes.count <= limits.bytesMax else { throw .tooLarge }
        self.bytes = bytes
        self.limits = limits
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    }

    /// Enters the root element.
    ///
    /// - Returns: its local name.
    public mutating func root() throws(XMLError) -> String {
        guard let name = try nextElement(), open.count == 1 else { throw .endUnexpected }
        return name
    }

    /// Enters the root element, which must have that local name.
    public mutating func root(_ name: String) throws(XMLError) {
        let found = try root()
        guard found == name else { throw .elementUnexpected(found) }
    }

    /// Enters the next element within the current one.
    ///
    /// - Returns: its local name; `nil` where the current element ended, which is left then.
    public mutating func child() throws(XMLError) -> String? {
        guard !open.isEmpty else { throw .endUnexpected }
        if endPending {
            leave()
            return nil
        }
        return try nextElement()
    }

    /// The text of the current element, which is left.
    ///
    /// - Throws: `.elementUnexpected` where it holds elements, and for any malformed text.
    public mutating func text() throws(XMLError) -> String {
        guard !open.isEmpty else { throw .endUnexpected }
        if endPending {
            leave()
            return ""
        }
        let start = position
        position = endOfPlainText(from: start)
        if peekEndTag() {
            let range = start..<position
            try endTag()
            return try string(bytes.span.extracting(range))
        }
        var text = Array(bytes[start..<position])
        while position < bytes.count, !peekEndTag() {
            if bytes[position] != UInt8(ascii: "<") {
                try characterData(to: &text)
            } else if peek("<![CDATA[") {
                try characterDataSection(to: &text)
            } else if try !skipMiscellany() {
                throw .elementUnexpected(try startTag())
            }
        }
        guard position < bytes.count else { throw .endUnexpected }
        try endTag()
        return try string(text.span)
    }

    /// Leaves the current element with all that it holds.
    public mutating func skip() throws(XMLError) {
        guard !open.isEmpty else { throw .endUnexpected }
        let depth = open.count
        var unused: [UInt8] = []
        while open.count >= depth {
            guard position < bytes.count || endPending else { throw .endUnexpected }
            if endPending {
                leave()
            } else if peekEndTag() {
                try endTag()
            } else if bytes[position] != UInt8(ascii: "<") {
                try characterData(to: &unused)
                unused.removeAll(keepingCapacity: true)
            } else if peek("<![CDATA[") {
                try characterDataSection(to: &unused)
                unused.removeAll(keepingCapacity: true)
            } else if try !skipMiscellany() {
                _ = try startTag()
            }
        }
    }

    /// Checks that nothing stands behind the root element.
    public mutating func finish() throws(XMLError) {
        guard open.isEmpty else { throw .endUnexpected }
        while position < bytes.count {
            if isSpace(bytes[position]) {
                position += 1
            } else if try !skipMiscellany() {
                throw .trailingContent
            }
        }
    }
}

extension XMLReader {
    private mutating func nextElement() throws(XMLError) -> String? {
        while position < bytes.count {
            let byte = bytes[position]
            if isSpace(byte) {
                position += 1
            } else if byte != UInt8(ascii: "<") {
                throw .textUnexpected
            } else if peekEndTag() {
                guard !open.isEmpty else { throw .tagMismatched }
                try endTag()
                return nil
            } else if !peekDeclaration() {
                return try startTag()
            } else if peek("<![CDATA[") {
                throw .textUnexpected
            } else if try !skipMiscellany() {
                return try startTag()
            }
        }
        throw .endUnexpected
    }

    private mutating func leave() {
        endPending = false
        open.removeLast()
    }

    // MARK: Tags

    private mutating func startTag() throws(XMLError) -> String {
        guard open.count < limits.depthMax else { throw .tooDeep }
        position += 1
        let name = try name()
        open.append(name)
        while true {
            let spaced = skipSpace()
            guard position < bytes.count else { throw .endUnexpected }
            if bytes[position] == UInt8(ascii: ">") {
                position += 1
                break
            }
            if peek("/>") {
                position += 2
                endPending = true
                break
            }
            guard spaced else { throw .attributeInvalid }
            try attribute()
        }
        return try string(bytes.span.extracting(localName(of: name)))
    }

    private mutating func endTag() throws(XMLError) {
        position += 2
        if takeEndOfInnermost() { return }
        let name = try name()
        _ = skipSpace()
        guard position < bytes.count else { throw .endUnexpected }
        guard bytes[position] == UInt8(ascii: ">") else { throw .markupInvalid }
        position += 1
        guard let expected = open.last, isSame(expected, name) else { throw .tagMismatched }
        open.removeLast()
    }

    /// Leaves the innermost element where its name and `>` are what comes next, as they nearly
    /// always are.
    private mutating func takeEndOfInnermost() -> Bool {
        guard let expected = open.last, expected.count < bytes.count - position else {
            return false
        }
        let end = position + expected.count
        guard bytes[end] == UInt8(ascii: ">"), isSame(expected, position..<end) else {
            return false
        }
        position = end + 1
        open.removeLast()
        return true
    }

    private func isSame(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
        bytes.span.extracting(first).isEqual(to: bytes.span.extracting(second))
    }

    private mutating func attribute() throws(XMLError) {
        _ = try name()
        _ = skipSpace()
        guard take(UInt8(ascii: "=")) else { throw .attributeInvalid }
        _ = skipSpace()
        guard position < bytes.count else { throw .endUnexpected }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw .attributeInvalid
        }
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == quote { return }
            if byte == UInt8(ascii: "<") { throw .attributeInvalid }
        }
        throw .endUnexpected
    }

    private mutating func name() throws(XMLError) -> Range<Int> {
        let start = position
        position = endOfName(from: start)
        guard position > start else {
            if position == bytes.count { throw .endUnexpected }
            throw .nameInvalid
        }
        switch bytes[start] {
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "."): throw .nameInvalid
        default: return start..<position
        }
    }

    private func localName(of name: Range<Int>) -> Range<Int> {
        var start = name.upperBound
        while start > name.lowerBound, bytes[start - 1] != UInt8(ascii: ":") { start -= 1 }
        return start..<name.upperBound
    }

    // MARK: Comments, instructions, declarations

    /// Skips a comment or a processing instruction; `false` where there is none.
    mutating func skipMiscellany() throws(XMLError) -> Bool {
        guard peek("<!") || peek("<?") else { return false }
        if peek("<!--") {
            try skip(past: "-->", from: position + 4)
            return true
        }
        if peek("<?") {
            try skip(past: "?>", from: position + 2)
            return true
        }
        if peek("<!DOCTYPE") { throw .doctypeRefused }
        if peek("<!"), !peek("<![CDATA[") { throw .markupInvalid }
        return false
    }

    private mutating func skip(past end: StaticString, from start: Int) throws(XMLError) {
        position = min(start, bytes.count)
        while position < bytes.count {
            if peek(end) {
                position += end.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw .endUnexpected
    }
}
