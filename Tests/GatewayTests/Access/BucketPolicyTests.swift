import Crypto
import Encoding
import HTTPWire
import Policy
import S3Wire
import Testing

@testable import Gateway

@Suite("A bucket's policy")
struct BucketPolicyTests {
    private let sse = "x-amz-server-side-encryption"

    private func statement(
        _ effect: String,
        _ action: String,
        _ resource: String = "demo/*",
        _ more: String = ""
    ) -> String {
        """
        {"Effect":"\(effect)","Principal":"*","Action":"\(action)",
         "Resource":"arn:aws:s3:::\(resource)"\(more)}
        """
    }

    private func set(
        _ gateway: LoopGateway,
        _ statements: String...
    ) async throws -> LoopGateway.Answer {
        let json = "{\"Statement\":[\(statements.joined(separator: ","))]}"
        return try await gateway.send(.put, "/demo?policy", body: Array(json.utf8))
    }

    @Test("is given back byte by byte, and is gone when it was deleted")
    func document() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.get, "/demo?policy").code == "NoSuchBucketPolicy")
        #expect(try await gateway.send(.get, "/demo?policyStatus").code == "NoSuchBucketPolicy")
        #expect(try await gateway.send(.delete, "/demo?policy").status == 204)
        let json = "{ \"Statement\" : \(statement("Allow", "s3:GetObject")) }\n"
        let put = try await gateway.send(.put, "/demo?policy", body: Array(json.utf8))
        #expect(put.status == 204)
        let read = try await gateway.send(.get, "/demo?policy")
        #expect(read.text == json)
        #expect(read.fields["content-type"] == "application/json")
        let status = try await gateway.send(.get, "/demo?policyStatus")
        #expect(status.text.contains("<IsPublic>true</IsPublic>"))
        #expect(try await gateway.send(.delete, "/demo?policy").status == 204)
        #expect(try await gateway.send(.get, "/demo?policy").code == "NoSuchBucketPolicy")
        for method in [HTTPMethod.get, .put, .delete] {
            #expect(try await gateway.send(method, "/none?policy").code == "NoSuchBucket")
        }
    }

    @Test("is refused with what is wrong")
    func malformed() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for (statement, word) in [
            (statement("Allow", "s3:GetObjekt"), "s3:GetObjekt"),
            (statement("Allow", "s3:GetObject", "other/*"), "arn:aws:s3:::other/*"),
            (
                statement("Deny", "s3:GetObject").replacing("\"*\"", with: "{\"AWS\":\"ownr\"}"),
                "Invalid principal in policy: ownr"
            ),
        ] {
            let answer = try await set(gateway, statement)
            #expect(answer.code == "MalformedPolicy")
            #expect(answer.text.contains(word), "\(answer.text)")
        }
        let owner = statement("Deny", "s3:GetObject").replacing(
            "\"*\"",
            with: "{\"AWS\":\"owner\"}"
        )
        #expect(try await set(gateway, owner).status == 204)
    }

    @Test("denies by the headers as they were sent, before what is wrong with them is looked at")
    func headers() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let condition = ",\"Condition\":{\"StringNotEquals\":{\"s3:\(sse)\":\"AES256\"}}"
        let policy = statement("Deny", "s3:PutObject", "demo/*", condition)
        #expect(try await set(gateway, policy).status == 204)
        for (value, code) in [
            ("AES256", nil), ("AES192", "AccessDenied"), ("aws:kms", "AccessDenied"),
            ("aws:kms:dsse", "AccessDenied"), (nil, "AccessDenied"),
        ] as [(String?, String?)] {
            let fields = value.map { [(sse, $0)] } ?? []
            let put = try await gateway.send(.put, "/demo/a", fields, body: [1])
            #expect(put.code == code, "\(value ?? "none")")
            let created = try await gateway.send(.post, "/demo/a?uploads", fields)
            #expect(created.code == code, "\(value ?? "none")")
        }
        let customer = [("\(sse)-customer-algorithm", "AES192")]
        #expect(try await gateway.send(.put, "/demo/a", customer).code == "AccessDenied")
        #expect(try await gateway.send(.get, "/demo/a").status == 200)
    }

    @Test("a refused upload is refused before its body and 100 Continue")
    func early() async throws {
        let keys = try await TestKeys()
        let json = "{\"Statement\":\(statement("Deny", "s3:PutObject"))}"
        try await keys.services.settings.set(.policy, of: "demo", Array(json.utf8))
        let gateway = try await LoopGateway(keys)
        let put = try await gateway.send(.put, "/demo/a", [("expect", "100-continue")], body: [1])
        #expect(put.code == "AccessDenied")
        #expect(put.continueCount == 0)
        #expect(try await gateway.storeLines() == [])
    }

    @Test("is asked of every key of a deletion")
    func deletions() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for key in ["keep/a", "b"] { _ = try await gateway.send(.put, "/demo/\(key)", body: [1]) }
        #expect(
            try await set(gateway, statement("Deny", "s3:DeleteObject", "demo/keep/*")).status
                == 204
        )
        #expect(try await gateway.send(.delete, "/demo/keep/a").code == "AccessDenied")
        let list = """
            <Delete><Object><Key>keep/a</Key></Object><Object><Key>b</Key></Object>
            <Object><Key>keep/none</Key></Object></Delete>
            """
        let body = Array(list.utf8)
        let digest = [("content-md5", Base64.encode(HashFunction.md5.digest(body)))]
        let answer = try await gateway.send(.post, "/demo?delete", digest, body: body)
        #expect(answer.status == 200)
        let result = try DeletionResult(xml: answer.body)
        #expect(result.deleted.map(\.key) == ["b"])
        #expect(result.failures.map(\.key) == ["keep/a", "keep/none"])
        #expect(result.failures.allSatisfy { $0.code == "AccessDenied" })
        #expect(try await gateway.send(.head, "/demo/keep/a").status == 200)
        #expect(try await gateway.send(.head, "/demo/b").status == 404)
    }

    @Test("lets in who didn't sign, for what it allows and nothing else")
    func anonymous() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for key in ["open/a", "shut"] {
            _ = try await gateway.send(.put, "/demo/\(key)", body: [7])
        }
        func ask(_ method: HTTPMethod, _ target: String) async throws -> LoopGateway.Answer {
            try await gateway.send(method, target, isSigned: false)
        }
        #expect(try await ask(.get, "/demo/open/a").code == "AccessDenied")
        let listing = statement("Allow", "s3:ListBucket", "demo")
        #expect(
            try await set(gateway, statement("Allow", "s3:GetObject", "demo/open/*"), listing)
                .status == 204
        )
        let read = try await ask(.get, "/demo/open/a")
        #expect(read.status == 200)
        #expect(read.body == [7])
        #expect(try await ask(.get, "/demo").text.contains("<Key>shut</Key>"))
        #expect(try await ask(.get, "/demo/open/none").code == "NoSuchKey")
        let overriding = "/demo/open/a?response-content-type=a"
        #expect(try await ask(.get, overriding).code == "InvalidRequest")
        for (method, target) in [
            (HTTPMethod.get, "/demo/shut"), (.put, "/demo/open/a"), (.delete, "/demo/open/a"),
            (.get, "/demo?policy"), (.put, "/demo?policy"), (.get, "/"), (.get, "/demo?newFeature"),
            (.get, "/.sealgate/ak"), (.get, "/demo/open/a?newFeature"),
            (.get, "/other/k"), (.delete, "/demo"), (.get, "/demo/open/a?acl"),
        ] {
            let answer = try await ask(method, target)
            #expect(answer.code == "AccessDenied", "\(method.name) \(target)")
        }
        #expect(try await ask(.head, "/demo/shut").status == 403)
    }

    @Test("an object under a key of the KMS is given to nobody who didn't sign")
    func anonymousKMS() async throws {
        let gateway = try await LoopGateway(TestKeys())
        _ = try await gateway.send(.put, "/demo/k", [(sse, "aws:kms")], body: [7])
        #expect(try await set(gateway, statement("Allow", "s3:*")).status == 204)
        let read = try await gateway.send(.get, "/demo/k", isSigned: false)
        #expect(read.code == "InvalidArgument")
        let write = try await gateway.send(.put, "/demo/k", [(sse, "aws:kms")], isSigned: false)
        #expect(write.code == "InvalidArgument")
        #expect(try await gateway.send(.put, "/demo/k", isSigned: false).status == 200)
    }

    @Test("that can't be read allows nothing, and its owner can set another")
    func broken() async throws {
        let gateway = try await LoopGateway(TestKeys())
        _ = try await gateway.send(.put, "/demo/k", body: [7])
        #expect(try await set(gateway, statement("Allow", "s3:*")).status == 204)
        gateway.keys.records.replace("bs/demo/policy", [3, 3, 3])
        // What this gateway remembers goes when its own settings are written.
        try await gateway.keys.services.settings.remove(.encryption, of: "demo")
        #expect(try await gateway.send(.get, "/demo/k").code == "InternalError")
        #expect(try await gateway.send(.put, "/demo/k", body: [1]).code == "InternalError")
        #expect(try await gateway.send(.get, "/demo/k", isSigned: false).code == "InternalError")
        #expect(try await gateway.send(.get, "/demo?policy").code == "InternalError")
        #expect(try await set(gateway, statement("Allow", "s3:*")).status == 204)
        #expect(try await gateway.send(.get, "/demo/k").status == 200)
    }

    @Test("shuts nobody out for good: who may do everything can take it back")
    func mending() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(
            try await set(
                gateway,
                statement("Deny", "s3:*"),
                statement("Deny", "s3:*", "demo")
            ).status == 204
        )
        #expect(try await gateway.send(.get, "/demo").code == "AccessDenied")
        #expect(try await gateway.send(.delete, "/demo").code == "AccessDenied")
        #expect(try await gateway.send(.get, "/demo?policyStatus").code == "AccessDenied")
        #expect(try await gateway.send(.get, "/demo?policy").status == 200)
        #expect(try await gateway.send(.delete, "/demo?policy").status == 204)
        #expect(try await gateway.send(.get, "/demo").status == 200)
    }

    @Test("every operation has its actions, or none and no leave")
    func needs() throws {
        let query = try S3Query(raw: "")
        let version = try S3Query(raw: "versionId=null")
        let unnamed = S3Operation.allCases.filter {
            $0.policyActions(query, HTTPFields()) == .unknown
        }
        let expected: Set<S3Operation> = [
            .createBucketMetadataConfiguration, .createBucketMetadataTableConfiguration,
            .createSession, .deleteBucketMetadataConfiguration,
            .deleteBucketMetadataTableConfiguration, .getBucketAbac,
            .getBucketMetadataConfiguration, .getBucketMetadataTableConfiguration,
            .preflightRequest, .putBucketAbac, .readCapabilities, .readPartTable, .renameObject,
            .replaceMetadata, .updateBucketMetadataInventoryTableConfiguration,
            .updateBucketMetadataJournalTableConfiguration,
        ]
        #expect(Set(unnamed) == expected)
        #expect(
            S3Operation.getObject.policyActions(version, HTTPFields()) == .all([.getObjectVersion])
        )
        let tags = HTTPFields([("x-amz-tagging", "a=b")])
        let tagged = S3Operation.putObject.policyActions(query, tags)
        #expect(tagged == .all([.putObject, .putObjectTagging]))
    }
}
