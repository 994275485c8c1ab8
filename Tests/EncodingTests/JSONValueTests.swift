import Encoding
import TestSupport
import Testing

struct JSONValueTests {
    private func read(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue(reading: text.utf8)
    }

    @Test(
        "writes what it reads in the shortest form",
        arguments: [
            ("null", "null"), (" true\n", "true"), ("[ ]", "[]"), ("{\t}", "{}"), ("-0", "0"),
            ("9223372036854775807", "9223372036854775807"), ("1.50", "1.5"), ("1e2", "100.0"),
            (#"{"b":[1,{"a":null}],"a":"x"}"#, #"{"b":[1,{"a":null}],"a":"x"}"#),
            (#""\u0041\/\u00e9\ud83d\ude00""#, "\"A/é😀\""),
            (#""\b\f\n\r\t\"\\\u0000\u001f""#, #""\b\f\n\r\t\"\\\u0000\u001f""#),
        ]
    )
    func roundTrip(text: String, written: String) throws {
        #expect(String(decoding: try read(text).encode(), as: UTF8.self) == written)
    }

    @Test(
        "refuses numbers that JSON doesn't have",
        arguments: ["01", "-", "1.", ".5", "1e", "1e+", "+1", "0x1", "1e999", "--1", "-01"]
    )
    func numbers(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test("tells each thing wrong apart")
    func errors() {
        #expect(throws: JSONError.controlCharacter) { try read("\"\n\"") }
        #expect(throws: JSONError.duplicateName("a")) { try read(#"{"a":1,"\u0061":2}"#) }
        #expect(throws: JSONError.escapeInvalid) { try read(#""\x""#) }
        #expect(throws: JSONError.escapeInvalid) { try read(#""\u00g0""#) }
        #expect(throws: JSONError.numberInvalid) { try read("01") }
        #expect(throws: JSONError.surrogateLone) { try read(#""\ud800""#) }
        #expect(throws: JSONError.surrogateLone) { try read(#""\ud800\u0041""#) }
        #expect(throws: JSONError.surrogateLone) { try read(#""\udc00""#) }
        #expect(throws: JSONError.trailingBytes(offset: 2)) { try read("1 1") }
        #expect(throws: JSONError.unexpectedByte(offset: 0)) { try read("'a'") }
        #expect(throws: JSONError.unexpectedByte(offset: 3)) { try read("[1,]") }
        #expect(throws: JSONError.unexpectedByte(offset: 1)) { try read("{a:1}") }
        #expect(throws: JSONError.utf8Invalid) {
            try JSONValue(reading: [0x22, 0xc0, 0x80, 0x22] as [UInt8])
        }
    }

    @Test("refuses a text cut at any byte")
    func truncated() {
        let text = Array(#"{"a":[true,null,"\ud83d\ude00"],"b":{"c":"d"}}"#.utf8)
        for count in text.indices {
            #expect(throws: JSONError.self) { try JSONValue(reading: text[..<count]) }
        }
    }

    @Test("bounds size and depth")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try read(nested(16))
        #expect(throws: JSONError.depthExceeded) { try read(nested(17)) }
        #expect(throws: JSONError.depthExceeded) { try read(String(repeating: "[", count: 90_000)) }
        let limits = JSONLimits(sizeMax: 4)
        _ = try JSONValue(reading: "1234".utf8, limits: limits)
        #expect(throws: JSONError.sizeExceeded) {
            try JSONValue(reading: "12345".utf8, limits: limits)
        }
    }

    @Test("tells names apart by their bytes")
    func names() throws {
        let value = try read("{\"\u{e9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test("never traps, whatever the bytes")
    func randomBytes() {
        var random = SplitMix64(seed: 7)
        let alphabet = Array("{}[]\",:\\u0d8e+-.tfn ".utf8)
        for _ in 0..<20_000 {
            let count = Int(random.next() % 24)
            let text = (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            _ = try? JSONValue(reading: text)
        }
    }

    @Test("writes a number that isn't finite as null")
    func notFinite() {
        #expect(JSONValue.number(.nan).encode() == Array("null".utf8))
    }
}
