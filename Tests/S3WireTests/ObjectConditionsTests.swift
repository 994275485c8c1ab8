import Encoding
import HTTPWire
import S3Wire
import Testing

@Suite struct ObjectConditionsTests {
    private static let written = "Mon, 23 Nov 2026 14:00:00 GMT"
    private static let before = "Mon, 23 Nov 2026 13:00:00 GMT"
    private static let after = "Mon, 23 Nov 2026 15:00:00 GMT"

    private func decide(
        _ fields: [(String, String)],
        isCopySource: Bool = false
    ) throws -> ObjectConditions.Decision {
        var time = try #require(Timestamp(httpDate: Self.written))
        time.milliseconds += 250
        return ObjectConditions(HTTPFields(fields), isCopySource: isCopySource)
            .evaluate(entityTag: "abc-1", lastModified: time)
    }

    @Test(
        "each condition alone",
        arguments: [
            ("if-match", "\"abc-1\"", .proceed), ("if-match", "abc-1", .proceed),
            ("if-match", "*", .proceed), ("if-match", "\"x\", \"abc-1\"", .proceed),
            ("if-match", "\"x\"", .failed(condition: "If-Match")),
            ("if-match", "W/\"abc-1\"", .failed(condition: "If-Match")),
            ("if-match", "", .failed(condition: "If-Match")),
            ("if-none-match", "\"abc-1\"", .notModified),
            ("if-none-match", "W/\"abc-1\"", .notModified), ("if-none-match", "*", .notModified),
            ("if-none-match", "\"a,b\",\"abc-1\"", .notModified),
            ("if-none-match", "\"x\"", .proceed),
            ("if-modified-since", before, .proceed), ("if-modified-since", after, .notModified),
            ("if-modified-since", written, .notModified), ("if-modified-since", "x", .proceed),
            ("if-unmodified-since", after, .proceed), ("if-unmodified-since", written, .proceed),
            ("if-unmodified-since", before, .failed(condition: "If-Unmodified-Since")),
        ] as [(String, String, ObjectConditions.Decision)]
    )
    func single(name: String, value: String, expected: ObjectConditions.Decision) throws {
        #expect(try decide([(name, value)]) == expected)
    }

    @Test("conditions on ETags overrule those on times")
    func precedence() throws {
        #expect(
            try decide([("if-match", "abc-1"), ("if-unmodified-since", Self.before)]) == .proceed
        )
        #expect(
            try decide([("if-none-match", "x"), ("if-modified-since", Self.after)]) == .proceed
        )
        #expect(
            try decide([("if-none-match", "abc-1"), ("if-modified-since", Self.before)])
                == .notModified
        )
        #expect(
            try decide([("if-match", "x"), ("if-none-match", "abc-1")])
                == .failed(condition: "If-Match")
        )
    }

    @Test("a copy's source is never 304 and its conditions have their own names")
    func copySource() throws {
        let prefix = "x-amz-copy-source-"
        #expect(
            try decide([(prefix + "if-none-match", "abc-1")], isCopySource: true)
                == .failed(condition: "x-amz-copy-source-If-None-Match")
        )
        #expect(
            try decide([(prefix + "if-modified-since", Self.after)], isCopySource: true)
                == .failed(condition: "x-amz-copy-source-If-Modified-Since")
        )
        #expect(
            try decide([(prefix + "if-match", "x")], isCopySource: true).error?.status == 412
        )
        #expect(try decide([("if-match", "x")], isCopySource: true) == .proceed)
    }

    @Test("without conditions nothing is decided")
    func none() throws {
        #expect(ObjectConditions(HTTPFields()).isEmpty)
        #expect(try decide([]) == .proceed)
        #expect(ObjectConditions.Decision.notModified.error == nil)
    }

    @Test("a write has no condition, one ETag, or the absence of the key")
    func writes() throws {
        #expect(try WriteCondition(HTTPFields()) == .none)
        #expect(try WriteCondition(HTTPFields([("if-none-match", "*")])) == .ifAbsent)
        #expect(try WriteCondition(HTTPFields([("if-match", "\"a-1\"")])) == .ifMatch("a-1"))
    }

    @Test(
        "other conditions on writes are not implemented",
        arguments: [
            [("if-none-match", "\"a\"")], [("if-match", "*")], [("if-match", "\"a\", \"b\"")],
            [("if-match", "a"), ("if-none-match", "*")], [("if-match", "a"), ("if-match", "b")],
            [("if-modified-since", "x")], [("if-unmodified-since", "x")], [("if-match", "")],
            [("if-match", "W/\"a\"")],
        ]
    )
    func writeRefusals(fields: [(String, String)]) {
        #expect { try WriteCondition(HTTPFields(fields)) } throws: {
            ($0 as? S3Error)?.code == .notImplemented
        }
    }
}
