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

    /// Whether the bytes end with those of a text.
    @inlinable
    public func ends(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount
            && extracting(last: text.utf8CodeUnitCount).starts(with: text)
    }

    /// Whether both hold the same bytes; not for secrets.
    public func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while count - index >= 8 {
            guard word(at: index) == other.word(at: index) else { return false }
            index += 8
        }
        while index < count {
            guard self[index] == other[index] else { return false }
            index += 1
        }
        return true
    }

    /// Where a byte stands first from `start` on; `count` where it doesn't.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int {
        let pattern = UInt64(byte) &* Self.ones
        var index = start
        while count - index >= 8 {
            // A byte of the word is zero where it is the one that is looked for.
            let difference = word(at: index) ^ pattern
            let zeros = (difference &- Self.ones) & ~difference & Self.highBits
            if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, self[index] != byte { index += 1 }
        return index
    }

    /// Whether every byte is visible ASCII, 0x21...0x7e.
    public var isVisible: Bool {
        var index = 0
        // As long as no byte is below 0x21, above 0x7f, or 0x7f.
        while count - index >= 8 {
            let word = word(at: index)
            let low = (word &- 0x21 &* Self.ones) & ~word
            let difference = word ^ 0x7f &* Self.ones
            let deleted = (difference &- Self.ones) & ~difference
            guard (low | deleted | word) & Self.highBits == 0 else { return false }
            index += 8
        }
        while index < count {
            guard (0x21...0x7e).contains(self[index]) else { return false }
            index += 1
        }
        return true
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// Eight bytes, the first in the lowest bits; the caller has seen that they are there.
    private func word(at index: Int) -> UInt64 {
        let bytes = unsafe bytes
        return UInt64(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        )
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
