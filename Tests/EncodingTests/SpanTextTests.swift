import Encoding
import TestSupport
import Testing

@Suite("Text in spans")
struct SpanTextTests {
    private let bytes = Array("X-Amz-Date".utf8)

    @Test("compares with texts")
    func comparesTexts() {
        let (equal, shorter) = (bytes.span.isEqual(to: "X-Amz-Date"), bytes.span.isEqual(to: "X"))
        let longer = bytes.span.isEqual(to: "X-Amz-Dates")
        let otherCase = bytes.span.isEqual(to: "x-Amz-Date")
        #expect(equal && !shorter && !longer && !otherCase)
        let (starts, startsEmpty) = (bytes.span.starts(with: "X-Amz-"), bytes.span.starts(with: ""))
        let startsLonger = bytes.span.starts(with: "X-Amz-Date-")
        let startsOther = bytes.span.starts(with: "Y")
        #expect(starts && startsEmpty && !startsLonger && !startsOther)
        let none: [UInt8] = []
        let bothEmpty = none.span.isEqual(to: "")
        #expect(bothEmpty)
    }

    @Test("compares with texts' ends")
    func comparesEnds() {
        let (ends, endsEmpty) = (bytes.span.ends(with: "-Date"), bytes.span.ends(with: ""))
        let endsLonger = bytes.span.ends(with: "-X-Amz-Date")
        let endsOther = bytes.span.ends(with: "-date")
        #expect(ends && endsEmpty && !endsLonger && !endsOther)
    }

    @Test("compares every byte, whatever the length", arguments: 0...33)
    func comparesLengths(count: Int) {
        let one = (0..<count).map { UInt8($0) }
        let isSame = one.span.isEqual(to: Array(one).span)
        #expect(isSame)
        for index in one.indices {
            var other = one
            other[index] ^= 0x80
            let isEqual = one.span.isEqual(to: other.span)
            #expect(!isEqual, "byte \(index)")
        }
    }

    @Test("finds the first of a byte, whatever stands before and behind", arguments: 0...33)
    func findsAnywhere(count: Int) {
        for byte in [0x00, 0x2d, 0x7f, 0x80, 0xff] as [UInt8] {
            // Neighbours of the byte, and the byte again behind it.
            for other in [byte &- 1, byte &+ 1, byte ^ 0x80] {
                var text = [UInt8](repeating: other, count: count)
                let absent = text.span.firstIndex(of: byte)
                #expect(absent == count)
                text += [byte, byte, other, byte]
                let found = text.span.firstIndex(of: byte)
                #expect(found == count)
                let next = text.span.firstIndex(of: byte, from: count + 2)
                #expect(next == count + 3)
            }
        }
    }

    @Test("tells visible ASCII from all other bytes, wherever they stand", arguments: 0...255)
    func visible(byte: Int) {
        for count in [1, 8, 19] {
            for index in 0..<count {
                for around in [0x21, 0x7e] as [UInt8] {
                    var text = [UInt8](repeating: around, count: count)
                    text[index] = UInt8(byte)
                    let isVisible = text.span.isVisible
                    #expect(isVisible == (0x21...0x7e).contains(byte))
                }
            }
        }
    }

    @Test("tells upper-case letters from all other bytes, wherever they stand", arguments: 0...255)
    func uppercase(byte: Int) {
        for count in [1, 8, 19] {
            for index in 0..<count {
                for around in [0x40, 0x5b, 0xff] as [UInt8] {
                    var text = [UInt8](repeating: around, count: count)
                    text[index] = UInt8(byte)
                    let hasUppercase = text.span.hasUppercase
                    #expect(hasUppercase == (0x41...0x5a).contains(byte))
                }
            }
        }
    }

    @Test(
        "compares with other spans",
        arguments: [("X-Amz-Date", true), ("-Amz-Date", false), ("X-Amz-Datf", false), ("", false)]
    )
    func comparesSpans(text: String, expected: Bool) {
        let other = Array(text.utf8)
        let isEqual = bytes.span.isEqual(to: other.span)
        #expect(isEqual == expected)
    }

    @Test("finds the first of a byte", arguments: [(0, 1), (2, 5), (6, 10), (10, 10)])
    func finds(start: Int, expected: Int) {
        let found = bytes.span.firstIndex(of: UInt8(ascii: "-"), from: start)
        #expect(found == expected)
    }

    @Test(
        "takes valid UTF-8 alone for text",
        arguments: [
            [], [0x41], [0], [0xc3, 0xa9], [0xe6, 0x97, 0xa5], [0xf0, 0x9f, 0x94, 0x92],
            [0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff],
            [0x41, 0xe6, 0x97],
        ] as [[UInt8]]
    )
    func validates(_ bytes: [UInt8]) {
        let expected = String(validating: bytes, as: UTF8.self)
        #expect(String(utf8: bytes) == expected)
        #expect(String(utf8: bytes[...]) == expected)
        #expect(String(utf8: bytes).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }

    @Test("appends spans")
    func appends() {
        var text = Array("a".utf8)
        text.append(bytes.span.extracting(0..<2))
        #expect(text == Array("aX-".utf8))
    }

    @Test("a word finds its bytes: the lowest of them exactly, with or without some of the bits")
    func word() {
        var random = SplitMix64(seed: 8)
        for round in 0..<20_000 {
            // Bytes that are alike, so that borrows from byte to byte would show.
            let base = UInt8(truncatingIfNeeded: random.next())
            let text = (0..<8).map { _ in base &+ UInt8(random.next() % 3) &- 1 }
            let byte = round % 2 == 0 ? base : text[Int(random.next() % 8)]
            let word = ByteWord(text.span, at: 0)
            let bound = min(byte, 0x80)
            let isNear: (UInt8) -> Bool = { $0 & 0xfb == byte & 0xfb }
            let found = [
                word.places(of: byte), word.places(of: byte & 0xfb, mask: 0xfb),
                word.places(below: bound), word.placesOfNonASCII,
            ]
            let wanted = [
                text.firstIndex(of: byte), text.firstIndex(where: isNear),
                text.firstIndex { $0 < bound }, text.firstIndex { $0 >= 0x80 },
            ]
            #expect(found.map { $0 == 0 ? nil : $0.trailingZeroBitCount / 8 } == wanted)
        }
    }

    @Test("a word is unreserved where each of its bytes is, wherever the other one stands")
    func unreservedWord() {
        let unreserved = (0...255).map { UInt8($0) }.filter(PercentEncoding.isUnreserved)
        #expect(unreserved.count == 66)
        for place in 0..<8 {
            for byte in 0...UInt8.max {
                for other in [UInt8(ascii: "-"), 0x7e, 0x39, 0x41, 0x7a] {
                    var text = [UInt8](repeating: other, count: 8)
                    text[place] = byte
                    let isUnreserved = ByteWord(text.span, at: 0).isUnreserved
                    #expect(isUnreserved == PercentEncoding.isUnreserved(byte))
                }
            }
        }
    }
}
