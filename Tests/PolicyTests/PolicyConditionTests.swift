import Policy
import Testing

@Suite("Conditions")
struct PolicyConditionTests {
    private func holds(
        _ condition: String,
        _ context: [PolicyKey: String]
    ) throws -> Bool {
        let policy = try Sample.bucketPolicy(
            """
            {"Effect":"Allow","Principal":"*","Action":"s3:PutObject",
             "Resource":"arn:aws:s3:::b/*","Condition":{\(condition)}}
            """
        )
        return try policy.effect(on: Sample.request("PutObject", "b/k", context)) == .allow
    }

    /// operator, key, values, then what the request has (`nil`: nothing) and whether it holds.
    private static let rows: [(String, PolicyKey, String, [(String?, Bool)])] = [
        (
            "StringEquals", .encryption, "\"aws:kms\"",
            [("aws:kms", true), ("AWS:KMS", false), ("AES256", false), ("", false), (nil, false)]
        ),
        (
            "StringNotEquals", .encryption, "\"aws:kms\"",
            [("aws:kms", false), ("AES256", true), ("AES192", true), ("", true), (nil, true)]
        ),
        ("StringEquals", .encryption, "[\"a\",\"b\"]", [("a", true), ("b", true), ("c", false)]),
        ("StringNotEquals", .encryption, "[\"a\",\"b\"]", [("a", false), ("c", true)]),
        ("StringEquals", .prefix, "\"a*\"", [("a*", true), ("ab", false)]),
        ("StringEquals", .prefix, "\"\"", [("", true), ("a", false), (nil, false)]),
        ("StringEqualsIgnoreCase", .encryption, "\"aes256\"", [("AES256", true), (nil, false)]),
        ("StringNotEqualsIgnoreCase", .encryption, "\"aes256\"", [("AES256", false), (nil, true)]),
        ("StringLike", .prefix, "\"home/*\"", [("home/", true), ("home", false), (nil, false)]),
        ("StringNotLike", .prefix, "\"home/*\"", [("home/a", false), ("x", true), (nil, true)]),
        ("StringEqualsIfExists", .encryption, "\"a\"", [("a", true), ("b", false), (nil, true)]),
        ("StringLikeIfExists", .prefix, "\"a*\"", [("ab", true), ("b", false), (nil, true)]),
        ("Null", .encryption, "true", [(nil, true), ("", false), ("AES256", false)]),
        ("Null", .encryption, "\"false\"", [(nil, false), ("AES256", true)]),
        ("Null", .customerAlgorithm, "[\"true\",\"false\"]", [(nil, true), ("x", true)]),
        ("Bool", .secureTransport, "true", [("true", true), ("false", false), (nil, false)]),
        ("Bool", .secureTransport, "\"false\"", [("false", true), ("true", false)]),
        ("BoolIfExists", .secureTransport, "\"false\"", [("true", false), (nil, true)]),
        (
            "IpAddress", .sourceAddress, "[\"192.0.2.0/24\",\"2001:db8::/33\",\"10.1.2.3\"]",
            [
                ("192.0.2.255", true), ("192.0.3.0", false), ("2001:db8:7fff::1", true),
                ("2001:db8:8000::", false), ("10.1.2.3", true), ("10.1.2.4", false),
                ("::ffff:192.0.2.9", true), ("unix", false), (nil, false),
            ]
        ),
        (
            "NotIpAddress", .sourceAddress, "\"192.0.2.0/25\"",
            [("192.0.2.1", false), ("192.0.2.128", true), ("::1", true), (nil, true)]
        ),
        ("IpAddress", .sourceAddress, "\"0.0.0.0/0\"", [("9.9.9.9", true), ("::1", false)]),
        ("NumericEquals", .maxKeys, "[1,\"2\"]", [("1", true), ("2.0", true), ("3", false)]),
        ("NumericNotEquals", .maxKeys, "1", [("1", false), ("2", true), (nil, true)]),
        ("NumericLessThan", .maxKeys, "10", [("9", true), ("10", false), ("-1", true)]),
        ("NumericLessThanEquals", .maxKeys, "10", [("10", true), ("11", false)]),
        ("NumericGreaterThan", .tlsVersion, "\"1.2\"", [("1.3", true), ("1.2", false)]),
        ("NumericGreaterThanEquals", .maxKeys, "1.5", [("1.5", true), ("1", false)]),
        (
            "NumericGreaterThan", .maxKeys, "10",
            [("99999999999999999999999999", true), (nil, false)]
        ),
        ("NumericLessThanIfExists", .maxKeys, "10", [(nil, true), ("10", false)]),
        (
            "DateLessThan", .currentTime, "\"2026-01-01T00:00:00Z\"",
            [("2025-12-31T23:59:59.999Z", true), ("2026-01-01T00:00:00.000Z", false)]
        ),
        (
            "DateGreaterThanEquals", .currentTime, "\"2026-01-01T00:00:00Z\"",
            [("2026-01-01T00:00:00.000Z", true), ("2025-01-01T00:00:00.000Z", false)]
        ),
        ("DateEquals", .epochTime, "1700000000", [("1700000000", true), ("1700000001", false)]),
        ("DateNotEquals", .epochTime, "\"1700000000\"", [("1700000000", false), (nil, true)]),
        ("DateLessThanEquals", .epochTime, "\"2023-11-14T22:13:20Z\"", [("1700000000", true)]),
        ("DateGreaterThan", .epochTime, "\"2023-11-14T22:13:19Z\"", [("1700000000", true)]),
    ]

    @Test("compare as their operator says, also what isn't there")
    func table() throws {
        for (name, key, values, cases) in Self.rows {
            for (value, expected) in cases {
                let context = value.map { [key: $0] } ?? [:]
                let found = try holds("\"\(name)\":{\"\(key.rawValue)\":\(values)}", context)
                #expect(found == expected, "\(name) \(values) of \(value ?? "nothing")")
            }
        }
    }

    @Test("every operator is in the table")
    func operators() {
        let bases = [
            "Bool", "IpAddress", "NotIpAddress", "Null", "StringEquals", "StringNotEquals",
            "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
        ]
        let orders = [
            "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan",
            "GreaterThanEquals",
        ]
        let all = bases + orders.map { "Numeric" + $0 } + orders.map { "Date" + $0 }
        #expect(Set(all).subtracting(Self.rows.map(\.0)) == [])
    }

    @Test("know their keys in any case")
    func keys() throws {
        for key in PolicyKey.allCases {
            for name in [key.rawValue, key.rawValue.uppercased(), key.rawValue.lowercased()] {
                #expect(try holds("\"Null\":{\"\(name)\":\"true\"}", [:]))
                #expect(try !holds("\"Null\":{\"\(name)\":\"true\"}", [key: ""]))
            }
        }
    }

    @Test("a required mode: a default of the bucket doesn't stand in for the header")
    func requiredMode() throws {
        let deny = """
            {"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
             "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}},
            {"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
             "Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}
            """
        let policy = try Sample.bucketPolicy(deny)
        for (value, effect) in [("AES256", nil), ("aws:kms", PolicyDocument.Effect.deny)] {
            let request = try Sample.request("PutObject", "b/k", [.encryption: value])
            #expect(policy.effect(on: request) == effect)
        }
        #expect(policy.effect(on: try Sample.request("PutObject", "b/k")) == .deny)
    }
}
