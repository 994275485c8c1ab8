internal import Encoding

/// The one spelling of percent-encoded text that is signed.
enum CanonicalEncoding {
    /// Appends `text` decoded and encoded anew, a byte at a time; a `+` stands for itself.
    ///
    /// - Throws: `.targetMalformed` where a `%` isn't followed by two hexadecimal digits.
    static func append(
        _ text: Span<UInt8>,
        keepingSlash: Bool,
        to output: inout [UInt8]
    ) throws(SigV4Error) {
        var index = 0
        while index < text.count {
            // What is spelled so already is nearly all there is, and is taken as it is.
            let start = index
            index = end(ofCanonical: text, from: start, keepingSlash)
            output.append(text.extracting(start..<index))
            guard index < text.count else { return }
            let byte = try decodeByte(text, &index)
            if standsForItself(byte, keepingSlash) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(Hex.upperDigit(byte >> 4))
                output.append(Hex.upperDigit(byte & 15))
            }
        }
    }

    /// Whether the text is spelled as it is signed.
    static func isCanonical(_ text: Span<UInt8>) -> Bool {
        end(ofCanonical: text, from: 0, false) == text.count
    }

    /// Where the first byte stands, from `start` on, that is to be spelled otherwise.
    private static func end(
        ofCanonical text: Span<UInt8>,
        from start: Int,
        _ keepingSlash: Bool
    ) -> Int {
        var index = start
        while true {
            while text.count - index >= 8, ByteWord(text, at: index).isUnreserved { index += 8 }
            while index < text.count, standsForItself(text[index], keepingSlash) { index += 1 }
            guard text.count - index >= 3, text[index] == UInt8(ascii: "%"),
                let high = Hex.value(ofDigit: text[index + 1]),
                let low = Hex.value(ofDigit: text[index + 2]),
                text[index + 1] == Hex.upperDigit(high), text[index + 2] == Hex.upperDigit(low),
                !standsForItself(high << 4 | low, keepingSlash)
            else { return index }
            index += 3
        }
    }

    private static func standsForItself(_ byte: UInt8, _ keepingSlash: Bool) -> Bool {
        PercentEncoding.isUnreserved(byte) || (keepingSlash && byte == UInt8(ascii: "/"))
    }

    /// The bytes that `text` stands for.
    ///
    /// - Throws: `.targetMalformed` where a `%` isn't followed by two hexadecimal digits.
    static func decode(_ text: Span<UInt8>) throws(SigV4Error) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(decoding: text, to: &bytes)
        return bytes
    }

    /// Appends the bytes that `text` stands for.
    ///
    /// - Throws: `.targetMalformed` where a `%` isn't followed by two hexadecimal digits.
    static func append(
        decoding text: Span<UInt8>,
        to bytes: inout [UInt8]
    ) throws(SigV4Error) {
        var index = 0
        while index < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "%"), from: index)
            bytes.append(text.extracting(index..<end))
            index = end
            if index < text.count { bytes.append(try decodeByte(text, &index)) }
        }
    }

    private static func decodeByte(
        _ text: Span<UInt8>,
        _ index: inout Int
    ) throws(SigV4Error) -> UInt8 {
        let byte = text[index]
        index += 1
        guard byte == UInt8(ascii: "%") else { return byte }
        guard text.count - index >= 2, let high = Hex.value(ofDigit: text[index]),
            let low = Hex.value(ofDigit: text[index + 1])
        else { throw .targetMalformed }
        index += 2
        return high << 4 | low
    }
}
