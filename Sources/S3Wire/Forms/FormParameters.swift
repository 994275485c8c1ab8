internal import Encoding

/// A field's value with parameters, as `form-data; name="key"` (RFC 2183 section 2, RFC 2045
/// section 5.1), and of multipart/form-data's own (RFC 7578 section 4.2).
struct FormParameters {
    /// What stands before the first parameter, lower case.
    let value: String
    private var parameters: [(name: String, value: [UInt8])] = []

    /// Reads a field's value.
    ///
    /// - Returns: `nil` where it isn't in the form, or a parameter is there twice.
    init?(_ text: Span<UInt8>) {
        let end = text.firstIndex(of: UInt8(ascii: ";"))
        guard let value = Self.token(text.extracting(0..<end)) else { return nil }
        self.value = value
        var position = end
        while position < text.count {
            position += 1
            let equals = text.firstIndex(of: UInt8(ascii: "="), from: position)
            guard let name = Self.token(text.extracting(position..<equals)), equals < text.count,
                self[name] == nil
            else { return nil }
            position = equals + 1
            let found =
                position < text.count && text[position] == UInt8(ascii: "\"")
                ? Self.quoted(text, &position) : Self.plain(text, &position)
            guard let found else { return nil }
            parameters.append((name, found))
        }
    }

    /// The value of a parameter (lower case), `nil` where there is none.
    subscript(_ name: String) -> [UInt8]? { parameters.first { $0.name == name }?.value }

    /// The word between blanks, lower case; `nil` where it isn't one word.
    private static func token(_ text: Span<UInt8>) -> String? {
        var (start, end) = (0, text.count)
        while start < end, isBlank(text[start]) { start += 1 }
        while end > start, isBlank(text[end - 1]) { end -= 1 }
        for index in start..<end where text[index] <= 0x20 || text[index] >= 0x7f { return nil }
        guard start < end else { return nil }
        return String(utf8: text.extracting(start..<end))?.lowercased()
    }

    private static func plain(_ text: Span<UInt8>, _ position: inout Int) -> [UInt8]? {
        let end = text.firstIndex(of: UInt8(ascii: ";"), from: position)
        var last = end
        while last > position, isBlank(text[last - 1]) { last -= 1 }
        var value: [UInt8] = []
        value.append(text.extracting(position..<last))
        position = end
        return value.isEmpty || value.contains(UInt8(ascii: "\"")) ? nil : value
    }

    /// Between quotes a backslash makes a quote or backslash plain; before anything else it is one,
    /// as in the paths that some browsers send.
    private static func quoted(_ text: Span<UInt8>, _ position: inout Int) -> [UInt8]? {
        var value: [UInt8] = []
        position += 1
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            if text[position] == UInt8(ascii: "\\"), position + 1 < text.count,
                text[position + 1] == UInt8(ascii: "\"") || text[position + 1] == text[position]
            {
                position += 1
            }
            value.append(text[position])
            position += 1
        }
        guard position < text.count else { return nil }
        position += 1
        while position < text.count, isBlank(text[position]) { position += 1 }
        return position == text.count || text[position] == UInt8(ascii: ";") ? value : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
