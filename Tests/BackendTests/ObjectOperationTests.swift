import HTTPWire
import S3Wire
import TestSupport
import Testing

@testable import Backend

/// Objects over a real socket, as docs/backend-dialect.md has them.
@Suite struct ObjectOperationTests {
    private static let inlineBytesMax = 33_792

    private func bytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        return generator.bytes(count)
    }

    @Test(arguments: [0, 1, 33_792, 33_793, 65_536, 131_073, 1_000_000])
    func `an object comes back as it was put, whatever its size`(count: Int) async throws {
        let body = bytes(count)
        try await StoreFixture.run { store in
            let put = try await store.put("k", body, metadata: "TWV0YQ")
            #expect(put.status == 200)
            let get = try await store.client.send(.get, "/b/k")
            #expect(get.status == 200)
            #expect(get.body == body)
            #expect(get.fields["etag"] == put.fields["etag"])
            #expect(get.fields["last-modified"] == put.fields["last-modified"])
            #expect(get.fields["accept-ranges"] == "bytes")
            #expect(get.fields["x-amz-meta-sealgate"] == "TWV0YQ")
            #expect(get.fields["x-amz-request-id"] != nil)
            let head = try await store.client.send(.head, "/b/k")
            #expect(head.status == 200)
            #expect(head.fields["content-length"] == String(count))
            #expect(head.body.isEmpty)
            #expect(store.fileCounts == (count > Self.inlineBytesMax ? 1 : 0, 0))
        }
    }

    @Test(arguments: [5000, 300_000])
    func `ranges answer 206 with their bytes, or 416`(count: Int) async throws {
        let body = bytes(count)
        try await StoreFixture.run { store in
            try await store.put("k", body)
            let end = count - 1
            for (header, range) in [
                ("bytes=0-0", 0..<1), ("bytes=10-\(end)", 10..<count),
                ("bytes=-5", (end - 4)..<count),
                ("bytes=100-", 100..<count), ("bytes=0-\(count * 2)", 0..<count),
            ] {
                let answer = try await store.client.send(.get, "/b/k", [("range", header)])
                #expect(answer.status == 206)
                #expect(answer.body == Array(body[range]))
                let expected = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)"
                #expect(answer.fields["content-range"] == expected)
            }
            let beyond = try await store.client.send(.get, "/b/k", [("range", "bytes=\(count)-")])
            #expect(beyond.status == 416)
            #expect(beyond.errorCode == "InvalidRange")
        }
    }

    @Test(arguments: [10, 100_000])
    func `a body without its announced trailer leaves nothing`(count: Int) async throws {
        let body = bytes(count)
        try await StoreFixture.run { store in
            let answer = try await store.client.send(
                .put,
                "/b/k",
                [("trailer", "x-amz-meta-sealgate")],
                body: [body],
                isChunked: true
            )
            #expect(answer.status == 400)
            #expect(answer.errorCode == "IncompleteBody")
            // The same connection goes on.
            #expect(try await store.client.send(.get, "/b/k").status == 404)
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `metadata without a trailer come as a header`() async throws {
        try await StoreFixture.run { store in
            let put = try await store.client.send(
                .put,
                "/b/k",
                [("x-amz-meta-sealgate", "abc")],
                body: [[1]]
            )
            #expect(put.status == 200)
            let head = try await store.client.send(.head, "/b/k")
            #expect(head.fields["x-amz-meta-sealgate"] == "abc")
        }
    }

    @Test func `metadata of 60,000 bytes are taken, one more isn't`() async throws {
        try await StoreFixture.run { store in
            let most = String(repeating: "m", count: 60_000)
            #expect(try await store.put("k", [1], metadata: most).status == 200)
            let head = try await store.client.send(.head, "/b/k")
            #expect(head.fields["x-amz-meta-sealgate"] == most)
            let more = try await store.put("l", [1], metadata: most + "m")
            #expect(more.errorCode == "MetadataTooLarge")
        }
    }

    @Test func `a stated size must be the body's`() async throws {
        try await StoreFixture.run { store in
            let fields = [("x-sealgate-size", "3")]
            #expect(try await store.put("k", [1, 2, 3], fields).status == 200)
            let short = try await store.put("l", [1, 2], fields)
            #expect(short.status == 400)
            #expect(short.errorCode == "IncompleteBody")
            let long = try await store.put("l", [1, 2, 3, 4], fields)
            #expect(long.errorCode == "IncompleteBody")
            let broken = try await store.put("l", [1], [("x-sealgate-size", "+1")])
            #expect(broken.errorCode == "InvalidArgument")
            #expect(try await store.client.send(.head, "/b/l").status == 404)
        }
    }

    @Test func `writes obey their conditions`() async throws {
        try await StoreFixture.run { store in
            let absent = try await store.put("k", [1], [("if-match", "\"e\"")])
            #expect(absent.status == 404)
            let first = try await store.put("k", [1], [("if-none-match", "*")])
            #expect(first.status == 200)
            let again = try await store.put("k", [2], [("if-none-match", "*")])
            #expect(again.status == 412)
            #expect(again.errorCode == "PreconditionFailed")
            let other = try await store.put("k", [2], [("if-match", "\"e\"")])
            #expect(other.status == 412)
            let etag = first.fields["etag"] ?? ""
            let second = try await store.put("k", [2], [("if-match", etag)])
            #expect(second.status == 200)
            #expect(second.etag != first.etag)
            let odd = try await store.put("k", [2], [("if-none-match", "\"e\"")])
            #expect(odd.status == 501)
        }
    }

    @Test func `reads obey If-Match`() async throws {
        try await StoreFixture.run { store in
            let put = try await store.put("k", [1])
            let etag = put.fields["etag"] ?? ""
            #expect(try await store.client.send(.get, "/b/k", [("if-match", etag)]).status == 200)
            #expect(
                try await store.client.send(.get, "/b/k", [("if-match", "\"e\"")]).status == 412
            )
        }
    }

    @Test func `metadata are replaced in place`() async throws {
        try await StoreFixture.run { store in
            let put = try await store.put("k", [1, 2], metadata: "old")
            let target = "/b/k?sealgate-metadata"
            let none = try await store.client.send(.put, target, [("x-amz-meta-sealgate", "new")])
            #expect(none.status == 400)
            let fields = [("x-amz-meta-sealgate", "new"), ("if-match", put.fields["etag"] ?? "")]
            let replaced = try await store.client.send(.put, target, fields)
            #expect(replaced.status == 200)
            #expect(replaced.fields["last-modified"] == put.fields["last-modified"])
            #expect(replaced.etag != put.etag)
            let get = try await store.client.send(.get, "/b/k")
            #expect(get.fields["x-amz-meta-sealgate"] == "new")
            #expect(get.fields["last-modified"] == put.fields["last-modified"])
            #expect(get.etag == replaced.etag)
            #expect(get.body == [1, 2])
            #expect(try await store.client.send(.put, target, fields).status == 412)
            let gone = try await store.client.send(.put, "/b/l?sealgate-metadata", fields)
            #expect(gone.status == 404)
        }
    }

    @Test func `a deleted object is gone, a second time too`() async throws {
        let body = bytes(100_000)
        try await StoreFixture.run { store in
            let put = try await store.put("k", body)
            let other = try await store.client.send(.delete, "/b/k", [("if-match", "\"e\"")])
            #expect(other.status == 412)
            let fields = [("if-match", put.fields["etag"] ?? "")]
            #expect(try await store.client.send(.delete, "/b/k", fields).status == 204)
            #expect(try await store.client.send(.get, "/b/k").errorCode == "NoSuchKey")
            #expect(try await store.client.send(.delete, "/b/k").status == 204)
            #expect(try await store.client.send(.delete, "/c/k").status == 404)
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `many are deleted at once`() async throws {
        try await StoreFixture.run { store in
            let kept = try await store.put("kept", [1])
            try await store.put("gone", [1])
            let request = DeletionRequest(objects: [
                .init(key: "gone"), .init(key: "never"),
                .init(key: "kept", entityTag: "e"),
                .init(key: String(repeating: "k", count: 1025)),
            ])
            let answer = try await store.client.send(.post, "/b?delete", body: [request.xml])
            let result = try DeletionResult(xml: answer.body)
            #expect(result.deleted.map(\.key) == ["gone", "never"])
            #expect(result.failures.map(\.code) == ["PreconditionFailed", "KeyTooLongError"])
            #expect(try await store.client.send(.head, "/b/kept").etag == kept.etag)
            let quiet = DeletionRequest(objects: [.init(key: "kept")], isQuiet: true)
            let silent = try await store.client.send(.post, "/b?delete", body: [quiet.xml])
            #expect(try DeletionResult(xml: silent.body) == DeletionResult())
            #expect(try await store.client.send(.head, "/b/kept").status == 404)
            let broken = try await store.client.send(.post, "/b?delete", body: [[0x3c]])
            #expect(broken.errorCode == "MalformedXML")
        }
    }

    @Test func `keys that look like paths are only names`() async throws {
        try await StoreFixture.run { store in
            let keys = [
                "..", "../../etc/passwd", "a/../b", "./c", "/d", "e//f", ".", "%2e%2e%2fg",
                "caf%C3%A9",
            ]
            for (number, key) in keys.enumerated() {
                let put = try await store.put(key, [UInt8(number)] + bytes(40_000))
                #expect(put.status == 200, "\(key)")
            }
            for (number, key) in keys.enumerated() {
                let get = try await store.client.send(.get, "/b/\(key)")
                #expect(get.body.first == UInt8(number), "\(key)")
            }
            await store.expectFiles(objects: keys.count)
            #expect(store.folder.fileCount(in: "data") >= keys.count)
            #expect(try await store.put("a%00b", [1]).status == 400)
            #expect(try await store.put("%ff", [1]).status == 400)
            let long = try await store.put(String(repeating: "k", count: 1025), [1])
            #expect(long.errorCode == "KeyTooLongError")
        }
    }

    @Test func `a record of the reserved bucket is made once, and small`() async throws {
        try await StoreFixture.run { store in
            func put(_ count: Int, _ fields: [(String, String)] = []) async throws -> Int {
                try await store.client.send(
                    .put,
                    "/.sealgate/keys",
                    fields,
                    body: [[UInt8](repeating: 1, count: count)]
                ).status
            }
            #expect(try await put(1 << 20, [("if-none-match", "*")]) == 200)
            #expect(try await put(10, [("if-none-match", "*")]) == 412)
            #expect(try await put(1 << 20 + 1) == 400)
            let get = try await store.client.send(.get, "/.sealgate/keys")
            #expect(get.body.count == 1 << 20)
        }
    }

    @Test func `a write to a bucket that isn't there is refused`() async throws {
        try await StoreFixture.run { store in
            let answer = try await store.client.send(.put, "/c/k", body: [[1]])
            #expect(answer.status == 404)
            #expect(answer.errorCode == "NoSuchBucket")
        }
    }
}
