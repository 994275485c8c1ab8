import Testing

@testable import KMS

struct EncryptionContextTests {
    @Test("orders names by their bytes and escapes as little as may be")
    func canonicalForm() throws {
        let context = try EncryptionContext([
            ("b", "\"\\/\u{1}\n"), ("é", "\u{7f}"), ("a", ""), ("B", "x"),
        ])
        let text = String(decoding: context.canonical, as: UTF8.self)
        #expect(text == #"{"B":"x","a":"","b":"\"\\/\u0001\n","é":""# + "\u{7f}\"}")
        #expect(context.pairs.map(\.name) == ["B", "a", "b", "é"])
    }

    @Test("is the same whatever the order and escapes of the client's JSON")
    func clientJSON() throws {
        let left = try EncryptionContext(json: Array(#" {"x" : "1", "A":"\u00e9"} "#.utf8))
        let right = try EncryptionContext([("A", "é"), ("x", "1")])
        #expect(left == right)
    }

    @Test("tells names apart that Unicode holds equal")
    func unicodeEquivalence() throws {
        let context = try EncryptionContext([("\u{e9}", "1"), ("e\u{301}", "1")])
        #expect(context.pairs.count == 2)
        let composed = try EncryptionContext([("\u{e9}", "1")])
        let decomposed = try EncryptionContext([("e\u{301}", "1")])
        #expect(composed != decomposed)
    }

    @Test(
        "refuses what is no object of strings",
        arguments: ["", "[]", "\"a\"", "{\"a\":1}", "{\"a\":\"1\",\"a\":\"2\"}", "{\"a\":null}"]
    )
    func refusals(json: String) {
        #expect(throws: KMSError.contextInvalid) { try EncryptionContext(json: Array(json.utf8)) }
    }

    @Test("refuses a context over 8,192 bytes")
    func length() throws {
        let fitting = String(repeating: "x", count: 8192 - 8)
        #expect(try EncryptionContext([("a", fitting)]).canonical.count == 8192)
        #expect(throws: KMSError.contextInvalid) { try EncryptionContext([("a", fitting + "x")]) }
    }

    @Test("names bucket key, attribute key and object")
    func contexts() throws {
        let id = try #require(RecordID(0x40...0x4f))
        func text(_ context: EncryptionContext) -> String {
            String(decoding: context.canonical, as: UTF8.self)
        }
        #expect(
            text(try .bucketKey(id, bucket: "demo"))
                == #"{"bk":"404142434445464748494a4b4c4d4e4f","bucket":"demo","sealgate":"bk1"}"#
        )
        #expect(
            text(try .attributeKey(id))
                == #"{"ak":"404142434445464748494a4b4c4d4e4f","sealgate":"ak1"}"#
        )
        let client = try EncryptionContext([("team", "red")])
        #expect(
            text(try .object(bucket: "demo", key: "a.txt", client: client))
                == #"{"aws:s3:arn":"arn:aws:s3:::demo/a.txt","team":"red"}"#
        )
    }

    @Test("refuses a client's pair that would stand for the object's name")
    func reservedName() throws {
        let client = try EncryptionContext([("aws:s3:arn", "arn:aws:s3:::other/b")])
        #expect(throws: KMSError.contextInvalid) {
            try EncryptionContext.object(bucket: "demo", key: "a", client: client)
        }
    }
}
