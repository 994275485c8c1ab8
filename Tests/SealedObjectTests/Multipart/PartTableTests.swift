import Crypto
import SealedObject
import Testing

@Suite("The part table")
struct PartTableTests {
    private func table(_ parts: [(UInt32, Int)] = [(1, 5), (3, 0), (10_000, 5 << 30)]) throws
        -> PartTable
    {
        try PartTable(
            id: Sample.identifier(9),
            parts: parts.map { number, count in
                .init(number: number, plaintextCount: count, salt: try Sample.salt(UInt64(number)))
            }
        )
    }

    private func seal(_ table: PartTable, id: UInt64 = 1) throws -> [UInt8] {
        try table.seal(
            objectKey: Sample.secret(Sample.objectKey),
            objectID: Sample.identifier(id),
            salt: Sample.salt(77)
        )
    }

    private func open(
        _ sealed: [UInt8],
        key: [UInt8] = Sample.objectKey,
        id: UInt64 = 1,
        tableID: UInt64 = 9
    ) throws -> PartTable {
        try PartTable(
            opening: sealed,
            objectKey: Sample.secret(key),
            objectID: Sample.identifier(id),
            expectedID: Sample.identifier(tableID)
        )
    }

    @Test("is opened as it was sealed, in 80 + 36 bytes a part")
    func roundTrip() throws {
        let table = try table()
        let sealed = try seal(table)
        #expect(sealed.count == 80 + 36 * 3)
        #expect(try open(sealed) == table)
        let most = try self.table((1...10_000).map { (UInt32($0), 0) })
        let largest = try seal(most)
        #expect(largest.count == 360_080)
        #expect(try open(largest) == most)
    }

    @Test("is refused with any one byte changed")
    func everyByte() throws {
        let sealed = try seal(table())
        for offset in sealed.indices {
            for mask in [0x01, 0x80] as [UInt8] {
                var changed = sealed
                changed[offset] ^= mask
                #expect(throws: SealedObjectError.self) { try open(changed) }
            }
        }
    }

    @Test("is refused for each field by an error of its own")
    func fields() throws {
        let sealed = try seal(table())
        for (offset, value, error) in [
            (0, 0, .partTableMagicInvalid), (4, 2, .partTableMagicInvalid),
            (5, 0, .partTableMagicInvalid), (7, 1, .partTableMagicInvalid),
            (31, 1, .partTableMagicInvalid), (8, 0xff, .partTableMismatch),
            (26, 0x80, .partCountInvalid), (27, 0, .partCountInvalid),
            (27, 2, .partTableLengthInvalid), (39, 0xff, .partTableRefused),
            (40, 0xff, .partTableRefused), (64, 0xff, .partTableRefused),
        ] as [(Int, UInt8, SealedObjectError)] {
            var changed = sealed
            changed[offset] = value
            #expect(throws: error, "\(offset)") { try open(changed) }
        }
    }

    @Test("is refused with any length but its own")
    func everyLength() throws {
        let sealed = try seal(table())
        for count in sealed.indices {
            #expect(throws: SealedObjectError.partTableLengthInvalid) {
                try open(Array(sealed.prefix(count)))
            }
        }
        #expect(throws: SealedObjectError.partTableLengthInvalid) { try open(sealed + [0]) }
    }

    @Test("is refused for another key, upload or table id")
    func otherPlace() throws {
        let sealed = try seal(table())
        #expect(throws: SealedObjectError.partTableRefused) {
            try open(sealed, key: Sample.otherKey)
        }
        #expect(throws: SealedObjectError.partTableRefused) { try open(sealed, id: 2) }
        #expect(throws: SealedObjectError.partTableMismatch) { try open(sealed, tableID: 2) }
    }

    @Test("is refused with parts that no object has")
    func parts() throws {
        #expect(throws: SealedObjectError.partCountInvalid) { try table([]) }
        #expect(throws: SealedObjectError.partNumberInvalid(0)) { try table([(0, 1)]) }
        #expect(throws: SealedObjectError.partNumberInvalid(10_001)) { try table([(10_001, 1)]) }
        #expect(throws: SealedObjectError.partTableOrderInvalid) { try table([(2, 1), (1, 1)]) }
        #expect(throws: SealedObjectError.partTableOrderInvalid) { try table([(2, 1), (2, 1)]) }
        #expect(throws: SealedObjectError.plaintextCountInvalid) { try table([(1, -1)]) }
        #expect(throws: SealedObjectError.plaintextCountInvalid) { try table([(1, 5 << 30 + 1)]) }
        #expect(throws: SealedObjectError.plaintextCountInvalid) {
            try table((1...1_025).map { (UInt32($0), 5 << 30) })
        }
        #expect(try table((1...1_024).map { (UInt32($0), 5 << 30) }).plaintextCount == 5 << 40)
    }

    @Test("is held against what the envelope says")
    func envelope() throws {
        let table = try table([(1, 5), (2, 6)])
        try table.verify(against: .parts(count: 2, plaintextCount: 11))
        try table.verify(against: .upload)
        let commitment = try Commitment([UInt8](repeating: 3, count: 32))
        for body in [
            .parts(count: 3, plaintextCount: 11), .parts(count: 2, plaintextCount: 10),
            .stream(plaintextCount: 11, salt: try Sample.salt(), commitment: commitment),
        ] as [EnvelopeBody] {
            #expect(throws: SealedObjectError.partTableMismatch) { try table.verify(against: body) }
        }
    }
}
