import HTTPWire
import S3Wire
import Testing

@Suite("CORS") struct CORSConfigurationTests {
    private func read(_ rules: String) throws(S3Error) -> CORSConfiguration {
        try CORSConfiguration(xml: Array("<CORSConfiguration>\(rules)</CORSConfiguration>".utf8))
    }

    private func rule(_ members: (String, String)...) -> String {
        "<CORSRule>" + members.map { "<\($0)>\($1)</\($0)>" }.joined() + "</CORSRule>"
    }

    private func actual(
        _ origin: String?,
        _ method: HTTPMethod = .get
    ) -> CORSRequest? {
        let fields = HTTPFields(origin.map { [("origin", $0)] } ?? [])
        return CORSRequest(
            actual: HTTPRequestHead(method: method, target: "/b/k", authority: "a", fields: fields)
        )
    }

    private func preflight(
        _ origin: String,
        _ method: String,
        _ headers: String? = nil
    ) throws(S3Error) -> CORSRequest {
        var fields = HTTPFields([
            ("origin", origin), ("access-control-request-method", method),
        ])
        if let headers { fields.append("access-control-request-headers", headers) }
        return try CORSRequest(preflight: fields)
    }

    @Test("reads and writes all that a rule says")
    func roundTrip() throws {
        let cors = try read(
            rule(
                ("ID", "a"),
                ("AllowedOrigin", "https://*.example"),
                ("AllowedOrigin", "null"),
                ("AllowedMethod", "GET"),
                ("AllowedMethod", "PUT"),
                ("AllowedHeader", "X-*"),
                ("ExposeHeader", "ETag"),
                ("ExposeHeader", "x-amz-id-2"),
                ("MaxAgeSeconds", "60")
            ) + rule(("AllowedOrigin", "*"), ("AllowedMethod", "HEAD"))
        )
        #expect(cors.rules.count == 2)
        #expect(cors.rules[0].headers.map(\.text) == ["X-*"])
        #expect(cors.rules[0].ageSecondsMax == 60)
        #expect(try CORSConfiguration(xml: cors.xml) == cors)
    }

    @Test(
        "patterns have one wildcard, anywhere",
        arguments: [
            ("*", "https://a", true), ("https://a", "https://a", true),
            ("https://a", "https://a:1", false), ("https://*.b", "https://x.b", true),
            ("https://*.b", "https://.b", true), ("https://*.b", "https://b", false),
            ("https://*", "http://a", false), ("*.b", "https://x.b", true),
            ("ab*ba", "aba", false), ("ab*ba", "abba", true), ("https://A", "https://a", false),
        ]
    )
    func patterns(pattern: String, origin: String, isAllowed: Bool) throws {
        #expect(try #require(CORSPattern(pattern)).allows(origin) == isAllowed)
    }

    @Test(
        "refuses what a rule may not say",
        arguments: [
            ("", S3ErrorCode.malformedXML, "XML"),
            ("<Rule/>", .malformedXML, "XML"), ("<CORSRule/>", .malformedXML, "XML"),
            ("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>", .malformedXML, "XML"),
            ("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>", .malformedXML, "XML"),
            ("OPTIONS", .invalidRequest, "Unsupported method is OPTIONS"),
            ("get", .invalidRequest, "Unsupported method is get"),
            ("<AllowedOrigin>http://*.*</AllowedOrigin>", .invalidRequest, "http://*.*"),
            ("<AllowedHeader>*-*</AllowedHeader>", .invalidRequest, "*-*"),
            ("<AllowedOrigin>a&#13;&#10;b: c</AllowedOrigin>", .invalidRequest, "wildcard"),
            ("<ExposeHeader>x-*</ExposeHeader>", .invalidRequest, "wildcard"),
            ("<ExposeHeader>x: y</ExposeHeader>", .invalidRequest, "name of a header"),
            ("<ExposeHeader/>", .invalidRequest, "name of a header"),
            ("<MaxAgeSeconds>-1</MaxAgeSeconds>", .malformedXML, "XML"),
            ("<MaxAgeSeconds>2147483648</MaxAgeSeconds>", .malformedXML, "XML"),
            ("<Else/>", .malformedXML, "XML"),
        ]
    )
    func refusals(text: String, code: S3ErrorCode, word: String) throws {
        var rules = text
        if !text.isEmpty, !text.hasPrefix("<CORSRule"), text != "<Rule/>" {
            let more = text.hasPrefix("<") ? text : "<AllowedMethod>\(text)</AllowedMethod>"
            rules = rule(("AllowedOrigin", "*"), ("AllowedMethod", "GET"))
                .replacing("</CORSRule>", with: more + "</CORSRule>")
        }
        let error = #expect(throws: S3Error.self) { try read(rules) }
        #expect(error?.code == code)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test("has at most 100 rules and 64 KiB")
    func limits() throws {
        let one = rule(("AllowedOrigin", "*"), ("AllowedMethod", "GET"))
        #expect(try read(String(repeating: one, count: 100)).rules.count == 100)
        let tooMany = #expect(throws: S3Error.self) { try read(String(repeating: one, count: 101)) }
        #expect(tooMany?.code == .invalidRequest)
        let origin = "<AllowedOrigin>" + String(repeating: "a", count: 65_536) + "</AllowedOrigin>"
        let tooLong = #expect(throws: S3Error.self) { try read(origin) }
        #expect(tooLong?.code == .entityTooLarge)
    }

    @Test("the first rule that allows a request says what is answered")
    func actualRequests() throws {
        let cors = try read(
            rule(
                ("AllowedOrigin", "https://a"),
                ("AllowedMethod", "GET"),
                ("MaxAgeSeconds", "9"),
                ("ExposeHeader", "etag")
            ) + rule(("AllowedOrigin", "*"), ("AllowedMethod", "GET"), ("AllowedMethod", "PUT"))
        )
        #expect(actual(nil) == nil)
        let vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
        let named = cors.fields(for: try #require(actual("https://a")))
        #expect(
            named
                == HTTPFields([
                    ("access-control-allow-origin", "https://a"),
                    ("access-control-allow-credentials", "true"),
                    ("access-control-allow-methods", "GET"),
                    ("access-control-expose-headers", "etag"), ("access-control-max-age", "9"),
                    ("vary", vary),
                ])
        )
        let any = cors.fields(for: try #require(actual("https://b", .put)))
        #expect(any["access-control-allow-origin"] == "*")
        #expect(!any.contains("access-control-allow-credentials"))
        #expect(any["access-control-allow-methods"] == "GET, PUT")
        let none = cors.fields(for: try #require(actual("https://a", .delete)))
        #expect(none == HTTPFields([("vary", vary)]))
    }

    @Test("a preflight's method and every header must be allowed")
    func preflights() throws {
        let cors = try read(
            rule(
                ("AllowedOrigin", "https://a"),
                ("AllowedMethod", "PUT"),
                ("AllowedHeader", "X-Amz-*"),
                ("AllowedHeader", "content-type")
            )
        )
        let asked = try preflight("https://a", "PUT", "x-amz-date, Content-Type ,,X-AMZ-ACL")
        #expect(
            try cors.preflight(asked)["access-control-allow-headers"]
                == "x-amz-date, content-type, x-amz-acl"
        )
        #expect(
            try !cors.preflight(preflight("https://a", "PUT")).contains(
                "access-control-allow-headers"
            )
        )
        for refused in [
            try preflight("https://b", "PUT"), try preflight("https://a", "GET"),
            try preflight("https://a", "PUT", "x-amz-date, range"),
        ] {
            let error = #expect(throws: S3Error.self) { try cors.preflight(refused) }
            #expect(error?.code == .accessForbidden)
            #expect(error?.status == 403)
            #expect(error?.message.hasPrefix("CORSResponse: This CORS request") == true)
        }
        for fields in [
            HTTPFields(), HTTPFields([("origin", "https://a")]),
            HTTPFields([("origin", "https://a"), ("access-control-request-method", "PATCH")]),
            HTTPFields([("access-control-request-method", "GET")]),
        ] {
            let error = #expect(throws: S3Error.self) { try CORSRequest(preflight: fields) }
            #expect(error?.code == .badRequest)
        }
    }
}
