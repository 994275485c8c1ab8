internal import Encoding

/// The client's KMS encryption context: a JSON object of strings, in its one canonical spelling.
///
/// Canonical: keys in the order of their UTF-8 bytes, no spaces, only what JSON demands escaped
/// (RFC 8785 section 3.2.2.2), so that equal contexts are equal bytes.
public struct SSEContext: Equatable, Sendable {
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
        let limits = JSONLimits(sizeMax: Self.byteCountMax, depthMax: 1)
        guard let members = (try? JSONValue(reading: json, limits: limits))?.object else {
            return nil
        }
        var pairs: [(key: String, value: String)] = []
        for member in members {
            guard let value = member.value.string else { return nil }
            pairs.append((member.name, value))
        }
        self.init(pairs)
    }

    /// Reads the header `x-amz-server-side-encryption-context`: base64 of JSON; else `nil`.
    public init?(header: some Collection<UInt8>) {
        guard let json = Base64.decode(header) else { return nil }
        self.init(json: json)
    }

    /// The canonical JSON.
    public var json: String {
        let members = pairs.map { JSONMember($0.key, .string($0.value)) }
        return String(decoding: JSONValue.object(members).encode(), as: UTF8.self)
    }

    /// The same pairs in the same order, byte by byte.
    public static func == (left: SSEContext, right: SSEContext) -> Bool {
        left.json.utf8.elementsEqual(right.json.utf8)
    }
}
