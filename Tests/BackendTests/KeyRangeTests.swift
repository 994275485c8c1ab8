import Testing

@testable import Backend

@Suite struct KeyRangeTests {
    private func query(
        _ prefix: String = "",
        delimiter: String = "",
        marker: String = ""
    ) -> ListingQuery {
        ListingQuery(
            prefix: KeyBytes(prefix.utf8),
            delimiter: KeyBytes(delimiter.utf8),
            marker: KeyBytes(marker.utf8),
            countMax: 10
        )
    }

    @Test func `a successor is above everything that begins with the prefix`() {
        #expect(ListingQuery.successor(of: KeyBytes("a/".utf8)) == KeyBytes("a0".utf8))
        #expect(ListingQuery.successor(of: [0x61, 0xff]) == [0x62])
        #expect(ListingQuery.successor(of: [0xff, 0xff]) == ListingQuery.end)
        #expect(ListingQuery.successor(of: []) == ListingQuery.end)
    }

    @Test func `a common prefix ends with the first delimiter behind the prefix`() {
        #expect(query(delimiter: "/").commonPrefix(of: KeyBytes("a/b/c".utf8)) == Array("a/".utf8))
        #expect(
            query("a/", delimiter: "/").commonPrefix(of: KeyBytes("a/b/c".utf8))
                == Array("a/b/".utf8)
        )
        #expect(query("a/", delimiter: "/").commonPrefix(of: KeyBytes("a/b".utf8)) == nil)
        #expect(
            query(delimiter: "--").commonPrefix(of: KeyBytes("a-b--c".utf8)) == Array("a-b--".utf8)
        )
        #expect(query().commonPrefix(of: KeyBytes("a/b".utf8)) == nil)
    }

    @Test func `a marker that is a common prefix skips what it stands for`() {
        #expect(query(delimiter: "/", marker: "a/").first == KeyBytes("a0".utf8))
        #expect(query(marker: "a/").first == KeyBytes("a/".utf8) + [0])
        #expect(query("b", marker: "a").first == KeyBytes("b".utf8))
    }
}
