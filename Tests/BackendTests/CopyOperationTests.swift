import HTTPWire
import S3Wire
import TestSupport
import Testing

@testable import Backend

/// Copies over a real socket, as docs/backend-dialect.md has them.
@Suite struct CopyOperationTests {
    private func bytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        return generator.bytes(count)
    }

    private func copy(
        _ store: StoreFixture,
        _ source: String,
        _ etag: String,
        to key: String,
        table: [UInt8] = [],
        _ fields: [(String, String)] = []
    ) async throws -> StoreAnswer {
        try await store.client.send(
            .put,
            "/b/\(key)?sealgate-copy",
            [
                ("x-sealgate-copy-source", "b/\(source)"), ("x-amz-meta-sealgate", "copied"),
                ("x-sealgate-copy-if-match", "\"\(etag)\""),
            ] + fields,
            body: table.isEmpty ? [] : [table]
        )
    }

    @Test(arguments: [0, 1, 33_792, 33_793, 300_000])
    func `a copy has its source's bytes and metadata of its own`(count: Int) async throws {
        let body = bytes(count)
        let files = count > 33_792 ? 1 : 0
        try await StoreFixture.run { store in
            let put = try await store.put("k", body)
            let copied = try await copy(store, "k", put.etag, to: "a%2Fb")
            #expect(copied.status == 200)
            #expect(copied.etag != put.etag)
            let get = try await store.client.send(.get, "/b/a/b")
            #expect(get.body == body)
            #expect(get.etag == copied.etag)
            #expect(get.fields["last-modified"] == copied.fields["last-modified"])
            #expect(get.fields["x-amz-meta-sealgate"] == "copied")
            #expect(store.fileCounts == (files * 2, 0))
            // Either goes without the other.
            _ = try await store.client.send(.delete, "/b/k")
            await store.expectFiles(objects: files)
            #expect(try await store.client.send(.get, "/b/a/b").body == body)
            _ = try await store.client.send(.delete, "/b/a/b")
            await store.expectFiles(objects: 0)
        }
    }

    @Test(arguments: [0, 100, 300_000])
    func `a copy onto itself is a write like any other`(count: Int) async throws {
        let body = bytes(count)
        try await StoreFixture.run { store in
            let put = try await store.put("k", body)
            let copied = try await copy(store, "k", put.etag, to: "k")
            #expect(copied.status == 200)
            let get = try await store.client.send(.get, "/b/k")
            #expect((get.body, get.etag) == (body, copied.etag))
            await store.expectFiles(objects: count > 33_792 ? 1 : 0)
        }
    }

    @Test func `a body of segments is copied with a table of its own`() async throws {
        let parts = [bytes(10, seed: 1), [], bytes(100_000, seed: 2), bytes(40_000, seed: 3)]
        let whole = Array(parts.joined())
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            var named: [(Int, String)] = []
            for (index, part) in parts.enumerated() {
                let answer = try await store.putPart(index + 1, of: upload, "k", part)
                named.append((index + 1, answer.etag))
            }
            _ = try await store.complete(upload, "k", named, table: [9, 9])
            let etag = try await store.client.send(.head, "/b/k").etag
            let copied = try await copy(store, "k", etag, to: "d", table: [7])
            #expect(copied.status == 200)
            #expect(try await store.client.send(.get, "/b/d?sealgate-table").body == [7])
            #expect(try await store.client.send(.get, "/b/k?sealgate-table").body == [9, 9])
            let fields = [("range", "bytes=5-100020")]
            let ranged = try await store.client.send(.get, "/b/d", fields)
            #expect(ranged.body == Array(whole[5...100_020]))
            // A reader of the source keeps its bytes, whoever else had a share in them.
            let read = try await store.client.read("/b/k") {
                _ = try await store.client.send(.delete, "/b/k")
                _ = try await copy(store, "d", copied.etag, to: "d", table: [6])
            }
            #expect(read.body == whole)
            #expect(try await store.client.send(.get, "/b/d").body == whole)
            await store.expectFiles(objects: 2)
            _ = try await store.client.send(.delete, "/b/d")
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `a source that is another now, or gone, is told from a failed condition`()
        async throws
    {
        try await StoreFixture.run { store in
            let put = try await store.put("k", bytes(50_000))
            for (source, etag) in [("k", "other"), ("absent", put.etag), ("../c/k", put.etag)] {
                let answer = try await copy(store, source, etag, to: "d")
                #expect(answer.status == 409)
                #expect(answer.errorCode == "ConditionalRequestConflict")
            }
            let absent = [("if-none-match", "*")]
            #expect(try await copy(store, "k", put.etag, to: "d", absent).status == 200)
            let present = try await copy(store, "k", put.etag, to: "d", absent)
            #expect((present.status, present.errorCode) == (412, "PreconditionFailed"))
            let other = try await copy(store, "k", put.etag, to: "d", [("if-match", "\"x\"")])
            #expect(other.status == 412)
            // What a refused copy had begun is gone.
            await store.expectFiles(objects: 2)
            let nowhere = try await store.client.send(
                .put,
                "/absent/k?sealgate-copy",
                [("x-sealgate-copy-source", "b/k"), ("x-sealgate-copy-if-match", put.etag)]
            )
            #expect(nowhere.errorCode == "NoSuchBucket")
            for fields in [
                [("x-sealgate-copy-source", "b/k")], [("x-sealgate-copy-if-match", put.etag)],
                [("x-sealgate-copy-source", "b"), ("x-sealgate-copy-if-match", put.etag)],
            ] {
                let answer = try await store.client.send(.put, "/b/d?sealgate-copy", fields)
                #expect(answer.errorCode == "InvalidArgument")
            }
        }
    }

    @Test func `a copy is there again after a restart, and its files outlive the sweep`()
        async throws
    {
        let folder = try ScratchFolder()
        let body = bytes(60_000)
        try await StoreFixture.run(folder) { store in
            let put = try await store.put("k", body)
            _ = try await copy(store, "k", put.etag, to: "d")
            _ = try await store.client.send(.delete, "/b/k")
        }
        try await StoreFixture.run(folder) { store in
            let get = try await store.client.send(.get, "/b/d")
            #expect(get.body == body)
            await store.expectFiles(objects: 1)
        }
    }
}
