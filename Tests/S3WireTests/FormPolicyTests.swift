import Encoding
import HTTPWire
import S3Wire
import Testing

@Suite struct FormPolicyTests {
    private static let now = Timestamp(seconds: 1_700_000_000)

    private static func policy(
        _ conditions: String,
        expiration: String = "2023-11-14T23:00:00Z"
    ) throws(S3Error) -> FormPolicy {
        let json = #"{"expiration": "\#(expiration)", "conditions": [\#(conditions)]}"#
        return try FormPolicy(base64: Base64.encodeBytes(Array(json.utf8)))
    }

    private static func verdict(
        _ conditions: String,
        _ fields: [(String, String)],
        bucket: String = "demo"
    ) -> String {
        do throws(S3Error) {
            try policy(conditions).check(HTTPFields(fields), bucket: bucket, now: now)
            return "ok"
        } catch {
            return "\(error.status) \(error.message)"
        }
    }

    private static let denied = "403 Invalid according to Policy: "
    private static let base = #"{"bucket": "demo"}, ["starts-with", "$key", "a/"]"#

    @Test("allows what every condition allows, names in any case")
    func allows() {
        let fields = [
            ("key", "a/b"), ("policy", "p"), ("x-amz-signature", "s"), ("x-ignore-a", "1"),
        ]
        #expect(Self.verdict(Self.base, fields) == "ok")
        let odd = #"["EQ", "$BuCkEt", "demo"], ["StArTs-WiTh", "$kEy", "a"]"#
        #expect(Self.verdict(odd, fields) == "ok")
        #expect(Self.verdict(Self.base + #", ["eq", "$key", "a/b"]"#, fields) == "ok")
        let escaped = #"{"bucket": "demo"}, ["starts-with", "$key", "\\$x"]"#
        #expect(Self.verdict(escaped, [("key", "$x.txt")]) == "ok")
        let status = Self.base + #", {"success_action_status": 201}"#
        #expect(Self.verdict(status, [("key", "a/"), ("success_action_status", "201")]) == "ok")
        let absent = Self.base + #", ["starts-with", "$content-type", ""]"#
        #expect(Self.verdict(absent, [("key", "a/")]) == "ok")
    }

    @Test("asks each type of a list")
    func contentTypes() {
        let conditions = Self.base + #", ["starts-with", "$Content-Type", "image/"]"#
        for (type, isTaken) in [
            ("image/png", true), ("image/png, image/jpeg", true), ("image/png,text/html", false),
            ("text/html,image/png", false), ("", false), (",", false),
        ] {
            let verdict = Self.verdict(conditions, [("key", "a/"), ("content-type", type)])
            #expect((verdict == "ok") == isTaken, "\(type): \(verdict)")
        }
    }

    @Test("denies what a condition doesn't allow, and fields that none covers")
    func denies() {
        let cases: [(String, [(String, String)], String)] = [
            (Self.base, [("key", "b")], #"Policy Condition failed: ["starts-with","$key","a/"]"#),
            (Self.base, [], #"Policy Condition failed: ["starts-with","$key","a/"]"#),
            (Self.base, [("key", "a/"), ("acl", "private")], "Extra input fields: acl"),
            (Self.base, [("key", "a/"), ("file2", "x")], "Extra input fields: file2"),
            (#"["starts-with", "$key", ""]"#, [("key", "a")], "Extra input fields: bucket"),
            (#"{"bucket": "demo"}"#, [("key", "a")], "Extra input fields: key"),
            (
                Self.base + #", {"x-amz-meta-a": "1"}"#, [("key", "a/"), ("x-amz-meta-a", "2")],
                #"Policy Condition failed: ["eq","$x-amz-meta-a","1"]"#
            ),
            (
                Self.base + #", {"x-amz-server-side-encryption-customer-key": "secret"}"#,
                [("key", "a/")],
                #"Policy Condition failed: ["eq","$x-amz-server-side-encryption-customer-key",""]"#
            ),
        ]
        for (conditions, fields, text) in cases {
            #expect(Self.verdict(conditions, fields) == Self.denied + text)
        }
        let other = Self.verdict(Self.base, [("key", "a/")], bucket: "other")
        #expect(other == Self.denied + #"Policy Condition failed: ["eq","$bucket","demo"]"#)
        // A field of that name isn't the bucket.
        let named = Self.verdict(Self.base, [("key", "a/"), ("bucket", "demo")], bucket: "other")
        #expect(named.hasPrefix(Self.denied))
    }

    @Test("denies all once it has expired")
    func expires() throws {
        for (expiration, isTaken) in [
            ("2023-11-14T22:13:20Z", true), ("2023-11-14T22:13:20.000Z", true),
            ("2023-11-14T22:13:19.999Z", false), ("2023-11-14T22:13:19Z", false),
        ] {
            let policy = try Self.policy(Self.base, expiration: expiration)
            let fields = HTTPFields([("key", "a/")])
            let result = Result { () throws(S3Error) in
                try policy.check(fields, bucket: "demo", now: Self.now)
            }
            let message = if case .failure(let error) = result { error.message } else { "ok" }
            #expect(
                message == (isTaken ? "ok" : "Invalid according to Policy: Policy expired."),
                "\(expiration)"
            )
        }
    }

    @Test("holds the file's length in its range")
    func lengths() throws {
        let policy = try Self.policy(#"["content-length-range", 2, "4"]"#)
        for (count, code) in [
            (1, S3ErrorCode.entityTooSmall), (2, nil), (4, nil), (5, .entityTooLarge),
        ] as [(UInt64, S3ErrorCode?)] {
            let result = Result { () throws(S3Error) in try policy.check(fileCount: count) }
            let found: S3ErrorCode? =
                if case .failure(let error) = result { error.code } else { nil }
            #expect(found == code, "\(count)")
        }
    }

    @Test("reads no policy that isn't one")
    func malformed() {
        let texts = [
            "", "[]", "{}", #"{"expiration": "2023-11-14T23:00:00Z"}"#, #"{"conditions": []}"#,
            #"{"EXPIRATION": "2023-11-14T23:00:00Z", "conditions": []}"#,
            #"{"expiration": "2023-11-14T23:00:00Z", "CONDITIONS": []}"#,
            #"{"expiration": "2023-11-14", "conditions": []}"#,
            #"{"expiration": 1, "conditions": []}"#,
            #"{"expiration": "2023-11-14T23:00:00Z", "conditions": {}}"#,
            #"{"expiration": "2023-11-14T23:00:00Z", "conditions": [], "conditions": []}"#,
        ]
        for text in texts {
            #expect(throws: S3Error.self, "\(text)") {
                try FormPolicy(base64: Base64.encodeBytes(Array(text.utf8)))
            }
        }
        let conditions = [
            "{}", "1", "[]", #"["eq", "$key"]"#, #"["eq", "key", "a"]"#, #"["eq", "$", "a"]"#,
            #"["like", "$key", "a"]"#, #"["eq", "$key", []]"#, #"{"key": {}}"#,
            #"["content-length-range", -1, 0]"#, #"["content-length-range", 2, 1]"#,
            #"["content-length-range", 1]"#, #"["content-length-range", "a", 1]"#,
            #"["content-length-range", 0, 1.5]"#, #"["eq", "$key", "a", "b"]"#,
        ]
        for text in conditions {
            #expect(throws: S3Error.self, "\(text)") { try Self.policy(text) }
        }
        #expect(throws: S3Error.self) { try FormPolicy(base64: Array("e30".utf8)) }
    }
}
