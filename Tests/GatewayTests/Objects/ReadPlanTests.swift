import Encoding
import S3Wire
import SealedObject
import Testing

@testable import Gateway

@Suite struct ReadPlanTests {
    private func plan(
        range: String? = nil,
        part: Int? = nil,
        size: Int = 100,
        _ layout: MultipartLayout? = nil
    ) throws(S3Error) -> ReadPlan {
        try ReadPlan(rangeHeader: range, partNumber: part, size: size, layout: layout)
    }

    /// Parts 2, 5 and 9 of 60, 0 and 40 bytes.
    private func layout() throws -> MultipartLayout {
        let parts = try [(2, 60), (5, 0), (9, 40)].map { number, count in
            PartTable.Part(
                number: UInt32(number),
                plaintextCount: count,
                salt: try Salt([UInt8](repeating: UInt8(number), count: 24)[...])
            )
        }
        let id = try Identifier([UInt8](repeating: 1, count: 16)[...])
        return try MultipartLayout(PartTable(id: id, parts: parts))
    }

    @Test(
        "a range is 206, what isn't one is left aside",
        arguments: [
            (nil, 200, 0..<100), ("bytes=0-9", 206, 0..<10), ("bytes=90-", 206, 90..<100),
            ("bytes=-10", 206, 90..<100), ("bytes=50-1000000000000000000000", 206, 50..<100),
            ("bytes=-1000", 206, 0..<100), ("bytes=5-4", 200, 0..<100),
            ("bytes=0-1,3-4", 200, 0..<100), ("lines=0-1", 200, 0..<100), ("", 200, 0..<100),
        ] as [(String?, Int, Range<Int>)]
    )
    func ranges(header: String?, status: Int, range: Range<Int>) throws {
        let plan = try plan(range: header)
        #expect(plan.status == status)
        #expect(plan.range == range)
        #expect(plan.partCount == nil)
    }

    @Test(
        "a range behind the end is refused",
        arguments: ["bytes=100-", "bytes=100-200", "bytes=-0"]
    )
    func unsatisfiable(header: String) {
        #expect(throws: ByteRange.unsatisfiable(header: header, size: 100)) {
            try plan(range: header)
        }
    }

    @Test("a part of an object is known by its own number")
    func parts() throws {
        let layout = try layout()
        let cases = [(2, 206, 0..<60), (5, 200, 60..<60), (9, 206, 60..<100)]
        for (number, status, range) in cases {
            let plan = try plan(part: number, layout)
            #expect(plan.status == status)
            #expect(plan.range == range)
            #expect(plan.partCount == 3)
        }
        for number in [1, 3, 10, 10_000] {
            #expect(throws: ReadPlan.partMissing(number, count: 3)) {
                try plan(part: number, layout)
            }
        }
    }

    @Test("an object in one piece has part 1 and no number of parts")
    func onePiece() throws {
        let plan = try plan(part: 1)
        #expect(plan.status == 206)
        #expect(plan.range == 0..<100)
        #expect(plan.partCount == nil)
        #expect(try self.plan(part: 1, size: 0).status == 200)
        #expect(throws: ReadPlan.partMissing(2, count: 1)) { try self.plan(part: 2) }
    }

    @Test("a range and a part at once are refused")
    func both() {
        #expect(throws: S3Error.self) { try plan(range: "bytes=0-1", part: 1) }
    }
}
