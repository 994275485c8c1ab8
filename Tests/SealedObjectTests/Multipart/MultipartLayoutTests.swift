import Crypto
import SealedObject
import TestSupport
import Testing

@Suite("Sizes and offsets of an object in parts")
struct MultipartLayoutTests {
    private static let counts = [70_000, 0, 65_536, 1, 0, 200_000, 0]

    private func table() throws -> PartTable {
        try PartTable(
            id: Sample.identifier(),
            parts: Self.counts.enumerated().map { index, count in
                .init(
                    number: UInt32(index * 2 + 1),
                    plaintextCount: count,
                    salt: try Sample.salt(UInt64(index))
                )
            }
        )
    }

    private func stored(_ table: PartTable, _ plaintext: [UInt8]) throws -> [UInt8] {
        var stored: [UInt8] = []
        var offset = 0
        for part in table.parts {
            let facts = try StreamFacts(
                objectID: Sample.identifier(),
                partNumber: part.number,
                plaintextCount: part.plaintextCount,
                salt: part.salt
            )
            stored += try StreamSealer.seal(
                Array(plaintext[offset..<(offset + part.plaintextCount)]),
                facts: facts,
                objectKey: Sample.secret(Sample.objectKey)
            )
            offset += part.plaintextCount
        }
        return stored
    }

    @Test("add up, and the whole is read from one contiguous range")
    func whole() throws {
        let layout = try MultipartLayout(table())
        let total = Self.counts.reduce(0, +)
        #expect(layout.plaintextCount == total)
        #expect(layout.whole.count == 7)
        var end = 0
        for slice in layout.whole {
            #expect(slice.slice.storedOffset == end && slice.slice.includesHeader)
            end = slice.slice.storedRange.upperBound
        }
        #expect(layout.storedCount == end)
        try layout.verify(storedCount: end)
        #expect(throws: SealedObjectError.storedCountInvalid) {
            try layout.verify(storedCount: end - 1)
        }
        #expect(layout.plaintextRange(ofPart: 5) == 70_000..<135_536)
        #expect(layout.plaintextRange(ofPart: 3) == 70_000..<70_000)
        #expect(layout.plaintextRange(ofPart: 2) == nil)
    }

    @Test("refuse ranges that are empty or outside")
    func refusesRanges() throws {
        let layout = try MultipartLayout(table())
        let total = layout.plaintextCount
        for range in [0..<0, total..<(total + 1), -1..<1, 0..<Int.max, 5..<(total + 1)] {
            #expect(throws: SealedObjectError.rangeInvalid) { try layout.slices(range) }
        }
    }

    @Test("give any range back, from one contiguous stored range")
    func ranges() throws {
        let table = try table()
        let layout = try MultipartLayout(table)
        let plaintext = Sample.counted(layout.plaintextCount)
        let stored = try stored(table, plaintext)
        let key = try Sample.secret(Sample.objectKey)
        var random = SplitMix64(seed: 21)
        var ranges = [0..<1, 69_999..<70_001, 70_000..<135_537, 0..<plaintext.count]
        for _ in 0..<40 {
            let lower = Int.random(in: 0..<plaintext.count, using: &random)
            ranges.append(lower..<Int.random(in: (lower + 1)...plaintext.count, using: &random))
        }
        for range in ranges {
            let slices = try layout.slices(range)
            let start = try #require(slices.first?.slice.storedOffset)
            let end = try #require(slices.last?.slice.storedRange.upperBound)
            for (one, next) in zip(slices, slices.dropFirst()) {
                #expect(one.slice.storedRange.upperBound == next.slice.storedOffset)
                #expect(next.slice.includesHeader)
            }
            let opener = try ObjectOpener(
                objectID: Sample.identifier(),
                slices: slices,
                objectKey: key
            )
            let reading = Reading(opener, Array(stored[start..<end]), pieces: [50_021, 7])
            #expect(reading.error == nil && opener.isFinished)
            let isSame = reading.released == Array(plaintext[range])
            #expect(isSame, "\(range)")
        }
    }

    @Test("refuse a read that ends early, and one without slices")
    func endsEarly() throws {
        let table = try table()
        let layout = try MultipartLayout(table)
        let plaintext = Sample.counted(layout.plaintextCount)
        let stored = try stored(table, plaintext)
        let key = try Sample.secret(Sample.objectKey)
        for count in [0, 96, 70_128, stored.count - 112, stored.count - 1] {
            let opener = try ObjectOpener(
                objectID: Sample.identifier(),
                slices: layout.whole,
                objectKey: key
            )
            let reading = Reading(opener, Array(stored.prefix(count)), pieces: [65_000])
            #expect(reading.error == .storedTruncated && !opener.isFinished)
        }
        #expect(throws: SealedObjectError.rangeInvalid) {
            try ObjectOpener(objectID: Sample.identifier(), slices: [], objectKey: key)
        }
    }
}
