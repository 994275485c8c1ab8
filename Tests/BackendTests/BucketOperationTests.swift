import HTTPWire
import S3Wire
import Testing

@testable import Backend

@Suite struct BucketOperationTests {
    @Test func `buckets are made, listed by name and deleted`() async throws {
        try await StoreFixture.run { store in
            #expect(try await store.client.send(.put, "/a.a_a-1").status == 200)
            let again = try await store.client.send(.put, "/b")
            #expect(again.status == 409)
            #expect(again.errorCode == "BucketAlreadyOwnedByYou")
            let list = try BucketListing(xml: try await store.client.send(.get, "/").body)
            #expect(list.buckets.map(\.name) == ["a.a_a-1", "b"])
            #expect(try await store.client.send(.head, "/b").status == 200)
            #expect(try await store.client.send(.head, "/c").status == 404)
            #expect(try await store.client.send(.delete, "/c").errorCode == "NoSuchBucket")
            try await store.put("k", [1])
            let full = try await store.client.send(.delete, "/b")
            #expect(full.status == 409)
            #expect(full.errorCode == "BucketNotEmpty")
            _ = try await store.client.send(.delete, "/b/k")
            #expect(try await store.client.send(.delete, "/b").status == 204)
        }
    }

    @Test func `the reserved bucket can't be made or deleted, but is listed in itself`()
        async throws
    {
        try await StoreFixture.run { store in
            #expect(try await store.client.send(.put, "/.sealgate").status == 409)
            #expect(try await store.client.send(.delete, "/.sealgate").status == 405)
            _ = try await store.client.send(.put, "/.sealgate/r", body: [[1]])
            let answer = try await store.client.send(.get, "/.sealgate?list-type=2")
            #expect(try ObjectListing(xml: answer.body).entries.map(\.key) == ["r"])
        }
    }

    @Test func `the capabilities are those of the dialect`() async throws {
        try await StoreFixture.run { store in
            let answer = try await store.client.send(.get, "/?sealgate-capabilities")
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix("{\"dialect\":1,\"capabilities\":[\"trailer-metadata\","))
            #expect(answer.text.contains("\"reserved-namespace\""))
        }
    }

    @Test func `metrics count requests`() async throws {
        try await StoreFixture.run { store in
            let answer = try await store.client.send(.get, "/?sealgate-metrics")
            let line = "sealgate_store_requests_total{operation=\"CreateBucket\",status=\"2xx\"} 1"
            #expect(answer.text.contains(line))
            #expect(answer.text.contains("sealgate_store_changes_total 1"))
        }
    }

    @Test func `pages follow each other by their tokens`() async throws {
        try await StoreFixture.run { store in
            let keys = ["a", "b/1", "b/2", "c d", "z", "é"]
            for key in ["%C3%A9", "a", "b/1", "b/2", "c%20d", "z"] {
                try await store.put(key, [1, 2], metadata: "m")
            }
            var found: [String] = []
            var token = ""
            repeat {
                let answer = try await store.client.send(
                    .get,
                    "/b?list-type=2&max-keys=2&encoding-type=url\(token)"
                )
                let page = try ObjectListing(xml: answer.body)
                found += page.entries.map(\.key)
                #expect(page.entries.allSatisfy { $0.metadata == "m" && $0.size == 2 })
                guard case .version2(_, _, let next) = page.paging else { break }
                #expect(page.isTruncated == (next != nil))
                token = next.map { "&continuation-token=\($0)" } ?? ""
            } while !token.isEmpty
            #expect(found == keys)
        }
    }

    @Test func `a common prefix counts as one and is skipped as one`() async throws {
        try await StoreFixture.run { store in
            for key in ["a", "b/1", "b/2", "c"] { try await store.put(key, [1]) }
            func page(_ query: String) async throws -> ObjectListing {
                let answer = try await store.client.send(
                    .get,
                    "/b?list-type=2&delimiter=/&\(query)"
                )
                return try ObjectListing(xml: answer.body)
            }
            let first = try await page("max-keys=2")
            #expect(first.entries.map(\.key) == ["a"])
            #expect(first.commonPrefixes == ["b/"])
            guard case .version2(_, _, let token?) = first.paging else {
                Issue.record("no token")
                return
            }
            #expect(try await page("continuation-token=\(token)").entries.map(\.key) == ["c"])
            let behind = try await page("start-after=b/")
            #expect(behind.entries.map(\.key) == ["c"])
            #expect(behind.commonPrefixes.isEmpty)
            #expect(try await page("prefix=b/").entries.map(\.key) == ["b/1", "b/2"])
            #expect(try await page("max-keys=0").keyCount == 0)
        }
    }

    @Test(arguments: [
        "max-keys=-1", "max-keys=x", "max-keys=+1", "continuation-token=!", "continuation-token=",
    ])
    func `a parameter that makes no sense is refused`(query: String) async throws {
        try await StoreFixture.run { store in
            let answer = try await store.client.send(.get, "/b?list-type=2&\(query)")
            #expect(answer.status == 400)
            #expect(answer.errorCode == "InvalidArgument")
        }
    }
}
