internal import Encoding

/// A document that can be written: one of S3's XML bodies.
public protocol XMLWritable: Sendable {
    /// Writes the root element with all that it holds.
    func write(to writer: inout XMLWriter)
}

/// A document that can be read: one of S3's XML bodies.
public protocol XMLReadable: Sendable {
    /// Reads the root element; the caller checks that nothing stands behind it.
    init(from reader: inout XMLReader) throws(XMLError)
}

extension XMLWritable {
    /// The whole document, UTF-8.
    public var xml: [UInt8] {
        var writer = XMLWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension XMLReadable {
    /// Reads a whole document.
    ///
    /// - Throws: what is wrong with it; `XMLError.response` is the answer for a client.
    public init(xml: [UInt8], limits: XMLReader.Limits = XMLReader.Limits()) throws(XMLError) {
        var reader = try XMLReader(xml, limits: limits)
        try self.init(from: &reader)
        try reader.finish()
    }
}

extension XMLReader {
    /// The text of the current element as an unsigned integer; `name` is for the error.
    mutating func number(_ name: String) throws(XMLError) -> UInt64 {
        guard let value = DecimalText.unsigned(try text().utf8) else { throw .valueInvalid(name) }
        return value
    }

    /// The text of the current element as an integer that fits in `Int`.
    mutating func integer(_ name: String) throws(XMLError) -> Int {
        guard let value = Int(exactly: try number(name)) else { throw .valueInvalid(name) }
        return value
    }

    /// The text of the current element as `true` or `false`.
    mutating func flag(_ name: String) throws(XMLError) -> Bool {
        switch try text() {
        case "true", "True", "TRUE", "1": true
        case "false", "False", "FALSE", "0", "": false
        default: throw .valueInvalid(name)
        }
    }

    /// The text of the current element as a time.
    mutating func time(_ name: String) throws(XMLError) -> Timestamp {
        guard let time = Timestamp(iso8601: try text()) else { throw .valueInvalid(name) }
        return time
    }

    /// The text of the current element as an ETag, without its quotes.
    mutating func entityTag() throws(XMLError) -> String { EntityTag.unquoted(try text()) }

    /// The text of the current element, `nil` where it is empty.
    mutating func nonEmptyText() throws(XMLError) -> String? {
        let text = try text()
        return text.isEmpty ? nil : text
    }
}

extension XMLError {
    /// The value, or `.elementMissing` where it is `nil`.
    static func require<Value>(_ value: Value?, _ name: String) throws(XMLError) -> Value {
        guard let value else { throw .elementMissing(name) }
        return value
    }
}
