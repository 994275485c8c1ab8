import Encoding
import HTTPWire
import S3Wire
import SigV4
import Testing

@testable import Gateway

@Suite struct ObjectWriteTests {
    @Test("If-None-Match and If-Match are named where they fail")
    func conditions() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let absent = [("if-none-match", "*")]
        let made = try await gateway.send(.put, "/demo/a", absent, body: [1])
        #expect(made.status == 200)
        let again = try await gateway.send(.put, "/demo/a", absent, body: [2])
        #expect(again.status == 412)
        #expect(again.text.contains("<Condition>If-None-Match</Condition>"))
        let etag = try #require(made.fields["etag"])
        let other = try await gateway.send(.put, "/demo/a", [("if-match", "\"x\"")], body: [2])
        #expect(other.text.contains("<Condition>If-Match</Condition>"))
        let none = try await gateway.send(.put, "/demo/b", [("if-match", etag)], body: [2])
        #expect(none.status == 404)
        #expect(none.code == "NoSuchKey")
        let same = try await gateway.send(.put, "/demo/a", [("if-match", etag)], body: [2])
        #expect(same.status == 200)
        #expect(try await gateway.send(.get, "/demo/a").body == [2])
    }

    @Test("an object written in between fails the condition at the store's commit")
    func conditionRace() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let made = try await gateway.send(.put, "/demo/a", body: [1])
        let etag = try #require(made.fields["etag"])
        try await gateway.store { $0.failures = [("PUT /demo/a", 412)] }
        let answer = try await gateway.send(.put, "/demo/a", [("if-match", etag)], body: [2])
        #expect(answer.status == 412)
        #expect(answer.text.contains("<Condition>If-Match</Condition>"))
    }

    @Test(
        "a body without a length, or one that is too long, is refused",
        arguments: [
            ([("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")], 411),
            (
                [
                    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
                    ("x-amz-decoded-content-length", "-1"),
                ], 400
            ),
            (
                [
                    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
                    ("x-amz-decoded-content-length", "99999999999999999999999"),
                ], 400
            ),
            (
                [
                    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
                    ("x-amz-decoded-content-length", "18446744073709551615"),
                ], 400
            ),
        ] as [([(String, String)], Int)]
    )
    func lengths(fields: [(String, String)], status: Int) async throws {
        let gateway = try await LoopGateway(TestKeys())
        let answer = try await gateway.send(
            .put,
            "/demo/a",
            Array(fields.dropFirst()),
            body: [1],
            payload: .streamingUnsignedTrailer
        )
        #expect(answer.status == status)
        #expect(try await gateway.storeLines().contains { $0.hasPrefix("PUT") } == false)
    }

    @Test("a payload whose SHA-256 isn't the signed one is never stored")
    func payloadHash() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let answer = try await gateway.send(
            .put,
            "/demo/a",
            body: [1],
            payload: .sha256([UInt8](repeating: 1, count: 32))
        )
        #expect(answer.code == "XAmzContentSHA256Mismatch")
        #expect(try await gateway.store { $0.objects.isEmpty })
        let document = try await gateway.send(
            .post,
            "/demo/a?uploads",
            body: [1],
            payload: .sha256([UInt8](repeating: 1, count: 32))
        )
        #expect(document.code == "XAmzContentSHA256Mismatch")
        #expect(try await gateway.store { $0.uploads.isEmpty })
    }

    @Test("the context of SSE-KMS and the key's id are told on writes, the id on reads")
    func contextEcho() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let context = Base64.encode("{ \"b\":\"1\", \"a\":\"2\" }".utf8)
        let mode = [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "default"),
            ("x-amz-server-side-encryption-context", context),
        ]
        let canonical = Base64.encode("{\"a\":\"2\",\"b\":\"1\"}".utf8)
        for (method, target) in [(HTTPMethod.put, "/demo/a"), (.post, "/demo/a?uploads")] {
            let answer = try await gateway.send(method, target, mode)
            #expect(answer.status == 200)
            #expect(answer.fields["x-amz-server-side-encryption-context"] == canonical)
            let id = answer.fields["x-amz-server-side-encryption-aws-kms-key-id"]
            #expect(id == "default")
        }
        let head = try await gateway.send(.head, "/demo/a")
        #expect(head.fields["x-amz-server-side-encryption-context"] == nil)
        #expect(head.fields["x-amz-server-side-encryption-aws-kms-key-id"] == "default")
        #expect(try await gateway.send(.get, "/demo/a").status == 200)
    }

    @Test("a bucket key is told where it was asked for", arguments: [true, false])
    func bucketKeyEcho(isEnabled: Bool) async throws {
        let gateway = try await LoopGateway(TestKeys())
        let mode = [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-bucket-key-enabled", String(isEnabled)),
        ]
        let name = "x-amz-server-side-encryption-bucket-key-enabled"
        for (method, target) in [(HTTPMethod.put, "/demo/a"), (.head, "/demo/a")] {
            let answer = try await gateway.send(method, target, method == .put ? mode : [])
            #expect(answer.fields[name] == (isEnabled ? "true" : nil))
        }
    }

    @Test(
        "what can't be promised is refused, not left out",
        arguments: [
            ("x-amz-acl", "public-read", "AccessControlListNotSupported"),
            ("x-amz-grant-read", "uri=x", "AccessControlListNotSupported"),
            ("x-amz-tagging", "a=b&a=c", "InvalidArgument"),
            ("x-amz-object-lock-mode", "GOVERNANCE", "InvalidRequest"),
            ("x-amz-expected-bucket-owner", "stranger", "AccessDenied"),
            ("x-amz-meta-sealgate", "x", "InvalidArgument"),
            ("x-sealgate-size", "1", "InvalidArgument"),
        ]
    )
    func promises(name: String, value: String, code: String) async throws {
        let gateway = try await LoopGateway(TestKeys())
        for (method, target) in [(HTTPMethod.put, "/demo/a"), (.post, "/demo/a?uploads")] {
            let answer = try await gateway.send(method, target, [(name, value)])
            #expect(answer.code == code)
        }
        #expect(try await gateway.store { $0.objects.isEmpty && $0.uploads.isEmpty })
    }

    @Test("what promises nothing is taken")
    func harmless() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let fields = [
            ("x-amz-acl", "private"), ("x-amz-expected-bucket-owner", "owner"),
            ("x-amz-storage-class", "STANDARD"), ("x-amz-request-payer", "requester"),
        ]
        #expect(try await gateway.send(.put, "/demo/a", fields, body: [1]).status == 200)
    }
}
