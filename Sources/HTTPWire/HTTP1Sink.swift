internal import Encoding

/// Takes the bytes of messages as they are written: an array, or a transport's buffer.
public protocol HTTP1Sink {
    /// Adds bytes at the end.
    mutating func append(_ bytes: Span<UInt8>)
}

extension Array: HTTP1Sink where Element == UInt8 {}

extension HTTP1Sink {
    /// Adds a text's UTF-8 bytes.
    @_disfavoredOverload
    mutating func append(text: String) { append(text.utf8.span) }

    /// Adds a text's UTF-8 bytes.
    mutating func append(text: StaticString) {
        text.withUTF8Buffer { append(unsafe $0.span) }
    }

    /// Adds `number` in decimal digits.
    mutating func append(decimal number: UInt64) { append(text: String(number)) }
}
