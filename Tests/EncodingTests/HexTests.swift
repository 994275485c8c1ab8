import Encoding
import TestSupport
import Testing

@Suite struct HexTests {
    @Test("writes lower case and reads both")
    func cases() {
        #expect(Hex.encode([0x00, 0x0f, 0xa5, 0xff]) == "000fa5ff")
        #expect(Hex.decode("000fa5ff") == [0x00, 0x0f, 0xa5, 0xff])
        #expect(Hex.decode("000FA5FF") == [0x00, 0x0f, 0xa5, 0xff])
        #expect(Hex.decode("") == [])
    }

    @Test(
        "refuses what isn't pairs of digits",
        arguments: ["0", "0g", "+1", "0x", " 0", "00 ", "é"]
    )
    func refusals(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test("every byte comes back")
    func roundTrip() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        for value in UInt8(0)..<16 { #expect(Hex.value(ofDigit: Hex.digit(value)) == value) }
    }

    @Test("digits that are appended are those of each byte", arguments: 0...70)
    func appends(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let bytes = random.bytes(count)
        var text = Array("x".utf8)
        Hex.append(bytes.span, to: &text)
        let digits = bytes.flatMap { [Hex.digit($0 >> 4), Hex.digit($0 & 15)] }
        #expect(text == Array("x".utf8) + digits)
        #expect(Hex.decode(digits) == bytes)
        #expect(Hex.decode(String(decoding: digits, as: UTF8.self).uppercased()) == bytes)
    }

    @Test("every other character at every place is refused", arguments: 0..<18)
    func strayCharacters(place: Int) {
        let digits = Array("0123456789abcdefAF".utf8)
        for character in UInt8.min...UInt8.max {
            var text = digits
            text[place] = character
            #expect((Hex.decode(text) != nil) == (Hex.value(ofDigit: character) != nil))
        }
    }
}
