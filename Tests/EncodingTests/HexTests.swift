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
}
