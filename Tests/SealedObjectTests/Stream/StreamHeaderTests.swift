import SealedObject
import Testing

@Suite("The header of a stream")
struct StreamHeaderTests {
    private func header(part: UInt32? = nil) throws -> StreamHeader {
        let facts = try Sample.facts(1_000, part: part)
        return try StreamHeader(
            facts: facts,
            commitment: Commitment([UInt8](repeating: 9, count: 32))
        )
    }

    @Test("is read as it was written")
    func roundTrip() throws {
        for part in [nil, 1, 10_000] as [UInt32?] {
            let header = try header(part: part)
            #expect(header.bytes.count == 96)
            #expect(try StreamHeader(parsing: header.bytes) == header)
        }
    }

    @Test(
        "is refused for each field by an error of its own",
        arguments: [
            (0, 0x54, SealedObjectError.headerMagicInvalid),
            (3, 0x32, .headerMagicInvalid),
            (4, 0, .suiteUnknown(0)),
            (5, 17, .segmentSizeUnknown(17)),
            (6, 2, .streamKindUnknown(2)),
            (6, 1, .partNumberInvalid(0)),
            (7, 1, .headerReservedNotZero),
            (11, 1, .partNumberInvalid(1)),
            (12, 1, .headerReservedNotZero),
            (15, 1, .headerReservedNotZero),
            (16, 0x80, .plaintextCountInvalid),
            (19, 2, .plaintextCountInvalid),
        ] as [(Int, UInt8, SealedObjectError)]
    )
    func refused(offset: Int, value: UInt8, error: SealedObjectError) throws {
        var bytes = try header().bytes
        bytes[offset] = value
        #expect(throws: error) { try StreamHeader(parsing: bytes) }
    }

    @Test("is refused with a part number over 10,000")
    func refusesPartNumber() throws {
        var bytes = try header(part: 10_000).bytes
        bytes[11] += 1
        #expect(throws: SealedObjectError.partNumberInvalid(10_001)) {
            try StreamHeader(parsing: bytes)
        }
        #expect(throws: SealedObjectError.partNumberInvalid(0)) { try Sample.facts(1, part: 0) }
    }

    @Test("is refused with another length than 96 bytes")
    func refusesLength() throws {
        let bytes = try header().bytes
        for count in 0..<96 {
            #expect(throws: SealedObjectError.lengthInvalid) {
                try StreamHeader(parsing: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: SealedObjectError.lengthInvalid) {
            try StreamHeader(parsing: bytes + [0])
        }
        for count in [0, 1, 31, 33] {
            #expect(throws: SealedObjectError.lengthInvalid) {
                try Commitment([UInt8](repeating: 1, count: count))
            }
        }
    }

    @Test("gives other keys when any fact differs")
    func keysDependOnFacts() throws {
        let key = try Sample.secret(Sample.objectKey)
        let other = try StreamFacts(
            objectID: Sample.identifier(),
            plaintextCount: 10,
            salt: Sample.salt(3)
        )
        let all = try [
            Sample.facts(10), Sample.facts(11), Sample.facts(10, part: 1),
            Sample.facts(10, part: 2), other,
        ]
        let commitments = try all.map { facts in
            try StreamKeys(objectKey: key, facts: facts).commitment
        }
        #expect(Set(commitments).count == all.count)
        #expect(throws: SealedObjectError.lengthInvalid) {
            _ = try StreamKeys(objectKey: Sample.secret([1]), facts: all[0])
        }
    }
}
