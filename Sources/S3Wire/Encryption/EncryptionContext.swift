internal import Encoding

/// The client's KMS encryption context: a JSON object of strings, in its one canonical spelling.
///
/// Canonical: keys in the order of their UTF-8 bytes, no spaces, only what JSON demands escaped
/// (RFC 8785 section 3.2.2.2), so that equal contexts are equal bytes.
public struct EncryptionContext: Equatable, Sendable {
    /// The pairs, by the UTF-8 bytes of their keys.
    public let pairs: [(key: String, value: String)]

    /// The largest context, in bytes of JSON.
    public static let byteCountMax = 8192

    /// The context of pairs; `nil` where two have the same key.
    public init?(_ pairs: [(key: String, value: String)]) {
        let sorted = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (left, right) in zip(sorted, sorted.dropFirst())
        where left.key.utf8.elementsEqual(right.key.utf8) {
            return nil
        }
        self.pairs = sorted
    }

    /// Reads JSON text.
    ///
    /// `nil` for anything but an object of strings whose keys differ, for more than 8,192 bytes,
    /// and for strings that aren't Unicode text (RFC 8259).
    public init?(json: [UInt8]) {
        guard json.count <= Self.byteCountMax else { return nil }
        var parser = JSONStringMapParser(json)
        guard let pairs = parser.parse() else { return nil }
        self.init(pairs)
    }

    /// Reads the header `x-amz-server-side-encryption-context`: base64 of JSON; else `nil`.
    public init?(header: some Collection<UInt8>) {
        guard let json = Base64.decode(header) else { return nil }
        self.init(json: json)
    }

    /// The canonical JSON.
    public var json: String {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            Self.append(pair.key, to: &text)
            text.append(UInt8(ascii: ":"))
            Self.append(pair.value, to: &text)
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The same pairs in the same order, byte by byte.
    public static func == (left: EncryptionContext, right: EncryptionContext) -> Bool {
        left.json.utf8.elementsEqual(right.json.utf8)
    }

    private static func append(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0x08: text.append(contentsOf: "\\b".utf8)
            case 0x09: text.append(contentsOf: "\\t".utf8)
            case 0x0a: text.append(contentsOf: "\\n".utf8)
            case 0x0c: text.append(contentsOf: "\\f".utf8)
            case 0x0d: text.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                text.append(contentsOf: "\\u00".utf8)
                text.append(Hex.digit(byte >> 4))
                text.append(Hex.digit(byte & 15))
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
