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
        bytes.withContiguousStorageIfAvailable { unsafe text(of: $0.span, variant) }
            ?? text(of: Array(bytes).span, variant)
    }

    private static func text(of bytes: Span<UInt8>, _ variant: Variant) -> String {
        unsafe String(unsafeUninitializedCapacity: bytes.count / 3 * 4 + 4) { text in
            unsafe write(bytes, variant, to: text)
        }
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
        unsafe [UInt8](unsafeUninitializedCapacity: bytes.count / 3 * 4 + 4) { text, count in
            count = unsafe write(bytes, variant, to: text)
        }
    }

    /// Writes the text, for which there is room, and gives its length.
    private static func write(
        _ bytes: Span<UInt8>,
        _ variant: Variant,
        to text: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        let groups = bytes.count / 3
        let rest = bytes.count - 3 * groups
        let alphabet = variant == .standard ? standard.characters : url.characters
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe alphabet.withUnsafeBufferPointer { alphabet in
                // Six bits are always below the alphabet's 64 characters.
                for group in 0..<groups {
                    let bits =
                        unsafe Int(bytes[3 * group]) << 16
                        | Int(bytes[3 * group + 1]) << 8 | Int(bytes[3 * group + 2])
                    unsafe text[4 * group] = alphabet[bits >> 18]
                    unsafe text[4 * group + 1] = alphabet[bits >> 12 & 63]
                    unsafe text[4 * group + 2] = alphabet[bits >> 6 & 63]
                    unsafe text[4 * group + 3] = alphabet[bits & 63]
                }
            }
        }
        let count = 4 * groups
        guard rest > 0 else { return count }
        let second = rest == 2 ? Int(bytes[3 * groups + 1]) << 8 : 0
        let bits = Int(bytes[3 * groups]) << 16 | second
        unsafe text[count] = alphabet[bits >> 18]
        unsafe text[count + 1] = alphabet[bits >> 12 & 63]
        unsafe text[count + 2] = rest == 2 ? alphabet[bits >> 6 & 63] : UInt8(ascii: "=")
        unsafe text[count + 3] = UInt8(ascii: "=")
        return count + (variant == .standard ? 4 : rest + 1)
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
        guard count % 4 != 1 else { return nil }
        let table = variant == .standard ? standard.bits : url.bits
        return unsafe text.extracting(0..<count).withUnsafeBufferPointer { text in
            unsafe table.withUnsafeBufferPointer { unsafe decodeBytes(of: text, $0) }
        }
    }

    private static func decodeBytes(
        of text: UnsafeBufferPointer<UInt8>,
        _ table: UnsafeBufferPointer<UInt32>
    ) -> [UInt8]? {
        let groups = text.count / 4
        let rest = text.count - 4 * groups
        // Every character that is none, and every bit behind the last byte, leaves a mark here.
        var strays: UInt32 = 0
        let room = 3 * groups + 4
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { bytes, filled in
            let output = UnsafeMutableRawBufferPointer(bytes)
            for group in 0..<groups {
                let first = unsafe table[Int(text[4 * group])]
                let second = unsafe table[256 + Int(text[4 * group + 1])]
                let third = unsafe table[512 + Int(text[4 * group + 2])]
                let fourth = unsafe table[768 + Int(text[4 * group + 3])]
                let bits = first | second | third | fourth
                strays |= bits
                // Three bytes; what comes next is written over the fourth.
                let word = (bits << 8).bigEndian
                unsafe output.storeBytes(of: word, toByteOffset: 3 * group, as: UInt32.self)
            }
            filled = 3 * groups
            guard rest > 0 else { return }
            // Two characters are a byte, three are two.
            var bits = unsafe table[Int(text[4 * groups])] | table[256 + Int(text[4 * groups + 1])]
            if rest == 3 { bits |= unsafe table[512 + Int(text[4 * groups + 2])] }
            strays |= bits
            if bits & (rest == 3 ? 0xff : 0xffff) != 0 { strays |= 1 << 24 }
            unsafe bytes[filled] = UInt8(truncatingIfNeeded: bits >> 16)
            unsafe bytes[filled + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            filled += rest - 1
        }
        return strays < 1 << 24 ? bytes : nil
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
        /// What a character adds to the 24 bits of a group, by its place in it: four times 256.
        ///
        /// One that isn't of the alphabet sets a bit beyond.
        let bits: [UInt32]

        init(_ last: String) {
            let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            let characters = Array((letters + letters.lowercased() + "0123456789" + last).utf8)
            var bits = [UInt32](repeating: 1 << 24, count: 4 * 256)
            for (value, character) in characters.enumerated() {
                for place in 0..<4 {
                    bits[256 * place + Int(character)] = UInt32(value) << (18 - 6 * place)
                }
            }
            self.characters = characters
            self.bits = bits
        }
    }
}
