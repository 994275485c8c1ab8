/// A text with wildcards: `*` is any text, also none; `?` is any one character.
struct PolicyPattern: Equatable, Sendable {
    /// The pattern as it was written.
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        var bytes: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "*") || bytes.last != byte {
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    /// Whether the pattern matches the whole text; at most as many steps as the product of lengths.
    func matches(_ text: String) -> Bool {
        let input = Array(text.utf8)
        var place = 0
        var index = 0
        // Where to go on when a later part doesn't fit: the last star, and what it takes so far.
        var star: (place: Int, index: Int)?
        while index < input.count {
            if place < bytes.count, bytes[place] == UInt8(ascii: "*") {
                star = (place, index)
                place += 1
            } else if place < bytes.count, bytes[place] == UInt8(ascii: "?") {
                place += 1
                index = Self.next(after: index, in: input)
            } else if place < bytes.count, bytes[place] == input[index] {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.place, last.index + 1)
                place = last.place + 1
                index = last.index + 1
            } else {
                return false
            }
        }
        while place < bytes.count, bytes[place] == UInt8(ascii: "*") { place += 1 }
        return place == bytes.count
    }

    /// The index behind the character that begins at `index`.
    private static func next(after index: Int, in input: [UInt8]) -> Int {
        var next = index + 1
        while next < input.count, input[next] & 0xc0 == 0x80 { next += 1 }
        return next
    }
}
