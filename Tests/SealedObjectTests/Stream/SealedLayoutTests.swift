import SealedObject
import TestSupport
import Testing

@Suite("Sizes and offsets of a stream")
struct SealedLayoutTests {
    @Test(
        "have the overhead that the format lists",
        arguments: [
            (0, 112), (1, 112), (65_536, 112), (65_537, 128), (1 << 20, 352),
            (5 << 30, 1_310_816),
        ]
    )
    func overhead(count: Int, overhead: Int) throws {
        let layout = try SealedLayout(plaintextCount: count)
        #expect(layout.storedCount == count + overhead)
        #expect(try SealedLayout(storedCount: layout.storedCount) == layout)
    }

    @Test("refuse a plaintext over 5 GiB or below zero")
    func refusesPlaintext() {
        for count in [-1, Int.min, 5 << 30 + 1, (5 << 30) + 1, Int.max] where count != 5 << 30 {
            #expect(throws: SealedObjectError.plaintextCountInvalid) {
                try SealedLayout(plaintextCount: count)
            }
        }
    }

    @Test(
        "refuse stored lengths that no plaintext has",
        arguments: [
            Int.min, -1, 0, 96, 111, 96 + 65_552 + 1, 96 + 65_552 + 16, 96 + 2 * 65_552 + 16,
            SealedLayout.storedCountMax + 1, SealedLayout.storedCountMax + 17, Int.max,
        ]
    )
    func refusesStored(count: Int) {
        #expect(throws: SealedObjectError.storedCountInvalid) {
            try SealedLayout(storedCount: count)
        }
    }

    @Test("invert each other, and nothing lies in between")
    func invert() throws {
        var lengths: Set<Int> = []
        for count in Array(0...40) + Array(65_500...65_580) + Array(131_050...131_110) {
            let layout = try SealedLayout(plaintextCount: count)
            #expect(try SealedLayout(storedCount: layout.storedCount).plaintextCount == count)
            lengths.insert(layout.storedCount)
        }
        for stored in 96 + 65_520...96 + 65_600 where !lengths.contains(stored) {
            #expect(throws: SealedObjectError.storedCountInvalid) {
                try SealedLayout(storedCount: stored)
            }
        }
    }

    @Test("name whole segments for a range, and what to skip and take of them")
    func slices() throws {
        let layout = try SealedLayout(plaintextCount: 200_000)
        let first = try layout.slice(0..<1)
        #expect(first.storedRange == 0..<(96 + 65_552))
        #expect(first.includesHeader && first.skip == 0 && first.take == 1)
        let middle = try layout.slice(65_536..<131_072)
        #expect(middle.storedRange == 65_648..<131_200)
        #expect(!middle.includesHeader && middle.firstSegment == 1 && middle.segmentCount == 1)
        let end = try layout.slice(131_071..<200_000)
        #expect(end.storedRange == 65_648..<layout.storedCount)
        #expect(end.skip == 65_535 && end.take == 68_929 && end.segmentCount == 3)
        #expect(layout.whole.storedRange == 0..<layout.storedCount)
        #expect(try layout.slice(0..<200_000) == layout.whole)
    }

    @Test("refuse ranges that are empty or outside")
    func refusesRanges() throws {
        let layout = try SealedLayout(plaintextCount: 10)
        for range in [0..<0, 10..<10, 9..<11, -1..<2, 0..<Int.max] {
            #expect(throws: SealedObjectError.rangeInvalid) { try layout.slice(range) }
        }
        let empty = try SealedLayout(plaintextCount: 0)
        #expect(throws: SealedObjectError.rangeInvalid) { try empty.slice(0..<1) }
        #expect(empty.segmentCount == 1 && empty.plaintextCount(ofSegment: 0) == 0)
    }

    @Test("ask for at most the range, two segments and the header")
    func asksForLittle() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2_000 {
            let count = Int.random(in: 1...(5 << 30), using: &random)
            let lower = Int.random(in: 0..<count, using: &random)
            let upper = Int.random(in: (lower + 1)...count, using: &random)
            let layout = try SealedLayout(plaintextCount: count)
            let slice = try layout.slice(lower..<upper)
            let tags = 16 * slice.segmentCount
            #expect(slice.storedCount <= upper - lower + 2 * 65_536 + tags + 96)
            #expect(slice.storedRange.upperBound <= layout.storedCount)
            #expect(slice.skip < 65_536 && slice.take == upper - lower)
        }
    }

    @Test("refuse a stored body of another length")
    func verifiesStoredCount() throws {
        let layout = try SealedLayout(plaintextCount: 10)
        try layout.verify(storedCount: 122)
        #expect(throws: SealedObjectError.storedCountInvalid) {
            try layout.verify(storedCount: 121)
        }
    }
}
