/// Hexadecimal text, RFC 4648 section 8.
public enum Hex {
    /// Lower-case digits of `bytes`, two for each byte.
    @inlinable
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { digits in
            var count = 0
            for byte in bytes where count + 1 < digits.count {
                unsafe digits.initializeElement(at: count, to: digit(byte >> 4))
                unsafe digits.initializeElement(at: count + 1, to: digit(byte & 15))
                count += 2
            }
            return count
        }
    }

    /// The bytes that `text` spells; `nil` for an odd length or anything but hexadecimal digits.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let bytes = text.withContiguousStorageIfAvailable({ unsafe decode($0.span) }) {
            return bytes
        }
        return decode(Array(text).span)
    }

    /// The bytes that `text` spells; `nil` for an odd length or anything but hexadecimal digits.
    public static func decode(_ text: String) -> [UInt8]? { decode(text.utf8.span) }

    /// The upper-case digit of a value of 0 to 15.
    @inlinable
    public static func upperDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x41 + value - 10
    }

    /// The value of one hexadecimal digit in either case, else `nil`.
    @inlinable
    public static func value(ofDigit character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }

    /// The lower-case digit of a value below 16.
    @inlinable
    public static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + (value & 15) - 10
    }
}
