import Crypto
import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite("CORS of a bucket")
struct BucketCORSTests {
    private static let rules = """
        <CORSConfiguration><CORSRule><AllowedOrigin>https://*.app</AllowedOrigin>
        <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
        <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
        <MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>
        """
    private let origin = ("origin", "https://one.app")

    private func set(_ gateway: LoopGateway) async throws {
        let body = Array(Self.rules.utf8)
        let digest = [("content-md5", Base64.encode(HashFunction.md5.digest(body)))]
        let answer = try await gateway.send(.put, "/demo?cors", digest, body: body)
        #expect(answer.status == 200)
    }

    private func preflight(
        _ gateway: LoopGateway,
        _ target: String,
        _ method: String,
        _ headers: String? = nil
    ) async throws -> LoopGateway.Answer {
        var fields = [origin, ("access-control-request-method", method)]
        if let headers { fields.append(("access-control-request-headers", headers)) }
        return try await gateway.send(.options, target, fields, isSigned: false)
    }

    @Test("is set, shown and deleted, and needs a digest")
    func document() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.get, "/demo?cors").code == "NoSuchCORSConfiguration")
        let bare = try await gateway.send(.put, "/demo?cors", body: Array(Self.rules.utf8))
        #expect(bare.code == "InvalidRequest")
        try await set(gateway)
        let shown = try await gateway.send(.get, "/demo?cors")
        #expect(
            try CORSConfiguration(xml: shown.body)
                == CORSConfiguration(xml: Array(Self.rules.utf8))
        )
        #expect(try await gateway.send(.delete, "/demo?cors").status == 204)
        #expect(try await gateway.send(.get, "/demo?cors").code == "NoSuchCORSConfiguration")
        #expect(try await gateway.send(.get, "/none?cors").code == "NoSuchBucket")
    }

    @Test("answers preflights of strangers by its rules alone")
    func preflights() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let none = try await preflight(gateway, "/demo/k", "PUT")
        #expect(none.code == "AccessForbidden")
        #expect(none.text.contains("CORS is not enabled for this bucket."))
        #expect(try await preflight(gateway, "/absent", "PUT").text.contains("is not enabled"))
        try await set(gateway)
        // A presigned URL's signature is that of the request which follows.
        for target in ["/demo/k", "/demo", "/demo/k?X-Amz-Signature=0&versionId=1"] {
            let answer = try await preflight(gateway, target, "PUT", "X-Amz-Date")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            #expect(answer.fields["access-control-allow-origin"] == "https://one.app")
            #expect(answer.fields["access-control-allow-methods"] == "GET, PUT")
            #expect(answer.fields["access-control-allow-headers"] == "x-amz-date")
            #expect(answer.fields["access-control-max-age"] == "60")
            #expect(answer.fields["vary"]?.hasPrefix("Origin") == true)
        }
        for (method, headers) in [("DELETE", nil), ("PUT", "range")] as [(String, String?)] {
            let answer = try await preflight(gateway, "/demo/k", method, headers)
            #expect(answer.status == 403)
            #expect(answer.text.contains("This CORS request is not allowed."))
        }
        let bare = try await gateway.send(.options, "/demo/k", isSigned: false)
        #expect(bare.code == "BadRequest")
        // Names are checked as those of other requests are.
        #expect(try await preflight(gateway, "/.sealgate/k", "PUT").code == "AccessDenied")
        #expect(try await preflight(gateway, "/", "GET").code == "AccessForbidden")
    }

    @Test("is told with every answer to a page of an allowed origin, and no other")
    func answers() async throws {
        let gateway = try await LoopGateway(TestKeys())
        try await set(gateway)
        let before = try await gateway.send(.put, "/demo/k", body: [1])
        #expect(!before.fields.contains("vary"))
        let allowed = "access-control-allow-origin"
        for (method, target, status) in [
            (HTTPMethod.put, "/demo/k", 200), (.get, "/demo/k", 200), (.get, "/demo/none", 404),
            (.get, "/demo?list-type=2", 200), (.get, "/demo?lifecycle", 404),
            (.get, "/demo/k?unheard-of", 501),
        ] {
            let answer = try await gateway.send(method, target, [origin])
            #expect(answer.status == status, "\(target)")
            #expect(answer.fields[allowed] == "https://one.app", "\(target)")
            #expect(answer.fields["access-control-expose-headers"] == "ETag")
            let other = try await gateway.send(method, target, [("origin", "https://two")])
            #expect(!other.fields.contains(allowed))
            #expect(other.fields.contains("vary"))
        }
        // Refusals of who isn't known too.
        let unsigned = try await gateway.send(.get, "/demo/k", [origin], isSigned: false)
        #expect(unsigned.status == 403)
        #expect(unsigned.fields[allowed] == "https://one.app")
        let wrong = try await gateway.send(
            .get,
            "/demo/k",
            [origin, ("authorization", "AWS4-HMAC-SHA256 nonsense")],
            isSigned: false
        )
        #expect(wrong.code == "AuthorizationHeaderMalformed")
        #expect(wrong.fields[allowed] == "https://one.app")
        let deleted = try await gateway.send(.delete, "/demo/k", [origin])
        #expect(!deleted.fields.contains(allowed))
    }
}
