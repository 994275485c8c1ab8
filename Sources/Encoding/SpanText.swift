internal import CText

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
        let start = extracting(first: text.utf8CodeUnitCount)
        return text.withUTF8Buffer { unsafe start.isEqual(to: $0.span) }
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
        return unsafe withUnsafeBufferPointer { bytes in
            unsafe other.withUnsafeBufferPointer { otherBytes in
                guard let address = bytes.baseAddress, let otherAddress = otherBytes.baseAddress
                else { return true }
                return unsafe sealgate_is_equal(address, otherAddress, bytes.count)
            }
        }
    }

    /// Where a byte stands first from `start` on; `count` where it doesn't.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int {
        // Nothing else keeps the search within the bytes.
        precondition(start >= 0, "there is nothing before the first byte")
        guard start < count else { return start }
        return unsafe withUnsafeBufferPointer { bytes in
            guard let address = bytes.baseAddress else { return start }
            return unsafe start + sealgate_find(address + start, bytes.count - start, byte)
        }
    }

    /// Whether a byte is an upper-case letter of ASCII.
    public var hasUppercase: Bool {
        var index = 0
        while count - index >= 8 {
            let word = ByteWord(self, at: index)
            // Beside other bytes than ASCII the word tells less.
            let places = word.placesOfASCII(from: UInt8(ascii: "A"), through: UInt8(ascii: "Z"))
            if places | word.placesOfNonASCII != 0, hasUppercase(in: index..<(index + 8)) {
                return true
            }
            index += 8
        }
        return hasUppercase(in: index..<count)
    }

    private func hasUppercase(in range: Range<Int>) -> Bool {
        for index in range where (0x41...0x5a).contains(self[index]) { return true }
        return false
    }

    /// Whether every byte is visible ASCII, 0x21...0x7e.
    public var isVisible: Bool {
        var index = 0
        while count - index >= 8 {
            let word = ByteWord(self, at: index)
            guard word.places(below: 0x21) | word.places(of: 0x7f) | word.placesOfNonASCII == 0
            else { return false }
            index += 8
        }
        while index < count {
            guard (0x21...0x7e).contains(self[index]) else { return false }
            index += 1
        }
        return true
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
