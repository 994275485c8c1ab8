import HTTPWire

/// An input, taken apart from its front: first what chooses a way, then the bytes to read.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    /// The next byte, 0 where none is left.
    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    /// The next so many bytes, filled up with zeros.
    mutating func take(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    /// The next two bytes as a number.
    mutating func word() -> Int { Int(byte()) << 8 | Int(byte()) }

    /// All that is left.
    mutating func rest() -> [UInt8] {
        defer { bytes = [] }
        return Array(bytes)
    }

    /// The next line without its end.
    mutating func line() -> String {
        let line = bytes.prefix { $0 != 0x0a }
        bytes = bytes.dropFirst(line.count + 1)
        return String(decoding: line, as: UTF8.self)
    }

    /// Lines of `name: value` up to an empty one, as far as a parser would let them through.
    mutating func fields() -> HTTPFields {
        var fields = HTTPFields()
        while true {
            let line = Array(line().utf8)
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return fields }
            let name = Array(line[..<colon])
            let value = Array(line[(colon + 1)...].drop { $0 == 0x20 })
            guard HTTPFieldRules.isName(name.span), HTTPFieldRules.isValue(value.span) else {
                continue
            }
            fields.append(name: name.span, value: value.span)
        }
    }
}

/// Cuts bytes into pieces of 1 to 16 bytes, whose lengths follow from the seed.
func pieces(_ bytes: [UInt8], seed: UInt8) -> [[UInt8]] {
    var state = UInt32(seed) &* 0x9e37_79b9 | 1
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        state = state &* 1_664_525 &+ 1_013_904_223
        let piece = rest.prefix(Int(state >> 28) + 1)
        pieces.append(Array(piece))
        rest = rest.dropFirst(piece.count)
    }
    return pieces
}
