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
        let groups = bytes.count / 3
        let rest = bytes.count - 3 * groups
        let alphabet = variant == .standard ? standard.characters : url.characters
        return unsafe [UInt8](unsafeUninitializedCapacity: 4 * groups + 4) { text, count in
            for group in 0..<groups {
                let bits =
                    Int(bytes[3 * group]) << 16 | Int(bytes[3 * group + 1]) << 8
                    | Int(bytes[3 * group + 2])
                unsafe text[4 * group] = alphabet[bits >> 18]
                unsafe text[4 * group + 1] = alphabet[bits >> 12 & 63]
                unsafe text[4 * group + 2] = alphabet[bits >> 6 & 63]
                unsafe text[4 * group + 3] = alphabet[bits & 63]
            }
            count = 4 * groups
            guard rest > 0 else { return }
            let second = rest == 2 ? Int(bytes[3 * groups + 1]) << 8 : 0
            let bits = Int(bytes[3 * groups]) << 16 | second
            unsafe text[count] = alphabet[bits >> 18]
            unsafe text[count + 1] = alphabet[bits >> 12 & 63]
            unsafe text[count + 2] = rest == 2 ? alphabet[bits >> 6 & 63] : UInt8(ascii: "=")
            unsafe text[count + 3] = UInt8(ascii: "=")
            count += variant == .standard ? 4 : rest + 1
        }
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
        var count = text.count
        if variant == .standard {
            guard count.isMultiple(of: 4) else { return nil }
            for _ in 0..<2 where count > 0 && text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        }
        let groups = count / 4
        let rest = count - 4 * groups
        guard rest != 1 else { return nil }
        let values = variant == .standard ? standard.values : url.values
        // Every character that is none, and every bit behind the last byte, leaves a mark here.
        var strays = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 3 * groups + 3) { bytes, filled in
            for group in 0..<groups {
                let first = values[Int(text[4 * group])] << 6 | values[Int(text[4 * group + 1])]
                let last = values[Int(text[4 * group + 2])] << 6 | values[Int(text[4 * group + 3])]
                let bits = first << 12 | last
                strays |= bits >> 24 | last >> 12
                unsafe bytes[3 * group] = UInt8(truncatingIfNeeded: bits >> 16)
                unsafe bytes[3 * group + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                unsafe bytes[3 * group + 2] = UInt8(truncatingIfNeeded: bits)
            }
            filled = 3 * groups
            guard rest > 0 else { return }
            // Two characters are a byte, three are two.
            let third = rest == 3 ? values[Int(text[4 * groups + 2])] : 0
            let start = values[Int(text[4 * groups])] << 6 | values[Int(text[4 * groups + 1])]
            strays |= start >> 12 | third >> 6
            let bits = start << 12 | third << 6
            unsafe bytes[filled] = UInt8(truncatingIfNeeded: bits >> 16)
            unsafe bytes[filled + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            strays |= rest == 3 ? bits & 0xff : bits & 0xffff
            filled += rest - 1
        }
        return strays == 0 ? bytes : nil
    }

    /// The bytes that `text` spells, or `nil`; as for a collection of ASCII bytes.
    public static func decode(_ text: String, as variant: Variant = .standard) -> [UInt8]? {
        decode(text.utf8, as: variant)
    }

    private static let standard = Alphabet("+/")
    private static let url = Alphabet("-_")

    /// One of the alphabets, both ways.
    private struct Alphabet {
        /// 64 characters by their values.
        let characters: [UInt8]
        /// Values by character; `none` for what isn't one.
        let values: [Int]

        // Beyond any bit that a group of characters has, however it is shifted.
        private static let none = 1 << 40

        init(_ last: String) {
            let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            let characters = Array((letters + letters.lowercased() + "0123456789" + last).utf8)
            var values = [Int](repeating: Self.none, count: 256)
            for (value, character) in characters.enumerated() { values[Int(character)] = value }
            self.characters = characters
            self.values = values
        }
    }
}
