import Encoding
import TestSupport
import Testing

@Suite struct PercentEncodingTests {
    @Test("leaves the unreserved characters of RFC 3986 alone")
    func unreserved() {
        let text = "AZaz09-._~"
        #expect(PercentEncoding.encode(text) == text)
    }

    @Test("encodes the rest in upper case")
    func encodes() {
        #expect(PercentEncoding.encode("a b+c/é*'") == "a%20b%2Bc%2F%C3%A9%2A%27")
        #expect(PercentEncoding.encode("a/b", keepingSlash: true) == "a/b")
        #expect(PercentEncoding.encode([0x00, 0xff]) == "%00%FF")
    }

    @Test("pairs have names and values encoded, and none is no text")
    func pairs() {
        #expect(PercentEncoding.encode(pairs: []) == "")
        #expect(PercentEncoding.encode(pairs: [("a&b", "c=d"), ("e", "")]) == "a%26b=c%3Dd&e=")
    }

    @Test("a plus sign is a space in forms alone")
    func plus() {
        #expect(PercentEncoding.decode("a+b".utf8) == Array("a+b".utf8))
        #expect(PercentEncoding.decode("a+b".utf8, plusIsSpace: true) == Array("a b".utf8))
        #expect(PercentEncoding.decode("a%2Bb".utf8, plusIsSpace: true) == Array("a+b".utf8))
    }

    @Test("refuses a percent sign without two digits", arguments: ["%", "%1", "%g0", "%0g", "a%%"])
    func refusals(text: String) {
        #expect(PercentEncoding.decode(text.utf8) == nil)
    }

    @Test("reads what it wrote")
    func roundTrips() {
        var random = SplitMix64(seed: 3)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            #expect(PercentEncoding.decode(PercentEncoding.encode(bytes).utf8) == bytes)
        }
    }
}
