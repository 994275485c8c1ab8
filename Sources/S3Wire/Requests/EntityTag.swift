/// ETags as text.
public enum EntityTag {
    /// The tag without its quotes and without a `W/` before them.
    public static func unquoted(_ text: String) -> String {
        var tag = text.utf8[...]
        if tag.starts(with: "W/\"".utf8) { tag = tag.dropFirst(2) }
        if tag.count >= 2, tag.first == UInt8(ascii: "\""), tag.last == UInt8(ascii: "\"") {
            tag = tag.dropFirst().dropLast()
        }
        return String(Substring(tag))
    }

    /// The tag in quotes, as headers show it.
    public static func quoted(_ tag: String) -> String { "\"\(tag)\"" }
}
