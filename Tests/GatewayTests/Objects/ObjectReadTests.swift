import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite struct ObjectReadTests {
    @Test("GET tells a missing bucket from a missing key, HEAD says 404 for both")
    func missing() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for fields in [[], [("range", "bytes=0-1")]] {
            #expect(try await gateway.send(.get, "/none/k", fields).code == "NoSuchBucket")
            let answer = try await gateway.send(.get, "/demo/k", fields)
            #expect(answer.code == "NoSuchKey")
            #expect(answer.text.contains("<Key>k</Key>"))
        }
        for target in ["/none/k", "/demo/k"] {
            let answer = try await gateway.send(.head, target)
            #expect(answer.status == 404)
            #expect(answer.body == [])
        }
    }

    @Test("an empty object has no range, and one part")
    func empty() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.put, "/demo/e").status == 200)
        let whole = try await gateway.send(.get, "/demo/e")
        #expect(whole.status == 200)
        #expect(whole.fields["content-length"] == "0")
        #expect(whole.fields["etag"] == "\"d41d8cd98f00b204e9800998ecf8427e\"")
        for range in ["bytes=0-", "bytes=0-0", "bytes=-5"] {
            let answer = try await gateway.send(.get, "/demo/e", [("range", range)])
            #expect(answer.status == 416)
            #expect(answer.text.contains("<ActualObjectSize>0</ActualObjectSize>"))
        }
        #expect(try await gateway.send(.get, "/demo/e?partNumber=1").status == 200)
        #expect(try await gateway.send(.get, "/demo/e?partNumber=2").status == 416)
    }

    @Test("an object that wasn't uploaded in parts is its own first part")
    func onePart() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.put, "/demo/a", body: [1, 2, 3]).status == 200)
        let part = try await gateway.send(.get, "/demo/a?partNumber=1")
        #expect(part.status == 206)
        #expect(part.fields["content-range"] == "bytes 0-2/3")
        #expect(part.fields["x-amz-mp-parts-count"] == nil)
        #expect(part.body == [1, 2, 3])
        let both = try await gateway.send(
            .get,
            "/demo/a?partNumber=1",
            [("range", "bytes=0-1")]
        )
        #expect(both.code == "InvalidRequest")
        #expect(try await gateway.send(.get, "/demo/a?partNumber=0").code == "InvalidArgument")
    }

    @Test("304 carries what a cache needs and nothing of encryption")
    func notModified() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let about = [("cache-control", "max-age=5"), ("expires", "never"), ("x-amz-meta-a", "b")]
        let put = try await gateway.send(.put, "/demo/a", about, body: [1])
        let etag = try #require(put.fields["etag"])
        let answer = try await gateway.send(.get, "/demo/a", [("if-none-match", etag)])
        #expect(answer.status == 304)
        #expect(answer.fields["cache-control"] == "max-age=5")
        #expect(answer.fields["expires"] == "never")
        #expect(answer.fields["x-amz-meta-a"] == nil)
        #expect(answer.fields["x-amz-server-side-encryption"] == nil)
        #expect(answer.body == [])
    }

    @Test("checksums are shown where they were asked for, and never with a part of the object")
    func checksums() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let sum = [("x-amz-checksum-crc32", "NhCmhg==")]
        let put = try await gateway.send(.put, "/demo/a", sum, body: Array("hello".utf8))
        #expect(put.fields["x-amz-checksum-crc32"] == "NhCmhg==")
        #expect(put.fields["x-amz-checksum-type"] == "FULL_OBJECT")
        let mode = ("x-amz-checksum-mode", "ENABLED")
        let whole = try await gateway.send(.get, "/demo/a", [mode])
        #expect(whole.fields["x-amz-checksum-crc32"] == "NhCmhg==")
        #expect(try await gateway.send(.get, "/demo/a").fields["x-amz-checksum-crc32"] == nil)
        let part = try await gateway.send(.get, "/demo/a", [mode, ("range", "bytes=0-1")])
        #expect(part.status == 206)
        #expect(part.fields["x-amz-checksum-crc32"] == nil)
        let exact = try await gateway.send(.get, "/demo/a", [mode, ("range", "bytes=0-4")])
        #expect(exact.fields["x-amz-checksum-crc32"] == "NhCmhg==")
    }

    @Test("in a store without versions null is the object, any other is none")
    func versions() async throws {
        let gateway = try await LoopGateway(TestKeys(), .required)
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).status == 200)
        #expect(try await gateway.send(.get, "/demo/a?versionId=null").body == [1])
        #expect(try await gateway.send(.get, "/demo/a?versionId=x").code == "NoSuchVersion")
        #expect(try await gateway.send(.head, "/demo/a?versionId=x").status == 404)
        #expect(try await gateway.send(.get, "/demo/a?versionId=").code == "InvalidArgument")
        #expect(try await gateway.send(.delete, "/demo/a?versionId=x").code == "InvalidArgument")
        #expect(try await gateway.send(.get, "/demo/a").body == [1])
        #expect(try await gateway.send(.delete, "/demo/a?versionId=null").status == 204)
        #expect(try await gateway.send(.get, "/demo/a").code == "NoSuchKey")
    }

    @Test("a storage class is shown where it isn't STANDARD, also in listings")
    func storageClass() async throws {
        let gateway = try await LoopGateway(TestKeys())
        for (key, name) in [("a", "STANDARD"), ("b", "STANDARD_IA")] {
            let about = [("x-amz-storage-class", name)]
            #expect(try await gateway.send(.put, "/demo/\(key)", about, body: [1]).status == 200)
        }
        #expect(try await gateway.send(.head, "/demo/a").fields["x-amz-storage-class"] == nil)
        let head = try await gateway.send(.head, "/demo/b")
        #expect(head.fields["x-amz-storage-class"] == "STANDARD_IA")
        let listing = try await gateway.send(.get, "/demo")
        #expect(listing.text.contains("<StorageClass>STANDARD_IA</StorageClass>"))
        let unknown = [("x-amz-storage-class", "X")]
        #expect(try await gateway.send(.put, "/demo/c", unknown).code == "InvalidStorageClass")
    }
}
