import Crypto
import SealedObject
import TestSupport
import Testing

@Suite("Opening a stream")
struct StreamOpenerTests {
    private static let count = 131_073
    private static let ends = [96, 65_648, 131_200, 131_217]

    @Test("refuses every header with one byte changed, and releases nothing")
    func everyHeaderByte() throws {
        let stored = try Sample.stored(Self.count)
        for offset in 0..<96 {
            for mask in [0x01, 0x80, 0xff] as [UInt8] {
                var changed = stored
                changed[offset] ^= mask
                let reading = try Reading(changed, count: Self.count)
                #expect(reading.released.isEmpty)
                #expect(reading.error != nil)
                if offset >= 64 { #expect(reading.error == .commitmentMismatch) }
            }
        }
    }

    @Test("refuses every byte changed in three segments, and releases the segments before")
    func everySegmentByte() throws {
        // The segments are checked one by one: each changed byte costs opening its own segment.
        let stored = try Sample.stored(Self.count)
        let facts = try Sample.facts(Self.count)
        let key = try Sample.secret(Sample.objectKey)
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var random = SplitMix64(seed: 5)
        for segment in 0..<3 {
            let bounds = Self.ends[segment]..<Self.ends[segment + 1]
            let slice = try facts.layout.slice(segment * 65_536..<(segment * 65_536 + 1))
            var piece = Array(stored[bounds])
            var refused = 0
            for offset in piece.indices {
                let mask = UInt8(1) << UInt8(random.next() % 8)
                piece[offset] ^= mask
                let opener = try StreamOpener(
                    facts: facts,
                    commitment: nil,
                    slice: slice,
                    objectKey: key
                )
                if slice.includesHeader {
                    _ = try opener.open(stored.span.extracting(0..<96), into: buffer)
                }
                do throws(SealedObjectError) {
                    _ = try opener.open(piece.span, into: buffer)
                } catch .segmentRefused(segment) {
                    refused += 1
                } catch {
                    Issue.record("\(offset): \(error)")
                }
                piece[offset] ^= mask
            }
            #expect(refused == piece.count)
        }
    }

    @Test("zeroes what it had decrypted when the tag differs")
    func zeroesTheBuffer() throws {
        var stored = try Sample.stored(100)
        stored[96 + 100] ^= 1
        let facts = try Sample.facts(100)
        let opener = try StreamOpener(
            facts: facts,
            commitment: nil,
            slice: facts.layout.whole,
            objectKey: Sample.secret(Sample.objectKey)
        )
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        #expect(throws: SealedObjectError.segmentRefused(0)) {
            try opener.open(stored.span, into: buffer)
        }
        #expect(buffer.bytes(100) == [UInt8](repeating: 0, count: 100))
        #expect(throws: SealedObjectError.segmentRefused(0)) {
            try opener.open(stored.span, into: buffer)
        }
        #expect(throws: SealedObjectError.segmentRefused(0)) { try opener.finish() }
    }

    @Test("refuses every truncation, and releases whole verified segments only")
    func truncations() throws {
        let stored = try Sample.stored(Self.count)
        let plaintext = Sample.counted(Self.count)
        let near = Self.ends.flatMap { end in (end - 17)...(end + 17) }
        for count in Array(0..<130) + near + [32_000, 100_000] where count < stored.count {
            let reading = try Reading(Array(stored.prefix(count)), count: Self.count)
            #expect(reading.error == .storedTruncated)
            let whole = count < 65_648 ? 0 : count < 131_200 ? 65_536 : 131_072
            let isSame = reading.released == Array(plaintext.prefix(whole))
            #expect(isSame, "\(count)")
        }
    }

    @Test("refuses a truncation whose length was mended in the header")
    func mendedLength() throws {
        let stored = try Sample.stored(Self.count)
        let mended = try StreamFacts(
            objectID: Sample.identifier(),
            plaintextCount: 65_536,
            salt: Sample.salt()
        )
        let body = mended.bytes + stored[64..<65_648]
        // Against the true envelope the header differs; against an envelope that lies the key does.
        #expect(try Reading(body, count: Self.count).error == .headerMismatch)
        #expect(try Reading(body, count: 65_536).error == .commitmentMismatch)
        let committed = try StreamKeys(
            objectKey: Sample.secret(Sample.objectKey),
            facts: mended
        ).commitment
        let forged = mended.bytes + committed.bytes + stored[96..<65_648]
        #expect(try Reading(forged, count: 65_536).error == .segmentRefused(0))
    }

    @Test("refuses bytes behind the end, after all was released")
    func excess() throws {
        let stored = try Sample.stored(10)
        for pieces in [[1], [1_000]] {
            let reading = try Reading(stored + [0], count: 10, pieces: pieces)
            #expect(reading.error == .storedTooLong)
            #expect(reading.released == Sample.counted(10))
        }
    }

    @Test("refuses segments dropped, swapped, repeated or replayed")
    func segmentsMoved() throws {
        let stored = try Sample.stored(4 * 65_536)
        let header = stored[..<96]
        let segments = (0..<4).map { stored[(96 + $0 * 65_552)..<(96 + ($0 + 1) * 65_552)] }
        let orders: [([Int], Int)] = [
            ([0, 2, 3], 1), ([1, 2, 3], 0), ([1, 0, 2, 3], 0), ([0, 0, 1, 2], 1), ([3], 0),
            ([0, 1, 1, 3], 2), ([0, 1, 0, 3], 2), ([0, 1, 2, 2], 3), ([0, 1, 3], 2),
        ]
        for (order, refused) in orders {
            let body = Array(header) + order.flatMap { segments[$0] }
            let reading = try Reading(body, count: 4 * 65_536)
            #expect(reading.error == .segmentRefused(refused), "\(order)")
            #expect(reading.released.count == refused * 65_536)
        }
    }

    @Test("refuses a key or a commitment that isn't the stream's before any segment")
    func commitment() throws {
        let stored = try Sample.stored(10)
        let facts = try Sample.facts(10)
        let own = try StreamKeys(objectKey: Sample.secret(Sample.objectKey), facts: facts)
            .commitment
        #expect(throws: SealedObjectError.commitmentMismatch) {
            try Reading(stored, count: 10, key: Sample.otherKey, commitment: own)
        }
        for index in 0..<32 {
            var bytes = own.bytes
            bytes[index] ^= 1
            let changed = try Commitment(bytes)
            #expect(throws: SealedObjectError.commitmentMismatch) {
                try Reading(stored, count: 10, commitment: changed)
            }
        }
        // Without an envelope's commitment, as for parts, the header's is compared.
        let reading = try Reading(stored, count: 10, key: Sample.otherKey)
        #expect(reading.error == .commitmentMismatch && reading.released.isEmpty)
    }

    @Test("refuses a part as an object, and an object as a part")
    func kinds() throws {
        #expect(try Reading(Sample.stored(10), count: 10, part: 1).error == .headerMismatch)
        #expect(try Reading(Sample.stored(10, part: 1), count: 10).error == .headerMismatch)
        let other = try Reading(Sample.stored(10, part: 1), count: 10, part: 2)
        #expect(other.error == .headerMismatch)
    }

    @Test("refuses a slice of another stream's layout")
    func foreignSlice() throws {
        let facts = try Sample.facts(10)
        let slice = try SealedLayout(plaintextCount: 200_000).slice(150_000..<150_001)
        #expect(throws: SealedObjectError.rangeInvalid) {
            try StreamOpener(
                facts: facts,
                commitment: nil,
                slice: slice,
                objectKey: Sample.secret(Sample.objectKey)
            )
        }
    }

    @Test("opens any range alike, in pieces of any size")
    func ranges() throws {
        let stored = try Sample.stored(Self.count)
        let plaintext = Sample.counted(Self.count)
        let facts = try Sample.facts(Self.count)
        var random = SplitMix64(seed: 11)
        for _ in 0..<60 {
            let lower = Int.random(in: 0..<Self.count, using: &random)
            let upper = Int.random(in: (lower + 1)...Self.count, using: &random)
            let slice = try facts.layout.slice(lower..<upper)
            let opener = try ObjectOpener(
                facts: facts,
                commitment: StreamKeys(
                    objectKey: Sample.secret(Sample.objectKey),
                    facts: facts
                ).commitment,
                slice: slice,
                objectKey: Sample.secret(Sample.objectKey)
            )
            let piece = Int.random(in: 1...70_000, using: &random)
            let reading = Reading(opener, Array(stored[slice.storedRange]), pieces: [piece, 33])
            #expect(reading.error == nil && opener.isFinished)
            let isSame = reading.released == Array(plaintext[lower..<upper])
            #expect(isSame, "\(lower)..<\(upper)")
        }
    }
}
