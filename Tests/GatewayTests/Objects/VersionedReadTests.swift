import Crypto
import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

/// Reads of versions: what the store is asked, and what becomes of its answers.
@Suite struct VersionedReadTests {
    private let keys: TestKeys

    init() async throws {
        keys = try await TestKeys()
        try await keys.warm("demo")
    }

    @Test("every request of a read names the version, and the answer says which it is")
    func everyRequest() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put([1, 2, 3])
        let fields = object.fields() + [("x-amz-version-id", "v 1")]
        let target = "/demo/key?versionId=v%201"
        let request = try gateway.begin(.get, target, [("range", "bytes=1-1")])
        #expect(gateway.store.exchanges.last?.line == "HEAD \(target)")
        let count = ("content-length", String(object.stored.count))
        gateway.store.exchanges[0].answerHead(200, fields + [count])
        gateway.store.exchanges[0].answerEnd()
        #expect(gateway.store.exchanges.last?.line == "GET \(target)")
        #expect(gateway.store.exchanges.last?.head.fields["if-match"] == "\"e\"")
        let range = "bytes 0-\(object.stored.count - 1)/\(object.stored.count)"
        let isPart = gateway.store.exchanges[1].head.fields.contains("range")
        gateway.store.exchanges[1].answer(
            isPart ? 206 : 200,
            fields + [("content-range", range)],
            body: object.stored
        )
        #expect(request.exchange.body == [2])
        #expect(request.exchange.field("x-amz-version-id") == "v 1")
    }

    @Test("versions of a key are remembered apart, and what is said of one isn't of another")
    func remembered() throws {
        let gateway = try ScriptedGateway(keys)
        let objects = try [[1], [2, 2]].map { try gateway.put($0) }
        for _ in 0..<3 {
            for (index, object) in objects.enumerated() {
                let request = try gateway.begin(.get, "/demo/key?versionId=v\(index)")
                gateway.store.exchanges.last?.answer(
                    200,
                    object.fields(etag: "\"e\(index)\"") + [("x-amz-version-id", "v\(index)")],
                    body: object.stored
                )
                #expect(request.exchange.body == [[1], [2, 2]][index])
                #expect(request.exchange.field("x-amz-version-id") == "v\(index)")
            }
        }
        #expect(keys.services.metrics.objectCacheHits.value == 4)
        // The same object in a bucket that kept no versions then.
        let request = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges.last?.answer(
            200,
            objects[0].fields(etag: "\"e0\""),
            body: objects[0].stored
        )
        #expect(request.exchange.field("x-amz-version-id") == nil)
    }

    @Test("what the store says of a delete marker is told on, by GET and by HEAD")
    func markers() throws {
        let marker = [("x-amz-version-id", "m"), ("x-amz-delete-marker", "true")]
        let gateway = try ScriptedGateway(keys)
        for (query, status, code) in [("", 404, "NoSuchKey"), ("?versionId=m", 405, "MethodNot")] {
            for (method, extra) in [
                (HTTPMethod.get, []), (.get, [("range", "bytes=0-0")]), (.head, []),
            ] {
                let request = try gateway.begin(method, "/demo/key\(query)", extra)
                let exchange = try #require(gateway.store.exchanges.last)
                let body =
                    exchange.head.method == .head
                    ? [] : S3Error(.noSuchKey).document(resource: "/", requestID: "1")
                let more = status == 405 ? [("allow", "DELETE")] : []
                exchange.answer(status, marker + more, body: status == 404 ? body : [])
                #expect(request.exchange.status == status)
                #expect(request.exchange.field("x-amz-delete-marker") == "true")
                #expect(request.exchange.field("x-amz-version-id") == "m")
                #expect(request.exchange.field("allow") == (status == 405 ? "DELETE" : nil))
                if method == .get { #expect(request.exchange.text.contains("<Code>\(code)")) }
            }
        }
    }

    @Test("a deletion names its version, in a list too")
    func deletions() async throws {
        let gateway = try await LoopGateway(keys)
        _ = try await gateway.send(.delete, "/demo/a?versionId=v%201")
        #expect(try await gateway.storeLines().last == "DELETE /demo/a?versionId=v%201")
        let body = DeletionRequest(objects: [.init(key: "a", versionID: "v")]).xml
        let digest = [("content-md5", Base64.encode(HashFunction.md5.digest(body)))]
        _ = try await gateway.send(.post, "/demo?delete", digest, body: body)
        let sent = try await gateway.store { store in
            try DeletionRequest(xml: store.pool.exchanges.last?.body ?? [])
        }
        #expect(sent.objects.map(\.versionID) == ["v"])
    }

    @Test("no other operation is served by the current version instead of the one named")
    func otherOperations() async throws {
        let gateway = try await LoopGateway(keys)
        for (method, target) in [
            (HTTPMethod.put, "/demo/a?versionId=v"), (.put, "/demo/a?versionId=null"),
            (.get, "/demo/a?uploadId=1&versionId=v"), (.get, "/demo/a?versionId="),
        ] {
            let answer = try await gateway.send(method, target, body: method == .put ? [1] : [])
            #expect(answer.code == "InvalidArgument", "\(target)")
        }
        #expect(try await gateway.storeLines().isEmpty)
    }

    @Test("an operation on a version asks the store for that one, a copy for its source's")
    func namedElsewhere() async throws {
        let gateway = try await LoopGateway(keys)
        let copy = [("x-amz-copy-source", "demo/a?versionId=v%201")]
        let wanted = [("x-amz-object-attributes", "ETag")]
        for (method, target, fields) in [
            (HTTPMethod.get, "/demo/a?tagging&versionId=v%201", []),
            (.delete, "/demo/a?tagging&versionId=v%201", []),
            (.get, "/demo/a?acl&versionId=v%201", []),
            (.get, "/demo/a?attributes&versionId=v%201", wanted), (.put, "/demo/b", copy),
        ] {
            let answer = try await gateway.send(method, target, fields)
            #expect(answer.code == "NoSuchVersion", "\(target)")
            #expect(answer.text.contains("<VersionId>v 1</VersionId>"))
            let lines = try await gateway.storeLines().suffix(2)
            #expect(Array(lines) == ["HEAD /demo/a?versionId=v%201", "HEAD /demo"])
        }
    }

    @Test("a store without versions is never asked for them")
    func incapable() async throws {
        let gateway = try await LoopGateway(keys, .required)
        let enabled = VersioningConfiguration(status: .enabled).xml
        #expect(try await gateway.send(.put, "/demo?versioning", body: enabled).status == 501)
        #expect(try await gateway.send(.get, "/demo?versions").status == 501)
        #expect(try await gateway.storeLines().isEmpty)
        let answer = try await gateway.send(.get, "/demo?versioning")
        #expect(try VersioningConfiguration(xml: answer.body).status == .unversioned)
    }
}
