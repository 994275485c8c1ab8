import Encoding
import HTTPWire
import Testing

@testable import SigV4

@Suite("What a request says of its signature")
struct SigV4AuthorizationTests {
    static let date = "20130524T000000Z"
    static let hash = String(repeating: "0", count: 64)
    static let signature = String(repeating: "a", count: 64)
    static let credential = "AKID/20130524/us-east-1/s3/aws4_request"

    static func header(
        _ value: String,
        date: (String, String)? = ("x-amz-date", date),
        more: [(String, String)] = [("x-amz-content-sha256", hash)]
    ) -> HTTPRequestHead {
        var head = HTTPRequestHead(method: .get, target: "/b/k", authority: "h")
        head.fields = HTTPFields([("host", "h")] + (date.map { [$0] } ?? []) + more)
        head.fields.append("authorization", value)
        return head
    }

    static func value(
        credential: String = credential,
        signed: String = "host;x-amz-content-sha256;x-amz-date",
        signature: String = signature
    ) -> String {
        "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=\(signed), Signature=\(signature)"
    }

    static let parameters: [(String, String)] = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", PercentEncoding.encode(credential)),
        ("X-Amz-Date", date), ("X-Amz-Expires", "60"), ("X-Amz-SignedHeaders", "host"),
        ("X-Amz-Signature", signature),
    ]

    static func query(
        _ name: String = "",
        _ value: String? = nil,
        more: String = ""
    ) -> HTTPRequestHead {
        let pairs = parameters.compactMap { pair -> String? in
            guard pair.0 == name else { return "\(pair.0)=\(pair.1)" }
            return value.map { "\(pair.0)=\($0)" }
        }
        let target = "/b/k?" + pairs.joined(separator: "&") + more
        var head = HTTPRequestHead(method: .get, target: target, authority: "h")
        head.fields = HTTPFields([("host", "h")])
        return head
    }

    private func error(_ head: HTTPRequestHead) -> SigV4Error? {
        failure { () throws(SigV4Error) in _ = try SigV4Authorization.parse(head: head) }
    }

    @Test("reads the header, with or without blanks, in any order")
    func readsHeader() throws {
        let signed = "host;x-amz-content-sha256;x-amz-date"
        for value in [
            Self.value(),
            "AWS4-HMAC-SHA256 Credential=\(Self.credential),SignedHeaders=\(signed),"
                + "Signature=\(Self.signature)",
            " AWS4-HMAC-SHA256\tSignature=\(Self.signature) ,  SignedHeaders=\(signed),"
                + " Credential=\(Self.credential) ",
        ] {
            let found = try #require(try SigV4Authorization.parse(head: Self.header(value)))
            #expect(found.accessKeyID == "AKID")
            #expect(found.placement == .header)
            #expect(found.scope.text == "20130524/us-east-1/s3/aws4_request")
            #expect(found.time.basicISO8601 == Self.date)
            #expect(found.expiresSeconds == nil)
            #expect(found.payload == .sha256([UInt8](repeating: 0, count: 32)))
        }
    }

    @Test("reads the query")
    func readsQuery() throws {
        let head = Self.query(more: "&X-Amz-Security-Token=a%2Bb&x-id=GetObject")
        let found = try #require(try SigV4Authorization.parse(head: head))
        #expect(found.placement == .query)
        #expect(found.expiresSeconds == 60)
        #expect(found.sessionToken == "a+b")
        #expect(found.payload == .unsigned)
    }

    @Test("a presigned URL's payload hash stands in its query or in a header")
    func queryPayload() throws {
        let inQuery = Self.query(more: "&X-Amz-Content-Sha256=\(Self.hash)")
        #expect(
            try SigV4Authorization.parse(head: inQuery)?.payload
                == .sha256([UInt8](repeating: 0, count: 32))
        )
        var inHeader = Self.query("X-Amz-SignedHeaders", "host%3Bx-amz-content-sha256")
        inHeader.fields.append("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        #expect(
            try SigV4Authorization.parse(head: inHeader)?.payload == .streamingUnsignedTrailer
        )
        var both = inHeader
        both.target += "&X-Amz-Content-Sha256=\(Self.hash)"
        #expect(error(both) == .payloadHashMalformed)
    }

    @Test("takes the Date header where x-amz-date is missing")
    func dateHeader() throws {
        for text in [
            "Fri, 24 May 2013 00:00:00 GMT", "Fri, 24 May 2013 00:00:00 -0000", Self.date,
        ] {
            let head = Self.header(
                Self.value(signed: "host;x-amz-content-sha256"),
                date: ("date", text)
            )
            #expect(try SigV4Authorization.parse(head: head)?.time.basicISO8601 == Self.date)
        }
    }

    @Test("refuses signatures in the header and the query")
    func ambiguous() {
        var head = Self.query()
        head.fields.append("authorization", Self.value())
        #expect(error(head) == .authorizationAmbiguous)
        var basic = Self.query()
        basic.fields.append("authorization", "Basic YTpi")
        #expect(error(basic) == .authorizationAmbiguous)
        var version2 = Self.header(Self.value())
        version2.target += "?AWSAccessKeyId=a&Signature=b&Expires=1"
        #expect(error(version2) == .authorizationAmbiguous)
        var twice = Self.header(Self.value())
        twice.fields.append("authorization", Self.value())
        #expect(error(twice) == .authorizationAmbiguous)
    }

    @Test("refuses schemes that aren't signatures", arguments: ["Bearer x", "Basic x", "", "aws4"])
    func scheme(_ value: String) {
        #expect(error(Self.header(value)) == .authorizationTypeUnsupported)
    }

    @Test("refuses SigV4A")
    func asymmetric() {
        #expect(
            error(Self.header("AWS4-ECDSA-P256-SHA256 Credential=a"))
                == .asymmetricSignatureUnsupported
        )
        #expect(
            error(Self.query("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"))
                == .asymmetricSignatureUnsupported
        )
    }

    @Test("refuses signature version 2")
    func version2() {
        #expect(error(Self.header("AWS AKID:c2ln")) == .signatureVersion2Unsupported)
        let head = HTTPRequestHead(
            method: .get,
            target: "/b/k?AWSAccessKeyId=AKID&Signature=c2ln&Expires=1",
            authority: "h"
        )
        #expect(error(head) == .signatureVersion2Unsupported)
    }

    @Test("refuses an unknown algorithm in the query")
    func algorithm() {
        #expect(error(Self.query("X-Amz-Algorithm", "AWS4-HMAC-SHA1")) == .algorithmUnsupported)
    }

    @Test("refuses a part missing in the header")
    func missingInHeader() {
        let parts: [(SigV4Component, String)] = [
            (.credential, "Credential=\(Self.credential)"), (.signedHeaders, "SignedHeaders=host"),
            (.signature, "Signature=\(Self.signature)"),
        ]
        for (component, part) in parts {
            let rest = parts.filter { $0.1 != part }.map(\.1).joined(separator: ", ")
            let head = Self.header("AWS4-HMAC-SHA256 " + rest)
            #expect(error(head) == .componentMissing(.header, component))
            let twice = Self.header(Self.value() + ", " + part)
            #expect(error(twice) == .componentRepeated(.header, component))
        }
        #expect(
            error(Self.header(Self.value() + ", Extra=1")) == .componentMalformed(.header, .other)
        )
    }

    @Test(
        "refuses a part missing in the query, or there twice",
        arguments: [
            ("X-Amz-Algorithm", .algorithm), ("X-Amz-Credential", .credential),
            ("X-Amz-Date", .date), ("X-Amz-Expires", .expires),
            ("X-Amz-SignedHeaders", .signedHeaders), ("X-Amz-Signature", .signature),
        ] as [(String, SigV4Component)]
    )
    func missingInQuery(_ name: String, _ component: SigV4Component) {
        #expect(error(Self.query(name, nil)) == .componentMissing(.query, component))
        #expect(
            error(Self.query(more: "&\(name)=1")) == .componentRepeated(.query, component)
        )
    }

    @Test("refuses a repeated token or payload hash in the query")
    func repeatedInQuery() {
        let token = "&X-Amz-Security-Token=a"
        #expect(
            error(Self.query(more: token + token)) == .componentRepeated(.query, .securityToken)
        )
        let hash = "&X-Amz-Content-Sha256=\(Self.hash)"
        #expect(error(Self.query(more: hash + hash)) == .componentRepeated(.query, .payloadHash))
    }

    @Test(
        "refuses credentials that aren't in their form",
        arguments: [
            "", "AKID", "AKID/20130524/us-east-1/s3", "/20130524/us-east-1/s3/aws4_request",
            "AKID/20130524/us-east-1/s3/aws4", "AKID/2013052/us-east-1/s3/aws4_request",
            "AKID/2013052x/us-east-1/s3/aws4_request", "AKID/20130524//s3/aws4_request",
            "AKID/20130524/us-east-1//aws4_request", "A/K/20130524/us-east-1/s3/aws4_request",
            "A K/20130524/us-east-1/s3/aws4_request", "\u{7f}/20130524/r/s3/aws4_request",
            String(repeating: "A", count: 129) + "/20130524/us-east-1/s3/aws4_request",
        ]
    )
    func credentialForm(_ credential: String) {
        #expect(
            error(Self.header(Self.value(credential: credential)))
                == .componentMalformed(.header, .credential)
        )
        #expect(
            error(Self.query("X-Amz-Credential", PercentEncoding.encode(credential)))
                == .componentMalformed(.query, .credential)
        )
    }

    @Test(
        "refuses signatures that aren't 64 digits",
        arguments: ["", "aa", String(repeating: "g", count: 64), String(repeating: "a", count: 66)]
    )
    func signatureForm(_ signature: String) {
        #expect(
            error(Self.header(Self.value(signature: signature)))
                == .componentMalformed(.header, .signature)
        )
        #expect(
            error(Self.query("X-Amz-Signature", signature))
                == .componentMalformed(.query, .signature)
        )
    }

    @Test(
        "refuses lists of headers that aren't in their form",
        arguments: [
            "", "host;", ";host", "host;;x", "Host", "host;a b", "host;a:b", "host;é",
            "host;a;host", "host;" + (0..<128).map { "a\($0)" }.joined(separator: ";"),
        ]
    )
    func signedHeadersForm(_ list: String) {
        #expect(
            error(Self.header(Self.value(signed: list)))
                == .componentMalformed(.header, .signedHeaders)
        )
        #expect(
            error(Self.query("X-Amz-SignedHeaders", PercentEncoding.encode(list)))
                == .componentMalformed(.query, .signedHeaders)
        )
    }

    @Test("refuses a host that isn't signed")
    func hostUnsigned() {
        #expect(
            error(Self.header(Self.value(signed: "x-amz-content-sha256;x-amz-date")))
                == .hostUnsigned(.header)
        )
        #expect(error(Self.query("X-Amz-SignedHeaders", "hostname")) == .hostUnsigned(.query))
    }

    @Test("refuses x-amz headers that aren't signed, by name")
    func headersUnsigned() {
        #expect(
            error(Self.header(Self.value(signed: "host")))
                == .headersUnsigned(["x-amz-date", "x-amz-content-sha256"])
        )
        var head = Self.query()
        head.fields.append("x-amz-server-side-encryption-customer-algorithm", "AES256")
        #expect(
            error(head) == .headersUnsigned(["x-amz-server-side-encryption-customer-algorithm"])
        )
        var other = Self.query()
        other.fields.append("x-amzn-trace-id", "Root=1")
        #expect(error(other) == nil)
    }

    @Test("refuses a header without a date, with an unknown one or with two")
    func dates() {
        #expect(error(Self.header(Self.value(), date: nil)) == .dateMissing)
        for text in ["", "yesterday", "20130524", "20130230T000000Z", "20130524T000000"] {
            #expect(error(Self.header(Self.value(), date: ("x-amz-date", text))) == .dateMalformed)
        }
        var twice = Self.header(Self.value())
        twice.fields.append("x-amz-date", Self.date)
        #expect(error(twice) == .dateMalformed)
        #expect(
            error(Self.query("X-Amz-Date", "20130230T000000Z"))
                == .componentMalformed(.query, .date)
        )
    }

    @Test("refuses a scope of another day")
    func credentialDate() {
        let other = "AKID/20130525/us-east-1/s3/aws4_request"
        #expect(
            error(Self.header(Self.value(credential: other))) == .credentialDateMismatch(.header)
        )
        #expect(
            error(Self.query("X-Amz-Credential", PercentEncoding.encode(other)))
                == .credentialDateMismatch(.query)
        )
    }

    @Test("takes lives of 1 to 604,800 seconds")
    func expires() {
        for text in ["1", "604800", "0000000000000000000000000060"] {
            #expect(error(Self.query("X-Amz-Expires", text)) == nil)
        }
        for text in ["0", "604801", "99999999999999999999999999"] {
            #expect(error(Self.query("X-Amz-Expires", text)) == .expiryOutOfRange)
        }
        for text in ["", "-1", "+1", "1.5", "0x10", "%20"] {
            #expect(
                error(Self.query("X-Amz-Expires", text)) == .componentMalformed(.query, .expires)
            )
        }
    }

    @Test("refuses a header without a payload hash, with an unknown one or with two")
    func payloadHash() {
        #expect(
            error(Self.header(Self.value(signed: "host;x-amz-date"), more: []))
                == .payloadHashMissing
        )
        for text in ["", "unsigned-payload", String(repeating: "0", count: 63)] {
            #expect(
                error(Self.header(Self.value(), more: [("x-amz-content-sha256", text)]))
                    == .payloadHashMalformed
            )
        }
        let pair = ("x-amz-content-sha256", Self.hash)
        #expect(error(Self.header(Self.value(), more: [pair, pair])) == .payloadHashMalformed)
        let mode = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
        #expect(
            error(Self.header(Self.value(), more: [("x-amz-content-sha256", mode)]))
                == .payloadModeUnsupported
        )
    }

    @Test("refuses a percent sign without two digits", arguments: ["%", "%4", "%4g", "%zz"])
    func targetForm(_ text: String) throws {
        #expect(error(Self.query("X-Amz-Date", text)) == .targetMalformed)
        let fixture = try SigV4VerifierTests.named("list-objects")
        for target in ["/b/\(text)", "/b?a=\(text)", "/b?\(text)=a"] {
            var head = fixture.head
            head.target = target
            let found = failure { () throws(SigV4Error) in
                _ = try fixture.verify(head)
            }
            #expect(found == .targetMalformed)
        }
    }

    @Test("each mode of payload is its own header value back")
    func payloadModes() throws {
        let modes: [SigV4Payload] = [
            .empty, .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer, .unsigned,
        ]
        for mode in modes {
            #expect(try SigV4Payload(headerValue: Array(mode.headerValue.utf8)) == mode)
        }
        #expect(modes.map(\.isChunkSigned) == [false, true, true, false, false])
    }
}
