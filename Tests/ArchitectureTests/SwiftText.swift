/// Swift source with its comments and literals' texts turned into spaces, so that what is left is
/// code; line breaks and positions stay.
struct SwiftText {
    private(set) var code: [UInt8]
    private var index = 0

    init(_ text: String) {
        code = Array(text.utf8)
        skipCode(isInterpolation: false)
    }

    /// The code, line by line.
    var lines: [Substring] {
        Substring(String(decoding: code, as: UTF8.self))
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    private mutating func skipCode(isInterpolation: Bool) {
        var depth = 0
        while index < code.count {
            if starts("//") {
                while index < code.count, code[index] != UInt8(ascii: "\n") { blank() }
            } else if starts("/*") {
                skipComment()
            } else if let hashes = hashesBeforeQuote() {
                skipLiteral(hashes: hashes)
            } else {
                if isInterpolation, code[index] == UInt8(ascii: "(") { depth += 1 }
                if isInterpolation, code[index] == UInt8(ascii: ")") {
                    if depth == 0 { return }
                    depth -= 1
                }
                index += 1
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < code.count
    }

    private mutating func skipLiteral(hashes: Int) {
        blank(hashes)
        let quotes = starts("\"\"\"") ? 3 : 1
        blank(quotes)
        let end =
            Array(repeating: UInt8(ascii: "\""), count: quotes)
            + Array(repeating: UInt8(ascii: "#"), count: hashes)
        let escape =
            [UInt8(ascii: "\\")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
        while index < code.count {
            if starts(end) { return blank(end.count) }
            if starts(escape) {
                blank(escape.count)
                guard index < code.count, code[index] == UInt8(ascii: "(") else {
                    blank()
                    continue
                }
                blank()
                skipCode(isInterpolation: true)
                blank()
            } else {
                if quotes == 1, code[index] == UInt8(ascii: "\n") { return }
                blank()
            }
        }
    }

    /// How many `#` stand before a quote that begins here; `nil` where no literal begins.
    private func hashesBeforeQuote() -> Int? {
        var end = index
        while end < code.count, code[end] == UInt8(ascii: "#") { end += 1 }
        return end < code.count && code[end] == UInt8(ascii: "\"") ? end - index : nil
    }

    private func starts(_ text: StaticString) -> Bool { starts(Array("\(text)".utf8)) }

    private func starts(_ bytes: [UInt8]) -> Bool {
        index + bytes.count <= code.count
            && code[index..<(index + bytes.count)].elementsEqual(bytes)
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where index < code.count {
            if code[index] != UInt8(ascii: "\n") { code[index] = UInt8(ascii: " ") }
            index += 1
        }
    }
}

extension SwiftText {
    /// A function or initializer with a body.
    struct Function: Equatable {
        /// Its first line, from 1.
        let line: Int
        /// From the line of `func` to that of the closing brace.
        let lineCount: Int
    }

    /// Every function and initializer that has a body.
    var functions: [Function] {
        var functions: [Function] = []
        var line = 1
        for (position, word) in words {
            guard word == "func" || word == "init", isDeclaration(position, word) else { continue }
            guard let end = bodyEnd(after: position + word.utf8.count) else { continue }
            line = 1 + code[..<position].count { $0 == UInt8(ascii: "\n") }
            let count = 1 + code[position...end].count { $0 == UInt8(ascii: "\n") }
            functions.append(Function(line: line, lineCount: count))
        }
        return functions
    }

    /// Words of letters, digits and `_`, with their positions.
    private var words: [(position: Int, word: String)] {
        var words: [(Int, String)] = []
        var position = 0
        while position < code.count {
            let end = wordEnd(position)
            if end > position {
                words.append((position, String(decoding: code[position..<end], as: UTF8.self)))
                position = end
            } else {
                position += 1
            }
        }
        return words
    }

    private func wordEnd(_ start: Int) -> Int {
        var end = start
        while end < code.count, Self.isWord(code[end]) { end += 1 }
        return end
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: true
        default: false
        }
    }

    // `.init(…)` is a call, and `init` elsewhere may be a label.
    private func isDeclaration(_ position: Int, _ word: String) -> Bool {
        if position > 0, code[position - 1] == UInt8(ascii: ".") { return false }
        if word == "func" { return true }
        let next = position + word.utf8.count
        return next < code.count && "(<?!".utf8.contains(code[next])
    }

    /// The position of the brace that closes the body; `nil` for a requirement of a protocol.
    private func bodyEnd(after start: Int) -> Int? {
        var position = start
        var depth = 0
        var braces = 0
        while position < code.count {
            switch code[position] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0 || braces > 0: braces += 1
            case UInt8(ascii: "}") where depth == 0 || braces > 0:
                braces -= 1
                if braces == 0 { return position }
                if braces < 0 { return nil }
            default:
                let end = wordEnd(position)
                if braces == 0, depth == 0, end > position {
                    let word = String(decoding: code[position..<end], as: UTF8.self)
                    if ["func", "var", "let", "init", "subscript", "case"].contains(word) {
                        return nil
                    }
                    position = end - 1
                }
            }
            position += 1
        }
        return nil
    }
}
