/// Eight hexadecimal digits, made or read together.
public struct HexWord: Sendable {
    /// The digits, the first in the highest bits.
    private let digits: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The lower-case digits of a value.
    public init(_ value: UInt32) {
        // From four bytes to eight of four bits each, by halves.
        var nibbles = UInt64(value)
        nibbles = (nibbles << 16 | nibbles) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles << 8 | nibbles) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles << 4 | nibbles) & 0x0f0f_0f0f_0f0f_0f0f
        // 1 in each byte from ten on, whose letter stands 0x27 behind where a digit would.
        let letters = (nibbles &+ 6 &* Self.ones) >> 4 & Self.ones
        digits = nibbles &+ 0x30 &* Self.ones &+ 0x27 &* letters
    }

    /// Eight characters of a text, the first in the highest bits.
    init(text: UInt64) { digits = text }

    /// The digits as they stand in memory, the first at the lowest address.
    public var text: UInt64 { digits.bigEndian }

    /// What the digits spell, in either case; `nil` where one is none.
    var value: UInt32? {
        // The lower four bits are a digit's value, and nine less than a letter's.
        let letters = digits >> 6 & Self.ones
        let nibbles = (digits &+ 9 &* letters) & 0x0f0f_0f0f_0f0f_0f0f
        var value = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff
        value = (value | value >> 8) & 0x0000_ffff_0000_ffff
        let spelled = UInt32(truncatingIfNeeded: value | value >> 16)
        // Whatever else those bits were taken from is written another way.
        return HexWord(spelled).digits == digits | letters << 5 ? spelled : nil
    }
}

extension Hex {
    /// Appends lower-case digits, two for each byte.
    public static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        var start = 0
        while start < bytes.count {
            // Many at once: each append costs more than they do.
            let end = min(start + 32, bytes.count)
            var digits = InlineArray<8, UInt64>(repeating: 0)
            for word in 0..<(end - start + 3) / 4 {
                digits[word] = HexWord(value(of: bytes, from: start + 4 * word)).text
            }
            unsafe digits.span.withUnsafeBytes { digits in
                let digits = unsafe digits.bindMemory(to: UInt8.self).span
                text.append(digits.extracting(first: 2 * (end - start)))
            }
            start = end
        }
    }

    /// Four bytes, big-endian; zeros where there are fewer.
    private static func value(of bytes: Span<UInt8>, from start: Int) -> UInt32 {
        if bytes.count - start >= 4 {
            let bytes = unsafe bytes.bytes
            return UInt32(
                bigEndian: unsafe bytes.unsafeLoadUnaligned(
                    fromByteOffset: start,
                    as: UInt32.self
                )
            )
        }
        var value: UInt32 = 0
        for index in start..<bytes.count {
            value |= UInt32(bytes[index]) << UInt32(24 - 8 * (index - start))
        }
        return value
    }

    /// The bytes that `text` spells; `nil` for an odd length or anything but hexadecimal digits.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var index = 0
        while text.count - index >= 8 {
            let words = min((text.count - index) / 8, 8)
            var values = InlineArray<8, UInt32>(repeating: 0)
            for word in 0..<words {
                let digits = ByteWord(text, at: index + 8 * word).value.byteSwapped
                guard let value = HexWord(text: digits).value else { return nil }
                values[word] = value.bigEndian
            }
            unsafe values.span.withUnsafeBytes { values in
                let values = unsafe values.bindMemory(to: UInt8.self).span
                bytes.append(values.extracting(first: 4 * words))
            }
            index += 8 * words
        }
        while index < text.count {
            guard let high = value(ofDigit: text[index]),
                let low = value(ofDigit: text[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }
}
