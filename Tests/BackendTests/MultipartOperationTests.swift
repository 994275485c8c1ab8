import HTTPWire
import S3Wire
import TestSupport
import Testing

@testable import Backend

@Suite struct MultipartOperationTests {
    private func part(_ number: Int, _ count: Int) -> [UInt8] {
        var generator = SplitMix64(seed: UInt64(number))
        return generator.bytes(count)
    }

    @Test func `the parts named make the object, whatever their sizes`() async throws {
        // Inline, empty, read, sent as a file.
        let sizes = [10, 0, 100_000, 300_000, 0, 33_793, 1]
        let parts = sizes.enumerated().map { part($0.offset, $0.element) }
        let whole = Array(parts.joined())
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            #expect(upload.count == 32)
            var named: [(Int, String)] = []
            for (index, bytes) in parts.enumerated().reversed() {
                let answer = try await store.putPart(index * 3 + 1, of: upload, "k", bytes)
                #expect(answer.status == 200)
                named.insert((index * 3 + 1, answer.etag), at: 0)
            }
            #expect(try await store.client.send(.get, "/b/k").status == 404)
            let done = try await store.complete(upload, "k", named, table: [9, 9])
            #expect(done.status == 200)
            #expect(done.fields["last-modified"] != nil)
            let result = try CompletedUpload(xml: done.body)
            let get = try await store.client.send(.get, "/b/k")
            #expect(get.body == whole)
            #expect(get.etag == result.entityTag)
            #expect(get.fields["x-amz-meta-sealgate"] == "done")
            var generator = SplitMix64(seed: 5)
            for _ in 0..<20 {
                let first = Int.random(in: 0..<whole.count, using: &generator)
                let last = Int.random(in: first..<whole.count, using: &generator)
                let fields = [("range", "bytes=\(first)-\(last)")]
                let ranged = try await store.client.send(.get, "/b/k", fields)
                #expect(ranged.body == Array(whole[first...last]))
            }
            let table = try await store.client.send(.get, "/b/k?sealgate-table")
            #expect(table.body == [9, 9])
            #expect(table.etag == result.entityTag)
            await store.expectFiles(objects: 3)
            _ = try await store.client.send(.delete, "/b/k")
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `parts left out are dropped, replaced ones are gone`() async throws {
        let large = part(1, 50_000)
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            let first = try await store.putPart(1, of: upload, "k", large)
            let kept = try await store.putPart(2, of: upload, "k", part(2, 60_000))
            try await store.putPart(3, of: upload, "k", large)
            let replaced = try await store.putPart(1, of: upload, "k", part(4, 70_000))
            #expect(replaced.etag != first.etag)
            await store.expectFiles(objects: 3)
            let old = [(1, first.etag), (2, kept.etag)]
            let stale = try await store.complete(upload, "k", old)
            #expect(stale.status == 400)
            #expect(stale.errorCode == "InvalidPart")
            let disorder = [(2, kept.etag), (1, replaced.etag)]
            let reordered = try await store.complete(upload, "k", disorder)
            #expect(reordered.errorCode == "InvalidPartOrder")
            let missing = try await store.complete(upload, "k", [(7, "e")])
            #expect(missing.errorCode == "InvalidPart")
            let done = try await store.complete(
                upload,
                "k",
                [(1, replaced.etag), (2, kept.etag)]
            )
            #expect(done.status == 200)
            let get = try await store.client.send(.get, "/b/k")
            #expect(get.body == part(4, 70_000) + part(2, 60_000))
            await store.expectFiles(objects: 2)
        }
    }

    @Test func `a repeated Complete answers the same while the object is its own`() async throws {
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            let one = try await store.putPart(1, of: upload, "k", [1])
            let two = try await store.putPart(2, of: upload, "k", [2])
            let parts = [(1, one.etag), (2, two.etag)]
            let done = try await store.complete(upload, "k", parts)
            let again = try await store.complete(upload, "k", parts)
            #expect(again.status == 200)
            #expect(again.etag == done.etag)
            let fewer = try await store.complete(upload, "k", [(1, one.etag)])
            #expect(fewer.errorCode == "NoSuchUpload")
            try await store.put("k", [3])
            let late = try await store.complete(upload, "k", parts)
            #expect(late.errorCode == "NoSuchUpload")
            #expect(try await store.client.send(.get, "/b/k").body == [3])
        }
    }

    @Test func `Complete obeys its conditions and changes nothing where they fail`() async throws {
        try await StoreFixture.run { store in
            try await store.put("k", [7])
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart(1, of: upload, "k", [1])
            let refused = try await store.complete(
                upload,
                "k",
                [(1, part.etag)],
                table: nil,
                [("if-none-match", "*")]
            )
            #expect(refused.status == 412)
            #expect(try await store.client.send(.get, "/b/k").body == [7])
            #expect(try await store.complete(upload, "k", [(1, part.etag)]).status == 200)
            #expect(try await store.client.send(.get, "/b/k").body == [1])
        }
    }

    @Test func `parts are listed with their attributes, in pages`() async throws {
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k", metadata: "up")
            for number in [5, 1, 3] {
                try await store.putPart(number, of: upload, "k", [1], attributes: "a\(number)")
            }
            func list(_ query: String) async throws -> PartListing {
                let answer = try await store.client.send(.get, "/b/k?uploadId=\(upload)\(query)")
                return try PartListing(xml: answer.body)
            }
            let all = try await list("")
            #expect(all.parts.map(\.partNumber) == [1, 3, 5])
            #expect(all.parts.map(\.attributes) == ["a1", "a3", "a5"])
            #expect(all.metadata == "up")
            #expect(all.initiated != nil)
            #expect(!all.isTruncated)
            let first = try await list("&max-parts=2")
            #expect(first.parts.map(\.partNumber) == [1, 3])
            #expect(first.isTruncated)
            #expect(first.nextPartNumberMarker == 3)
            #expect(try await list("&part-number-marker=3").parts.map(\.partNumber) == [5])
            #expect(try await list("&max-parts=0").parts.isEmpty)
        }
    }

    @Test func `a part without its announced trailer, or too long attributes, leave nothing`()
        async throws
    {
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            let target = "/b/k?partNumber=1&uploadId=\(upload)"
            let answer = try await store.client.send(
                .put,
                target,
                [("trailer", "x-sealgate-part")],
                body: [part(1, 50_000)],
                isChunked: true
            )
            #expect(answer.errorCode == "IncompleteBody")
            let long = String(repeating: "a", count: 8193)
            let refused = try await store.putPart(1, of: upload, "k", [1], attributes: long)
            #expect(refused.errorCode == "MetadataTooLarge")
            let list = try await store.client.send(.get, "/b/k?uploadId=\(upload)")
            #expect(try PartListing(xml: list.body).parts.isEmpty)
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `an aborted upload is gone with its parts`() async throws {
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            try await store.putPart(1, of: upload, "k", part(1, 50_000))
            let target = "/b/k?uploadId=\(upload)"
            #expect(try await store.client.send(.delete, "/b/l?uploadId=\(upload)").status == 404)
            #expect(try await store.client.send(.delete, target).status == 204)
            #expect(try await store.client.send(.delete, target).errorCode == "NoSuchUpload")
            #expect(try await store.client.send(.get, target).errorCode == "NoSuchUpload")
            let late = try await store.putPart(1, of: upload, "k", [1])
            #expect(late.errorCode == "NoSuchUpload")
            await store.expectFiles(objects: 0)
        }
    }

    @Test(arguments: ["0", "10001", "x", "-1"])
    func `a part number outside 1 to 10,000 is refused`(number: String) async throws {
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            let answer = try await store.client.send(
                .put,
                "/b/k?partNumber=\(number)&uploadId=\(upload)",
                body: [[1]]
            )
            #expect(answer.errorCode == "InvalidArgument")
        }
    }

    @Test func `open uploads are listed by key, then by time`() async throws {
        try await StoreFixture.run { store in
            let first = try await store.beginUpload("k", metadata: "one")
            let second = try await store.beginUpload("k", metadata: "two")
            let other = try await store.beginUpload("a/b")
            func list(_ query: String) async throws -> UploadListing {
                let answer = try await store.client.send(.get, "/b?uploads\(query)")
                return try UploadListing(xml: answer.body)
            }
            let all = try await list("&encoding-type=url")
            #expect(all.uploads.map(\.key) == ["a/b", "k", "k"])
            #expect(Set(all.uploads.map(\.uploadID)) == [first, second, other])
            #expect(Set(all.uploads.map(\.metadata)) == ["up", "one", "two"])
            let page = try await list("&max-uploads=2")
            #expect(page.isTruncated)
            let next = try await list(
                "&key-marker=\(page.nextKeyMarker ?? "")"
                    + "&upload-id-marker=\(page.nextUploadIDMarker ?? "")"
            )
            #expect(next.uploads.map(\.uploadID) == all.uploads.suffix(1).map(\.uploadID))
            #expect(try await list("&delimiter=/").commonPrefixes == ["a/"])
            #expect(try await list("&prefix=k&key-marker=k").uploads.isEmpty)
            // They don't keep the bucket, and go with it.
            #expect(try await store.client.send(.delete, "/b").status == 204)
        }
    }
}
