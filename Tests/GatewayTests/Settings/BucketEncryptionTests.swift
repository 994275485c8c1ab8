import Crypto
import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite("A bucket's encryption")
struct BucketEncryptionTests {
    private static let none = "<BucketKeyEnabled>false</BucketKeyEnabled>"

    private func document(_ rule: String) -> [UInt8] {
        let root = "ServerSideEncryptionConfiguration"
        return Array("<\(root)><Rule>\(rule)</Rule></\(root)>".utf8)
    }

    private func byDefault(_ algorithm: String, keyID: String? = nil) -> String {
        let key = keyID.map { "<KMSMasterKeyID>\($0)</KMSMasterKeyID>" } ?? ""
        return "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>\(algorithm)</SSEAlgorithm>"
            + "\(key)</ApplyServerSideEncryptionByDefault>"
    }

    private static func digest(_ body: [UInt8]) -> [(String, String)] {
        [("content-md5", Base64.encode(HashFunction.md5.digest(body)))]
    }

    private let blocked =
        "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"

    private func set(_ gateway: LoopGateway, _ rule: String) async throws -> LoopGateway.Answer {
        let body = document(rule)
        return try await gateway.send(.put, "/demo?encryption", Self.digest(body), body: body)
    }

    @Test("is what a write gets that asks for nothing, at once, and no longer once it is gone")
    func resolver() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let field = "x-amz-server-side-encryption"
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).fields[field] == "AES256")
        #expect(try await set(gateway, byDefault("aws:kms")).status == 200)
        let kms = try await gateway.send(.put, "/demo/b", body: [1])
        #expect(kms.fields[field] == "aws:kms")
        #expect(kms.fields["\(field)-aws-kms-key-id"] == "default")
        let upload = try await gateway.send(.post, "/demo/c?uploads")
        #expect(upload.fields[field] == "aws:kms")
        let named = try await gateway.send(.put, "/demo/d", [(field, "AES256")], body: [1])
        #expect(named.fields[field] == "AES256")
        // What was written before keeps its mode.
        #expect(try await gateway.send(.head, "/demo/a").fields[field] == "AES256")
        #expect(try await gateway.send(.delete, "/demo?encryption").status == 204)
        #expect(try await gateway.send(.delete, "/demo?encryption").status == 204)
        #expect(try await gateway.send(.put, "/demo/e", body: [1]).fields[field] == "AES256")
    }

    @Test("is given back as it was set, the gateway's own where nothing was")
    func document() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let first = try await gateway.send(.get, "/demo?encryption")
        #expect(try BucketEncryption(xml: first.body) == BucketEncryption(byDefault: .sseS3))
        let key = "arn:aws:kms:us-east-1:1:key/any"
        let rule = byDefault("aws:kms", keyID: key) + "<BucketKeyEnabled>true</BucketKeyEnabled>"
        #expect(try await set(gateway, rule + blocked).status == 200)
        let second = try await gateway.send(.get, "/demo?encryption")
        #expect(
            try BucketEncryption(xml: second.body)
                == BucketEncryption(
                    byDefault: .sseKMS(keyID: key, bucketKeyEnabled: true),
                    blocksCustomerKeys: true
                )
        )
        // Whether the key exists is found out by a write.
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).code == "NotFound")
        // A block alone leaves the gateway's default.
        #expect(try await set(gateway, blocked).status == 200)
        let third = try await gateway.send(.get, "/demo?encryption")
        #expect(
            try BucketEncryption(xml: third.body)
                == BucketEncryption(byDefault: .sseS3, blocksCustomerKeys: true)
        )
    }

    @Test("blocks SSE-C before any of its headers is looked at")
    func block() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await set(gateway, blocked).status == 200)
        let broken = [("x-amz-server-side-encryption-customer-algorithm", "AES192")]
        #expect(try await gateway.send(.put, "/demo/a", broken, body: [1]).code == "AccessDenied")
        let customer = CustomerHeaders.fields(1)
        #expect(try await gateway.send(.put, "/demo/a", customer).code == "AccessDenied")
        #expect(try await gateway.send(.post, "/demo/a?uploads", customer).code == "AccessDenied")
        #expect(try await set(gateway, Self.none).status == 200)
        #expect(try await gateway.send(.put, "/demo/a", customer, body: [1]).status == 200)
    }

    @Test("is refused without a digest, for a wrong document, and for a bucket that isn't there")
    func refusals() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let body = document(byDefault("AES256"))
        #expect(
            try await gateway.send(.put, "/demo?encryption", body: body).code == "InvalidRequest"
        )
        #expect(try await set(gateway, byDefault("AES256", keyID: "k")).code == "InvalidArgument")
        #expect(try await set(gateway, byDefault("aes:kms")).code == "MalformedXML")
        #expect(try await set(gateway, byDefault("aws:kms:dsse")).code == "NotImplemented")
        let digest = Self.digest(body)
        #expect(
            try await gateway.send(.put, "/none?encryption", digest, body: body).code
                == "NoSuchBucket"
        )
        for method in [HTTPMethod.get, .delete] {
            let answer = try await gateway.send(method, "/none?encryption")
            #expect(answer.code == "NoSuchBucket", "\(method.name)")
        }
    }

    @Test("goes with its bucket")
    func deletion() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await set(gateway, byDefault("aws:kms")).status == 200)
        let name = "bs/demo/encryption"
        let record = try #require(try await gateway.keys.records.get(name))
        #expect(try await gateway.send(.delete, "/demo").status == 204)
        #expect(try await gateway.keys.records.get(name) == nil)
        // A deletion that ended half way: neither a second one nor a new bucket keeps the record.
        gateway.keys.records.replace(name, record)
        #expect(try await gateway.send(.delete, "/demo").code == "NoSuchBucket")
        #expect(try await gateway.keys.records.get(name) == nil)
        gateway.keys.records.replace(name, record)
        #expect(try await gateway.send(.put, "/demo").status == 200)
        #expect(try await gateway.keys.records.get(name) == nil)
    }
}
