internal import Encoding

/// ETags as text.
public enum EntityTag {
    /// The tag without its quotes and without a `W/` before them.
    public static func unquoted(_ text: String) -> String {
        let utf8 = text.utf8
        let bytes = utf8.span
        let start = bytes.starts(with: "W/\"") ? 2 : 0
        guard bytes.count - start >= 2, bytes[start] == UInt8(ascii: "\""),
            bytes[bytes.count - 1] == UInt8(ascii: "\"")
        else { return String(Substring(utf8.dropFirst(start))) }
        return String(Substring(utf8.dropFirst(start + 1).dropLast()))
    }

    /// The tag in quotes, as headers show it.
    public static func quoted(_ tag: String) -> String { "\"\(tag)\"" }
}
