import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite struct BucketTests {
    @Test("a bucket is made, found, told its region and deleted")
    func life() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let made = try await gateway.send(.put, "/fresh")
        #expect(made.status == 200)
        #expect(made.fields["location"] == "/fresh")
        #expect(try await gateway.send(.put, "/fresh").code == "BucketAlreadyOwnedByYou")
        let head = try await gateway.send(.head, "/fresh")
        #expect(head.status == 200)
        #expect(head.fields["x-amz-bucket-region"] == "us-east-1")
        let listing = try await gateway.send(.get, "/")
        #expect(listing.text.contains("<Name>fresh</Name>"))
        #expect(listing.text.contains("<ID>owner</ID>"))
        #expect(try await gateway.send(.delete, "/fresh").status == 204)
        #expect(try await gateway.send(.head, "/fresh").status == 404)
    }

    @Test("names that no bucket may have never reach the store")
    func names() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for name in [".sealgate", "A", "a", "a..b", "192.168.0.1", "xn--a", "a_b"] {
            for method in [HTTPMethod.put, .get, .delete] {
                let answer = try await gateway.send(method, "/\(name)")
                #expect(answer.code == "InvalidBucketName", "\(method.name) \(name)")
            }
            let read = try await gateway.send(.get, "/\(name)/ak/x")
            #expect(read.code == "InvalidBucketName")
        }
        #expect(try await gateway.storeLines() == [])
    }

    @Test("the dialect's own operations are none for clients")
    func dialect() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for target in ["/?sealgate-capabilities", "/demo/k?sealgate-table"] {
            #expect(try await gateway.send(.get, target).code == "NotImplemented")
        }
        let put = try await gateway.send(.put, "/demo/k?sealgate-metadata")
        #expect(put.code == "NotImplemented")
        #expect(try await gateway.storeLines() == [])
    }

    @Test("the default encryption is told as it is")
    func encryption() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let answer = try await gateway.send(.get, "/demo?encryption")
        #expect(try BucketEncryption(xml: answer.body) == BucketEncryption(byDefault: .sseS3))
        #expect(try await gateway.send(.get, "/none?encryption").code == "NoSuchBucket")
    }

    @Test("an access control list is the owner's, and no other is taken")
    func accessControl() async throws {
        let gateway = try await LoopGateway(TestKeys())
        _ = try await gateway.send(.put, "/demo/k", body: [1])
        for target in ["/demo?acl", "/demo/k?acl"] {
            let policy = try await gateway.send(.get, target)
            #expect(policy.text.contains("<Permission>FULL_CONTROL</Permission>"))
            #expect(try await gateway.send(.put, target, body: policy.body).status == 200)
            let open = policy.text.replacing("<Permission>FULL_CONTROL", with: "<Permission>READ")
            let refused = try await gateway.send(.put, target, body: Array(open.utf8))
            #expect(refused.code == "AccessControlListNotSupported")
            let canned = try await gateway.send(.put, target, [("x-amz-acl", "public-read")])
            #expect(canned.code == "AccessControlListNotSupported")
        }
        #expect(try await gateway.send(.get, "/demo/none?acl").code == "NoSuchKey")
        #expect(try await gateway.send(.get, "/none?acl").code == "NoSuchBucket")
    }

    @Test("virtual-host style names the bucket by the host")
    func virtualHost() throws {
        let target = try S3Target(
            target: "/k",
            authority: "demo.s3.example",
            baseDomains: ["s3.example"]
        )
        #expect(target.bucket == "demo")
        #expect(target.key == "k")
    }
}
