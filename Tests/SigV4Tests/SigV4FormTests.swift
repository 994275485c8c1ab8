import Encoding
import HTTPWire
import Testing

@testable import SigV4

@Suite("Forms")
struct SigV4FormTests {
    private static let secret = Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)
    private static let now = Timestamp(iso8601: "2015-12-29T10:00:00Z") ?? Timestamp(seconds: 0)

    // The example of the API reference: its policy, whose lines end in CR LF, and its signature.
    private static let published: [(String, String)] = [
        (
            "policy",
            Base64.encode(
                [
                    #"{ "expiration": "2015-12-30T12:00:00.000Z","#,
                    #"  "conditions": ["#,
                    #"    {"bucket": "sigv4examplebucket"},"#,
                    #"    ["starts-with", "$key", "user/user1/"],"#,
                    #"    {"acl": "public-read"},"#,
                    #"    {"success_action_redirect": "#
                        + #""http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},"#,
                    #"    ["starts-with", "$Content-Type", "image/"],"#,
                    #"    {"x-amz-meta-uuid": "14365123651274"},"#,
                    #"    {"x-amz-server-side-encryption": "AES256"},"#,
                    #"    ["starts-with", "$x-amz-meta-tag", ""],"#,
                    "",
                    #"    {"x-amz-credential": "#
                        + #""AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},"#,
                    #"    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},"#,
                    #"    {"x-amz-date": "20151229T000000Z" }"#,
                    "  ]",
                    "}",
                ].joined(separator: "\r\n").utf8
            )
        ),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
        ("x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
        ("x-amz-date", "20151229T000000Z"),
        ("x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"),
    ]

    private static func verify(
        _ fields: [(String, String)],
        secret: [UInt8] = secret,
        regions: [String] = ["us-east-1"],
        now: Timestamp = now
    ) throws(SigV4Error) -> SigV4Identity? {
        guard let form = try SigV4Form.parse(HTTPFields(fields)) else { return nil }
        return try SigV4Verifier(regions: regions).verify(form, secret: secret.span, now: now)
    }

    private static func error(_ fields: [(String, String)]) -> SigV4Error? {
        do throws(SigV4Error) {
            _ = try verify(fields)
            return nil
        } catch {
            return error
        }
    }

    private static func with(_ name: String, _ value: String?) -> [(String, String)] {
        published.filter { $0.0 != name } + (value.map { [(name, $0)] } ?? [])
    }

    @Test("accepts the published example")
    func accepts() throws {
        let identity = try #require(try Self.verify(Self.published))
        #expect(identity.accessKeyID == "AKIAIOSFODNN7EXAMPLE")
        #expect(identity.placement == .form)
        #expect(identity.payload == .unsigned)
        // Until when it is good its policy says.
        let late = Timestamp(iso8601: "2026-01-01T00:00:00Z") ?? Self.now
        #expect(try Self.verify(Self.published, now: late) != nil)
    }

    @Test("takes fields without any part of a signature for anonymous")
    func anonymous() throws {
        #expect(try Self.verify([("key", "k"), ("x-amz-meta-a", "b")]) == nil)
    }

    @Test("refuses each fault")
    func refuses() {
        let parts: [(String, SigV4Component)] = [
            ("policy", .policy), ("x-amz-algorithm", .algorithm),
            ("x-amz-credential", .credential), ("x-amz-date", .date),
            ("x-amz-signature", .signature),
        ]
        for (name, component) in parts {
            let missing = Self.with(name, nil)
            #expect(Self.error(missing) == .componentMissing(.form, component))
            let twice = Self.published + [(name, "x")]
            #expect(Self.error(twice) == .componentRepeated(.form, component))
        }
        let credential = "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"
        let cases: [(String, String, SigV4Error)] = [
            ("policy", "e30=", .signatureMismatch),
            ("x-amz-signature", String(repeating: "0a", count: 32), .signatureMismatch),
            ("x-amz-signature", "0a", .componentMalformed(.form, .signature)),
            ("x-amz-algorithm", "AWS4-HMAC-SHA1", .algorithmUnsupported),
            ("x-amz-date", "20151229", .componentMalformed(.form, .date)),
            ("x-amz-date", "20151228T000000Z", .credentialDateMismatch(.form)),
            ("x-amz-credential", "AKID", .componentMalformed(.form, .credential)),
            (
                "x-amz-credential", credential.replacing("/s3/", with: "/sts/"),
                .serviceMismatch(.form, given: "sts")
            ),
            (
                "x-amz-credential", credential.replacing("us-east-1", with: "eu-a"),
                .regionMismatch(.form, given: "eu-a", expected: "us-east-1")
            ),
            ("signature", "c2ln", .signatureVersion2Unsupported),
            ("awsaccesskeyid", "AKID", .signatureVersion2Unsupported),
        ]
        for (name, value, expected) in cases {
            #expect(Self.error(Self.with(name, value)) == expected, "\(name): \(value)")
        }
        #expect(throws: SigV4Error.signatureMismatch) {
            try Self.verify(Self.published, secret: [1])
        }
        let early = Timestamp(iso8601: "2015-12-28T23:44:59Z") ?? Self.now
        let time = Timestamp(iso8601: "2015-12-29T00:00:00Z") ?? Self.now
        #expect(throws: SigV4Error.requestNotYetValid(requestTime: time, serverTime: early)) {
            try Self.verify(Self.published, now: early)
        }
    }
}
