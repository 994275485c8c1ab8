import Encoding
import S3Wire
import TestSupport
import Testing

@Suite struct SSEContextTests {
    @Test(
        "has one spelling",
        arguments: [
            ("{}", "{}"), (" { } ", "{}"),
            ("{\"b\":\"1\",\"a\":\"2\"}", "{\"a\":\"2\",\"b\":\"1\"}"),
            ("{\"\\u0061\":\"\\/\\\"\\\\\"}", "{\"a\":\"/\\\"\\\\\"}"),
            (
                "{\"k\":\"\\b\\f\\n\\r\\t\\u0001\\u007f\"}",
                "{\"k\":\"\\b\\f\\n\\r\\t\\u0001\u{7f}\"}"
            ),
            ("{\"k\":\"\\ud83d\\ude00é\"}", "{\"k\":\"😀é\"}"),
            (
                "{\"é\":\"\",\"z\":\"\",\"\\uffff\":\"\",\"😀\":\"\"}",
                "{\"z\":\"\",\"é\":\"\",\"\u{ffff}\":\"\",\"😀\":\"\"}"
            ),
        ]
    )
    func canonical(json: String, expected: String) throws {
        let context = try #require(SSEContext(json: Array(json.utf8)))
        #expect(context.json == expected)
        #expect(SSEContext(json: Array(expected.utf8)) == context)
        #expect(SSEContext(header: Base64.encode(json.utf8).utf8) == context)
    }

    @Test(
        "refuses what isn't an object of strings",
        arguments: [
            "", "[]", "\"a\"", "{", "{\"a\"}", "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}",
            "{\"a\":\"b\",}", "{,}", "{\"a\":\"b\"}x", "{'a':'b'}", "{a:\"b\"}", "{\"a\":\"b}",
            "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\"}",
            "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"\n\"}", "{\"a\":\"1\",\"a\":\"2\"}",
            "{\"a\":\"1\",\"\\u0061\":\"2\"}", "{\"a\":\"b\" \"c\":\"d\"}", "{\"a\":\"\\",
        ]
    )
    func refusals(json: String) {
        #expect(SSEContext(json: Array(json.utf8)) == nil)
    }

    @Test("refuses bytes that aren't UTF-8, what isn't base64, and what is too long")
    func bytes() {
        #expect(
            SSEContext(json: Array("{\"a\":\"".utf8) + [0xff] + Array("\"}".utf8)) == nil
        )
        #expect(SSEContext(header: "e30".utf8) == nil)
        let long = "{\"a\":\"" + String(repeating: "x", count: 8192) + "\"}"
        #expect(SSEContext(json: Array(long.utf8)) == nil)
    }

    @Test("keys that differ in normalisation are two")
    func normalisation() {
        #expect(SSEContext([("\u{e9}", ""), ("e\u{301}", "")])?.pairs.count == 2)
        #expect(SSEContext([("a", ""), ("a", "")]) == nil)
    }

    @Test("mutated text never traps, and what is read is written the same")
    func mutations() {
        var random = SplitMix64(seed: 6)
        let sample = Array("{\"a\\u00e9\":\"\\ud83d\\ude00\",\"b\":\"c\\\\\"}".utf8)
        let junk = Array("{}\",:\\u0dD8".utf8)
        for _ in 0..<5000 {
            var json = sample
            for _ in 0...(random.next() % 3) {
                json[Int(random.next() % UInt64(json.count))] =
                    junk[Int(random.next() % UInt64(junk.count))]
            }
            guard let context = SSEContext(json: json) else { continue }
            #expect(SSEContext(json: Array(context.json.utf8)) == context)
        }
    }
}
