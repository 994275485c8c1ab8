public import Encoding

/// Writes an XML document as bytes; text is escaped, names are the caller's constants.
///
/// Characters that XML 1.0 can't hold are written as numeric references all the same, as S3 does,
/// so that every key comes back as it was.
public struct XMLWriter: Sendable {
    /// S3's namespace, which its result documents declare.
    public static let namespace: StaticString = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// What a document begins with.
    public static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    /// The document so far, UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// A document that holds its declaration alone.
    ///
    /// - Parameter capacity: how many bytes to make room for.
    public init(capacity: Int = 1024) {
        bytes.reserveCapacity(capacity)
        bytes.append(contentsOf: Self.declaration.utf8)
    }

    /// Begins an element.
    public mutating func open(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ">"))
    }

    /// Begins a root element in S3's namespace.
    public mutating func openRoot(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name.utf8)
        append(" xmlns=\"")
        append(Self.namespace)
        append("\">")
    }

    /// Begins a `Grantee` element, the one element of S3's answers that has a type attribute.
    mutating func openGrantee() {
        append("<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"")
        append(" xsi:type=\"CanonicalUser\">")
    }

    /// Ends an element.
    public mutating func close(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ">"))
    }

    /// An element that holds text.
    public mutating func element(_ name: String, _ text: String) {
        open(name)
        append(text: text)
        close(name)
    }

    /// An element that holds text, or nothing at all where `text` is `nil`.
    public mutating func optionalElement(_ name: String, _ text: String?) {
        if let text { element(name, text) }
    }

    /// An element that holds an integer.
    public mutating func element(_ name: String, _ number: some BinaryInteger) {
        open(name)
        bytes.append(contentsOf: String(number).utf8)
        close(name)
    }

    /// An element that holds `true` or `false`.
    public mutating func element(_ name: String, _ flag: Bool) {
        open(name)
        append(flag ? "true" : "false")
        close(name)
    }

    /// An element that holds a time, as `2026-11-23T14:22:35.000Z`.
    public mutating func element(_ name: String, _ time: Timestamp) {
        open(name)
        bytes.append(contentsOf: time.iso8601.utf8)
        close(name)
    }

    /// An element that holds a key or a prefix; percent-encoded where `encoded`.
    public mutating func element(_ name: String, key: String, encoded: Bool) {
        open(name)
        if encoded {
            append(encoding: key)
        } else {
            append(text: key)
        }
        close(name)
    }

    // Most keys need nothing encoded and are copied whole.
    private mutating func append(encoding key: String) {
        let span = key.utf8Span.span
        var plain = true
        for index in span.indices {
            let byte = span[index]
            if !PercentEncoding.isUnreserved(byte), byte != UInt8(ascii: "/") {
                plain = false
                break
            }
        }
        if plain {
            bytes.append(contentsOf: key.utf8)
        } else {
            PercentEncoding.append(key.utf8.span, keepingSlash: true, to: &bytes)
        }
    }

    /// An `ETag` element: the tag, given without quotes, in quotes.
    public mutating func element(entityTag: String) {
        open("ETag")
        append("&quot;")
        append(text: entityTag)
        append("&quot;")
        close("ETag")
    }

    private mutating func append(_ constant: StaticString) {
        constant.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends character data, escaped.
    public mutating func append(text: String) {
        guard needsEscape(text) else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        for scalar in text.unicodeScalars { append(escaping: scalar) }
    }

    private func needsEscape(_ text: String) -> Bool {
        let bytes = text.utf8Span.span
        var index = 0
        while bytes.count - index >= 8 {
            let word = ByteWord(bytes, at: index)
            // Quotation mark and ampersand, less and greater than: each pair differs in a bit.
            let marks = word.places(of: 0x22, mask: 0xfb) | word.places(of: 0x3c, mask: 0xfd)
            let rest = word.places(below: 0x20) | word.places(of: 0x7f) | word.places(of: 0xef)
            guard marks | rest == 0 else { return true }
            index += 8
        }
        while index < bytes.count {
            switch bytes[index] {
            case 0..<0x20, 0x22, 0x26, 0x3c, 0x3e, 0x7f, 0xef: return true
            default: index += 1
            }
        }
        return false
    }

    private mutating func append(escaping scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x22: append("&quot;")
        case 0x26: append("&amp;")
        case 0x3c: append("&lt;")
        case 0x3e: append("&gt;")
        case 0x09, 0x0a: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        // A carriage return written plainly would be read back as a line feed.
        case 0..<0x20, 0x7f, 0xfffe, 0xffff:
            append("&#x")
            bytes.append(contentsOf: String(scalar.value, radix: 16).utf8)
            bytes.append(UInt8(ascii: ";"))
        default: bytes.append(contentsOf: scalar.utf8)
        }
    }
}
