// What parsers of text ask of bytes, without a copy or a string for it.
extension Span<UInt8> {
    /// Whether the bytes are those of a text.
    @inlinable
    public func isEqual(to text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    /// Whether the bytes begin with those of a text.
    @inlinable
    public func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for index in wanted.indices {
                guard unsafe self[index] == wanted[index] else { return false }
            }
            return true
        }
    }

    /// Whether both hold the same bytes; not for secrets.
    @inlinable
    public func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// Where a byte stands first from `start` on; `count` where it doesn't.
    @inlinable
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int {
        var index = start
        while index < count, self[index] != byte { index += 1 }
        return index
    }
}

extension String {
    /// The text of bytes that are valid UTF-8; else `nil`.
    ///
    /// The standard library's `String(validating:as:)` looks metadata up at each call, which costs
    /// more than the text.
    public init?(utf8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self = String(copying: text)
    }

    /// The text of bytes that are valid UTF-8; else `nil`.
    public init?(utf8 bytes: [UInt8]) { self.init(utf8: bytes.span) }

    /// The text of bytes that are valid UTF-8; else `nil`.
    public init?(utf8 bytes: ArraySlice<UInt8>) { self.init(utf8: bytes.span) }
}

extension [UInt8] {
    /// Appends the bytes of a span.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
