import Crypto
import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite struct DeletionWorkTests {
    private func list(_ objects: [DeletionRequest.Object], isQuiet: Bool = false) -> [UInt8] {
        DeletionRequest(objects: objects, isQuiet: isQuiet).xml
    }

    private func digest(_ body: [UInt8]) -> [(String, String)] {
        [("content-md5", Base64.encode(HashFunction.md5.digest(body)))]
    }

    @Test("an object that isn't there is deleted all the same, in a bucket that is")
    func idempotent() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.delete, "/demo/none").status == 204)
        #expect(try await gateway.send(.delete, "/none/none").code == "NoSuchBucket")
    }

    @Test("If-Match deletes the very object that has the ETag")
    func conditional() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let made = try await gateway.send(.put, "/demo/a", body: [1])
        let etag = try #require(made.fields["etag"])
        let wrong = try await gateway.send(.delete, "/demo/a", [("if-match", "\"x\"")])
        #expect(wrong.status == 412)
        #expect(wrong.text.contains("<Condition>If-Match</Condition>"))
        let none = try await gateway.send(.delete, "/demo/none", [("if-match", "*")])
        #expect(none.status == 412)
        let size = try await gateway.send(.delete, "/demo/a", [("x-amz-if-match-size", "1")])
        #expect(size.status == 501)
        #expect(try await gateway.send(.delete, "/demo/a", [("if-match", etag)]).status == 204)
        let lines = try await gateway.storeLines()
        #expect(lines.last == "DELETE /demo/a")
        let condition = try await gateway.store { $0.pool.exchanges.last?.head.fields["if-match"] }
        #expect(condition != nil && condition != etag)
    }

    @Test("of a list each object is told of, and none is deleted for another's version")
    func many() async throws {
        let gateway = try await LoopGateway(TestKeys(), .required)
        var etags: [String] = []
        for key in ["a", "b", "c", "d"] {
            let made = try await gateway.send(.put, "/demo/\(key)", body: Array(key.utf8))
            etags.append(EntityTag.unquoted(try #require(made.fields["etag"])))
        }
        let body = list([
            .init(key: "a"), .init(key: "b", versionID: "x"), .init(key: "c", entityTag: "wrong"),
            .init(key: "d", versionID: "null", entityTag: etags[3]),
            .init(key: String(repeating: "k", count: 1025)),
        ])
        let answer = try await gateway.send(.post, "/demo?delete", digest(body), body: body)
        #expect(answer.status == 200)
        let result = try DeletionResult(xml: answer.body)
        #expect(Set(result.deleted.map(\.key)) == ["a", "d"])
        #expect(
            result.failures.map(\.code).sorted()
                == ["KeyTooLongError", "NoSuchVersion", "PreconditionFailed"]
        )
        let left = try await gateway.store { $0.objects.keys.sorted() }
        #expect(left == ["demo/b", "demo/c"])
    }

    @Test("a quiet list tells of failures alone; a list without a digest deletes nothing")
    func quietAndTorn() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).status == 200)
        let body = list([.init(key: "a")], isQuiet: true)
        let torn = try await gateway.send(.post, "/demo?delete", body: body)
        #expect(torn.code == "InvalidRequest")
        #expect(try await gateway.store { $0.objects.count } == 1)
        let other = try await gateway.send(.post, "/demo?delete", digest(body + [1]), body: body)
        #expect(other.code == "BadDigest")
        let answer = try await gateway.send(.post, "/demo?delete", digest(body), body: body)
        #expect(try DeletionResult(xml: answer.body) == DeletionResult())
        #expect(try await gateway.store { $0.objects.isEmpty })
    }
}
