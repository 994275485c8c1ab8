import TestSupport
import Testing

@testable import Backend

/// Listings against a model that sorts and groups all keys.
@Suite struct IndexListingTests {
    private struct Entry: Equatable {
        var name: KeyBytes
        var isPrefix: Bool
    }

    private static func precedes(_ left: KeyBytes, _ right: KeyBytes) -> Bool {
        left.lexicographicallyPrecedes(right)
    }

    private func model(_ keys: [KeyBytes], _ prefix: KeyBytes, _ delimiter: KeyBytes) -> [Entry] {
        let query = ListingQuery(prefix: prefix, delimiter: delimiter, countMax: 0)
        var entries: [Entry] = []
        for key in keys.sorted(by: Self.precedes) where key.starts(with: prefix) {
            let common = query.commonPrefix(of: key)
            let entry = Entry(name: common ?? key, isPrefix: common != nil)
            if entries.last != entry { entries.append(entry) }
        }
        return entries
    }

    private func keys(_ generator: inout SplitMix64) -> [KeyBytes] {
        let letters = ["a", "b", "/", "//", "é", "\u{10FFFF}", "-", "z", "a/"]
        let keys = (0..<120).map { _ in
            KeyBytes(
                (0..<Int.random(in: 1...5, using: &generator))
                    .map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
                    .joined().utf8
            )
        }
        return Array(Set(keys))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `pages of any size put together are the sorted, grouped keys`(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        let keys = keys(&generator)
        for key in keys {
            _ = try await fixture.put(String(decoding: key, as: UTF8.self))
        }
        for prefix in ["", "a", "a/", "/", "b", "nothing", "\u{10FFFF}"] {
            for delimiter in ["", "/", "a", "//"] {
                let expected = model(keys, KeyBytes(prefix.utf8), KeyBytes(delimiter.utf8))
                let count = Int.random(in: 1...9, using: &generator)
                var query = ListingQuery(
                    prefix: KeyBytes(prefix.utf8),
                    delimiter: KeyBytes(delimiter.utf8),
                    countMax: count
                )
                var found: [Entry] = []
                while true {
                    let page = try fixture.reader.listObjects(bucket: "b", query)
                    let names =
                        page.entries.map { Entry(name: $0.key, isPrefix: false) }
                        + page.commonPrefixes.map { Entry(name: $0, isPrefix: true) }
                    found += names.sorted { Self.precedes($0.name, $1.name) }
                    #expect(page.count == count || !page.isTruncated)
                    guard page.isTruncated, let last = page.last else { break }
                    query.marker = last
                }
                #expect(found == expected, "seed \(seed), \(prefix) by \(delimiter)")
            }
        }
    }

    @Test func `a page of none is empty and not truncated`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        _ = try await fixture.put("k")
        let page = try fixture.reader.listObjects(bucket: "b", ListingQuery(countMax: 0))
        #expect(page.count == 0)
        #expect(!page.isTruncated)
    }

    @Test func `uploads come by key, then by time, in pages of any size`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        var expected: [UploadRecord] = []
        for key in ["b", "a", "a", "c/d", "a", "b"] {
            let id = try await fixture.change { (transaction) throws(StoreError) in
                try transaction.createUpload(bucket: "b", key: KeyBytes(key.utf8), metadata: key)
            }
            expected.append(
                UploadRecord(id: id, key: KeyBytes(key.utf8), initiated: 0, metadata: key)
            )
        }
        expected.sort { ($0.key, $0.id.bytes).0.lexicographicallyPrecedes($1.key) }
        for count in 1...6 {
            var query = ListingQuery(countMax: count)
            var marker: UploadID?
            var found: [UploadRecord] = []
            while true {
                let page = try fixture.reader.listUploads(bucket: "b", query, idMarker: marker)
                found += page.entries
                guard page.isTruncated, let last = page.entries.last else { break }
                query.marker = last.key
                marker = last.id
            }
            #expect(found.map(\.key) == expected.map(\.key))
            #expect(Set(found.map(\.id)) == Set(expected.map(\.id)))
            for (left, right) in zip(found, found.dropFirst()) where left.key == right.key {
                #expect(left.initiated <= right.initiated)
            }
        }
    }

    @Test func `uploads under a delimiter count as one entry`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        for key in ["a/1", "a/2", "b"] {
            _ = try await fixture.change { (transaction) throws(StoreError) in
                try transaction.createUpload(bucket: "b", key: KeyBytes(key.utf8), metadata: nil)
            }
        }
        var query = ListingQuery(delimiter: [0x2f], countMax: 1)
        let first = try fixture.reader.listUploads(bucket: "b", query, idMarker: nil)
        #expect(first.commonPrefixes == [KeyBytes("a/".utf8)])
        #expect(first.isTruncated)
        query.marker = KeyBytes("a/".utf8)
        let second = try fixture.reader.listUploads(bucket: "b", query, idMarker: nil)
        #expect(second.entries.map(\.key) == [KeyBytes("b".utf8)])
        #expect(!second.isTruncated)
    }
}
