internal import Encoding

/// Signatures and digests in hexadecimal digits.
enum SignatureText {
    /// Appends two lower-case digits for each byte.
    static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            // Sixteen digits at once: each append costs more than they do.
            var digits = InlineArray<16, UInt8>(repeating: 0)
            let end = min(index + 8, bytes.count)
            for (place, byte) in (index..<end).enumerated() {
                digits[2 * place] = Hex.digit(bytes[byte] >> 4)
                digits[2 * place + 1] = Hex.digit(bytes[byte] & 15)
            }
            text.append(digits.span.extracting(first: 2 * (end - index)))
            index = end
        }
    }

    /// Appends two lower-case digits for each byte.
    static func append(_ bytes: [UInt8], to text: inout [UInt8]) { append(bytes.span, to: &text) }

    /// The 32 bytes of a signature in 64 digits, else `nil`.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for index in 0..<32 {
            guard let high = Hex.value(ofDigit: text[2 * index]),
                let low = Hex.value(ofDigit: text[2 * index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
