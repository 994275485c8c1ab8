import SealedObject
import TestSupport
import Testing

@Suite("Sealing a stream")
struct StreamSealerTests {
    private func sealer(_ count: Int) throws -> StreamSealer {
        try StreamSealer(
            facts: Sample.facts(count),
            objectKey: Sample.secret(Sample.objectKey)
        )
    }

    /// Seals in pieces into outputs of these sizes, and looks that nothing is written behind them.
    private func seal(_ count: Int, pieces: [Int], capacities: [Int]) throws -> [UInt8] {
        let sealer = try sealer(count)
        let plaintext = Sample.counted(count)
        var stored = sealer.header.bytes
        let room = (capacities.max() ?? 0) + 32
        let output = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
        defer { output.deallocate() }
        var position = 0
        var turn = 0
        while !sealer.isFinished {
            let end = min(count, position + pieces[turn % pieces.count])
            let capacity = capacities[turn % capacities.count]
            turn += 1
            output.initializeMemory(as: UInt8.self, repeating: 0xa5, count: room)
            let (consumed, written) = try sealer.seal(
                plaintext.span.extracting(position..<end),
                into: output,
                capacity: capacity
            )
            position += consumed
            #expect(written <= capacity)
            let behind = (output + written).bytes(room - written)
            #expect(behind.allSatisfy { $0 == 0xa5 })
            stored += output.bytes(written)
        }
        try sealer.finish()
        return stored
    }

    @Test(
        "gives the same bytes whatever the pieces and the room",
        arguments: [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 131_072, 131_073]
    )
    func anyPieces(count: Int) throws {
        let whole = try Sample.stored(count)
        #expect(whole.count == (try SealedLayout(plaintextCount: count).storedCount))
        for (pieces, capacities) in [
            ([Int(1) << 20], [Int(1) << 20]), ([16_384], [65_552]), ([65_536], [16_384]),
            ([1, 65_535, 3], [16, 70_001]), ([100_000], [17, 65_553, 31]),
        ] {
            #expect(try seal(count, pieces: pieces, capacities: capacities) == whole)
        }
    }

    @Test("never splits a tag: it waits for 16 bytes of room")
    func tagWaits() throws {
        let sealer = try sealer(3)
        let output = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
        defer { output.deallocate() }
        let plaintext = Sample.counted(3)
        var result = try sealer.seal(plaintext.span, into: output, capacity: 18)
        #expect(result == (3, 3) && sealer.isTagPending && !sealer.isFinished)
        #expect(throws: SealedObjectError.outputPending) { try sealer.finish() }
        result = try sealer.seal([UInt8]().span, into: output, capacity: 15)
        #expect(result == (0, 0) && sealer.isTagPending)
        result = try sealer.seal([UInt8]().span, into: output, capacity: 16)
        #expect(result == (0, 16) && sealer.isFinished)
        try sealer.finish()
    }

    @Test("writes an empty stream's tag for an empty piece")
    func emptyStream() throws {
        let sealer = try sealer(0)
        #expect(sealer.isTagPending)
        let output = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
        defer { output.deallocate() }
        let result = try sealer.seal([UInt8]().span, into: output, capacity: 16)
        #expect(result == (0, 16))
        try sealer.finish()
        #expect(sealer.header.bytes + output.bytes(16) == (try Sample.stored(0)))
    }

    @Test("refuses more plaintext than its length, and stays refused")
    func tooMuch() throws {
        let sealer = try sealer(3)
        let output = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
        defer { output.deallocate() }
        let plaintext = Sample.counted(4)
        #expect(throws: SealedObjectError.plaintextTooLong) {
            try sealer.seal(plaintext.span, into: output, capacity: 64)
        }
        #expect(throws: SealedObjectError.plaintextTooLong) {
            try sealer.seal([UInt8]().span, into: output, capacity: 64)
        }
        #expect(throws: SealedObjectError.plaintextTooLong) { try sealer.finish() }
        #expect(!sealer.isFinished)
    }

    @Test("refuses less plaintext than its length, and stays refused")
    func tooLittle() throws {
        let sealer = try sealer(3)
        let output = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
        defer { output.deallocate() }
        let plaintext = Sample.counted(2)
        _ = try sealer.seal(plaintext.span, into: output, capacity: 64)
        #expect(throws: SealedObjectError.plaintextTooShort) { try sealer.finish() }
        #expect(throws: SealedObjectError.plaintextTooShort) {
            try sealer.seal(plaintext.span, into: output, capacity: 64)
        }
    }

    @Test("takes nothing into no room, or less than none")
    func noRoom() throws {
        let sealer = try sealer(3)
        let output = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
        defer { output.deallocate() }
        let plaintext = Sample.counted(3)
        for capacity in [0, -1] {
            let result = try sealer.seal(plaintext.span, into: output, capacity: capacity)
            #expect(result == (0, 0))
        }
    }

    @Test("refuses a key that isn't 32 bytes")
    func keyLength() {
        #expect(throws: SealedObjectError.lengthInvalid) {
            try StreamSealer(facts: Sample.facts(1), objectKey: Sample.secret([1]))
        }
        #expect(throws: SealedObjectError.plaintextTooShort) {
            try StreamSealer.seal(
                [1],
                facts: Sample.facts(2),
                objectKey: Sample.secret(Sample.objectKey)
            )
        }
        #expect(throws: SealedObjectError.plaintextTooLong) {
            try StreamSealer.seal(
                [1, 2, 3],
                facts: Sample.facts(2),
                objectKey: Sample.secret(Sample.objectKey)
            )
        }
    }
}
