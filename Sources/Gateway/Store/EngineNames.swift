import Encoding

/// Names as a foreign engine keeps them (docs/guides/seaweedfs.md, "Names").
///
/// Engines that map keys to paths mistake some of them for others: empty segments, `.` and `..`,
/// backslashes, control characters. These are spelled with `=`; all else stays as it is, so that
/// prefixes and `/` as a delimiter mean on the engine what they mean to clients.
struct EngineNames: Sendable {
    /// The bucket that stands for the reserved namespace.
    let reservedBucket: String

    private static let escape = UInt8(ascii: "=")
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// A key's name on the engine.
    static func name(ofKey key: String) -> String { spell(key, isWhole: true) }

    /// What the names of all keys with a prefix begin with.
    static func name(ofPrefix prefix: String) -> String { spell(prefix, isWhole: false) }

    /// A delimiter as it stands in names.
    static func name(ofDelimiter delimiter: String) -> String {
        delimiter == "/"
            ? delimiter : spell("a" + delimiter, isWhole: false).dropFirst().description
    }

    /// The key of a name; `nil` for a name that no key has.
    static func key(ofName name: String) -> String? {
        read(name).flatMap { spell($0, isWhole: true) == name ? $0 : nil }
    }

    /// The prefix that a common prefix of names stands for; `nil` where it is no prefix's name.
    static func prefix(ofName name: String) -> String? {
        read(name).flatMap { spell($0, isWhole: false) == name ? $0 : nil }
    }

    /// The engine's target for one of the dialect; the query stays as it is.
    func target(_ target: String) -> String {
        let utf8 = target.utf8
        let end = utf8.firstIndex(of: UInt8(ascii: "?")) ?? utf8.endIndex
        let path = utf8[..<end].dropFirst()
        let slash = path.firstIndex(of: Self.slash) ?? path.endIndex
        var bucket = String(Substring(path[..<slash]))
        if bucket == StoreRequest.reservedBucket { bucket = reservedBucket }
        var text: [UInt8] = [Self.slash]
        text.append(contentsOf: bucket.utf8)
        if slash != path.endIndex {
            text.append(Self.slash)
            let key = PercentEncoding.decode(path[slash...].dropFirst()) ?? []
            let name = Self.name(ofKey: String(decoding: key, as: UTF8.self))
            PercentEncoding.append(name.utf8.span, keepingSlash: true, to: &text)
        }
        text.append(contentsOf: utf8[end...])
        return String(decoding: text, as: UTF8.self)
    }

    private static func spell(_ text: String, isWhole: Bool) -> String {
        var name: [UInt8] = []
        name.reserveCapacity(text.utf8.count + 8)
        var isAtStart = true
        for byte in text.utf8 {
            switch byte {
            case slash:
                if isAtStart { name.append(contentsOf: [escape, UInt8(ascii: "0")]) }
                name.append(byte)
            case dot where isAtStart, 0..<0x20, 0x7f, UInt8(ascii: "\\"), escape:
                name.append(escape)
                name.append(contentsOf: [digit(byte >> 4), digit(byte & 15)])
            default: name.append(byte)
            }
            isAtStart = byte == slash
        }
        if isAtStart, isWhole { name.append(contentsOf: [escape, UInt8(ascii: "0")]) }
        return String(decoding: name, as: UTF8.self)
    }

    private static func read(_ name: String) -> String? {
        var key: [UInt8] = []
        let bytes = Array(name.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == escape else {
                key.append(bytes[index])
                index += 1
                continue
            }
            let isEmptySegment =
                index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "0")
                && (index + 2 == bytes.count || bytes[index + 2] == slash)
            if isEmptySegment {
                index += 2
                continue
            }
            guard index + 2 < bytes.count, let high = value(bytes[index + 1]),
                let low = value(bytes[index + 2])
            else { return nil }
            key.append(high << 4 | low)
            index += 3
        }
        return String(utf8: key)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        default: nil
        }
    }
}
