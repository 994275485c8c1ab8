/// Base64 text, RFC 4648 sections 4 and 5; strict: one spelling a value, no white space.
public enum Base64 {
    /// Which of RFC 4648's two alphabets, and whether `=` fills the last group.
    public enum Variant: Sendable {
        /// Section 4: `+` and `/`, padded.
        case standard
        /// Section 5: `-` and `_`, without padding.
        case url
    }

    /// The text of `bytes`.
    public static func encode(
        _ bytes: some Collection<UInt8>,
        as variant: Variant = .standard
    ) -> String {
        String(decoding: encodeBytes(bytes, as: variant), as: UTF8.self)
    }

    /// The text of `bytes`, as ASCII bytes.
    public static func encodeBytes(
        _ bytes: some Collection<UInt8>,
        as variant: Variant = .standard
    ) -> [UInt8] {
        // Over any collection each byte would cost calls; over contiguous bytes it doesn't.
        bytes.withContiguousStorageIfAvailable { unsafe encodeBytes(of: $0.span, variant) }
            ?? encodeBytes(of: Array(bytes).span, variant)
    }

    private static func encodeBytes(of bytes: Span<UInt8>, _ variant: Variant) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for index in bytes.indices {
            bits = bits << 8 | UInt32(bytes[index])
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(character(UInt8(truncatingIfNeeded: bits >> bitCount) & 63, variant))
            }
        }
        if bitCount > 0 {
            text.append(character(UInt8(truncatingIfNeeded: bits << (6 - bitCount)) & 63, variant))
        }
        if variant == .standard {
            while !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
        }
        return text
    }

    /// The bytes that `text` spells.
    ///
    /// `nil` for a character outside the alphabet, a wrong length or padding, or set bits behind
    /// the last byte, so that no two texts stand for the same bytes.
    public static func decode(
        _ text: some Collection<UInt8>,
        as variant: Variant = .standard
    ) -> [UInt8]? {
        let decoded = text.withContiguousStorageIfAvailable {
            unsafe decodeBytes(of: $0.span, variant)
        }
        if let decoded { return decoded }
        return decodeBytes(of: Array(text).span, variant)
    }

    private static func decodeBytes(of text: Span<UInt8>, _ variant: Variant) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        var padding = 0
        for index in text.indices {
            let character = text[index]
            if character == UInt8(ascii: "="), variant == .standard {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(of: character, variant) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        guard bitCount < 6, bits & ((1 << bitCount) - 1) == 0 else { return nil }
        let missing = bitCount == 4 ? 2 : bitCount == 2 ? 1 : 0
        guard padding == (variant == .standard ? missing : 0) else { return nil }
        return bytes
    }

    /// The bytes that `text` spells, or `nil`; as for a collection of ASCII bytes.
    public static func decode(_ text: String, as variant: Variant = .standard) -> [UInt8]? {
        decode(text.utf8, as: variant)
    }

    private static func character(_ value: UInt8, _ variant: Variant) -> UInt8 {
        switch value {
        case 0..<26: 0x41 + value
        case 26..<52: 0x61 + (value - 26)
        case 52..<62: 0x30 + (value - 52)
        case 62: variant == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
        default: variant == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
        }
    }

    private static func value(of character: UInt8, _ variant: Variant) -> UInt8? {
        switch character {
        case 0x41...0x5a: character - 0x41
        case 0x61...0x7a: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case UInt8(ascii: "+"): variant == .standard ? 62 : nil
        case UInt8(ascii: "/"): variant == .standard ? 63 : nil
        case UInt8(ascii: "-"): variant == .url ? 62 : nil
        case UInt8(ascii: "_"): variant == .url ? 63 : nil
        default: nil
        }
    }
}
