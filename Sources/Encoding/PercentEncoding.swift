/// Percent-encoding, RFC 3986 section 2.1, with AWS's choice of unreserved characters.
public enum PercentEncoding {
    /// Encodes all but RFC 3986's unreserved characters, and `/` where `keepingSlash`.
    ///
    /// Upper-case digits, a space as `%20`: the form that SigV4 signs and `encoding-type=url` asks.
    public static func encode(_ bytes: Span<UInt8>, keepingSlash: Bool = false) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + 16)
        append(bytes, keepingSlash: keepingSlash, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Encodes bytes.
    public static func encode(_ bytes: [UInt8], keepingSlash: Bool = false) -> String {
        encode(bytes.span, keepingSlash: keepingSlash)
    }

    /// Encodes a string's UTF-8 bytes.
    public static func encode(_ text: String, keepingSlash: Bool = false) -> String {
        encode(text.utf8.span, keepingSlash: keepingSlash)
    }

    /// Encodes names and values as a query, or a body of `application/x-www-form-urlencoded`, has
    /// them: `name=value&name=value`.
    public static func encode(pairs: [(String, String)]) -> String {
        pairs.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }

    /// Appends the encoded form of `bytes` to `text`.
    public static func append(
        _ bytes: Span<UInt8>,
        keepingSlash: Bool,
        to text: inout [UInt8]
    ) {
        var index = 0
        while index < bytes.count {
            // What stands for itself is nearly all there is, and is taken as it is.
            let start = index
            while index < bytes.count,
                isUnreserved(bytes[index]) || (keepingSlash && bytes[index] == UInt8(ascii: "/"))
            { index += 1 }
            text.append(bytes.extracting(start..<index))
            guard index < bytes.count else { return }
            text.append(UInt8(ascii: "%"))
            text.append(Hex.upperDigit(bytes[index] >> 4))
            text.append(Hex.upperDigit(bytes[index] & 15))
            index += 1
        }
    }

    /// Decodes `%XX`; with `plusIsSpace`, `+` too (HTML forms only).
    ///
    /// - Returns: `nil` where a `%` isn't followed by two hexadecimal digits.
    public static func decode(
        _ text: some Collection<UInt8>,
        plusIsSpace: Bool = false
    ) -> [UInt8]? {
        let decoded = text.withContiguousStorageIfAvailable {
            unsafe decode($0.span, plusIsSpace: plusIsSpace)
        }
        if let decoded { return decoded }
        return decode(Array(text).span, plusIsSpace: plusIsSpace)
    }

    /// Decodes `%XX`; with `plusIsSpace`, `+` too (HTML forms only).
    ///
    /// - Returns: `nil` where a `%` isn't followed by two hexadecimal digits.
    public static func decode(_ text: Span<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let character = text[index]
            index += 1
            if character == UInt8(ascii: "%") {
                guard text.count - index >= 2, let high = Hex.value(ofDigit: text[index]),
                    let low = Hex.value(ofDigit: text[index + 1])
                else { return nil }
                index += 2
                bytes.append(high << 4 | low)
            } else if plusIsSpace, character == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else {
                bytes.append(character)
            }
        }
        return bytes
    }

    /// Whether RFC 3986 section 2.3 calls `byte` unreserved.
    @inlinable
    public static func isUnreserved(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        // A bit for each: "-.0123456789" below 64, letters, "_" and "~" from there on.
        let bits: UInt64 = byte < 64 ? 0x03ff_6000_0000_0000 : 0x47ff_fffe_87ff_fffe
        return bits >> UInt64(byte & 63) & 1 == 1
    }
}
