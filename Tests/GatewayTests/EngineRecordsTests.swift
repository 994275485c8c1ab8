import HTTPWire
import Testing

@testable import Gateway

@Suite("What stands in for a store's capabilities")
struct EngineRecordsTests {
    @Test("a part's record is two lines, and nothing else is one")
    func partRecords() {
        let record = EnginePartAttributes(entityTag: "\"abc\"", attributes: "QUJD")
        #expect(record.bytes == Array("abc\nQUJD".utf8))
        #expect(EnginePartAttributes(record.bytes) == record)
        for text in ["", "abc", "abc\n", "\nQUJD", "a\nb\nc"] {
            #expect(EnginePartAttributes(Array(text.utf8)) == nil)
        }
        #expect(EnginePartAttributes([0xff, 0x0a, 0x41]) == nil)
    }

    @Test("a table's outline is read up to its salt, and refused at every cut")
    func outlines() {
        var table = Array("SGWM".utf8) + [1, 1, 0, 0] + [UInt8](repeating: 7, count: 16)
        table += [0, 0, 0, 3, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0x50, 0, 1]
        #expect(table.count == PartTableOutline.byteCount)
        let outline = PartTableOutline(table)
        #expect(outline?.partCount == 3 && outline?.plaintextCount == 0x50_0001)
        for count in table.indices { #expect(PartTableOutline(Array(table[..<count])) == nil) }
        for (index, value) in [(0, UInt8(0)), (24, 1), (27, 0), (32, 0xff)] {
            var broken = table
            broken[index] = value
            #expect(PartTableOutline(broken) == nil)
        }
    }

    @Test("capabilities are what the dialect's answer names; any other answer names none")
    func capabilities() {
        func read(_ text: String, status: Int = 200) -> StoreCapabilities {
            StoreCapabilities(
                StoreReply(status: status, fields: HTTPFields(), body: Array(text.utf8))
            )
        }
        let some = #"{"dialect":1,"capabilities":["list-metadata","unheard-of","part-attributes"]}"#
        #expect(read(some) == [.listMetadata, .partAttributes])
        #expect(read(some, status: 403).isEmpty)
        #expect(read(#"{"dialect":2,"capabilities":["list-metadata"]}"#).isEmpty)
        #expect(read("<ListAllMyBucketsResult/>").isEmpty)
    }

    @Test("results of concurrent work keep their order, with few under way")
    func concurrentWork() async {
        for count in [0, 1, 3, 50] {
            let values = await Array(0..<count).mapConcurrently(limit: 3) { $0 * 2 }
            #expect(values == (0..<count).map { $0 * 2 })
        }
    }
}
