import Crypto
import SealedObject
import Testing

@Suite("The part record")
struct PartRecordTests {
    private func record(_ part: UInt32 = 3) throws -> PartRecord {
        var attributes = ObjectAttributes()
        attributes.entityTag = "5eb63bbbe01eeed093cb22bb8f5acdc3"
        return try PartRecord(
            sealing: Sample.facts(1_000, part: part),
            attributes: attributes,
            objectKey: Sample.secret(Sample.objectKey)
        )
    }

    private func open(
        _ record: PartRecord,
        key: [UInt8] = Sample.objectKey,
        id: UInt64 = 1,
        number: UInt32 = 3
    ) throws -> ObjectAttributes {
        try record.open(
            objectKey: Sample.secret(key),
            objectID: Sample.identifier(id),
            expectedNumber: number
        )
    }

    @Test("is opened as it was sealed, and names the part for the table")
    func roundTrip() throws {
        let record = try record()
        let parsed = try PartRecord(parsing: record.bytes)
        #expect(parsed == record)
        #expect(try open(parsed).entityTag == "5eb63bbbe01eeed093cb22bb8f5acdc3")
        #expect(
            parsed.part
                == .init(number: 3, plaintextCount: 1_000, salt: try Sample.salt())
        )
    }

    @Test("is refused with any one byte changed")
    func everyByte() throws {
        let bytes = try record().bytes
        for offset in bytes.indices {
            var changed = bytes
            changed[offset] ^= 1
            #expect(throws: SealedObjectError.self) { try open(PartRecord(parsing: changed)) }
        }
    }

    @Test("is refused for each field by an error of its own")
    func fields() throws {
        let bytes = try record().bytes
        for (offset, value, error) in [
            (0, 2, .partRecordVersionUnknown(2)), (4, 0, .partNumberInvalid(0)),
            (3, 0x80, .partNumberInvalid(0x8003)), (4, 4, .partNumberInvalid(4)),
            (5, 0xff, .plaintextCountInvalid), (8, 2, .plaintextCountInvalid),
            (12, 0, .partRecordRefused), (13, 0xff, .partRecordRefused),
            (37, 0xff, .partRecordRefused),
        ] as [(Int, UInt8, SealedObjectError)] {
            var changed = bytes
            changed[offset] = value
            #expect(throws: error, "\(offset)") { try open(PartRecord(parsing: changed)) }
        }
    }

    @Test("is refused with any length but its own")
    func everyLength() throws {
        let bytes = try record().bytes
        for count in bytes.indices {
            #expect(throws: SealedObjectError.self) {
                try open(PartRecord(parsing: Array(bytes.prefix(count))))
            }
        }
        #expect(throws: SealedObjectError.partRecordLengthInvalid) {
            try PartRecord(parsing: bytes + [0])
        }
        let long = bytes + [UInt8](repeating: 0, count: 4_096)
        #expect(throws: SealedObjectError.partRecordLengthInvalid) { try PartRecord(parsing: long) }
    }

    @Test("is refused for another key, upload or part")
    func otherPlace() throws {
        let record = try record()
        #expect(throws: SealedObjectError.partRecordRefused) {
            try open(record, key: Sample.otherKey)
        }
        #expect(throws: SealedObjectError.partRecordRefused) { try open(record, id: 2) }
        #expect(throws: SealedObjectError.partNumberInvalid(3)) { try open(record, number: 4) }
    }

    @Test("isn't made for a whole object, nor with attributes over 4,096 bytes")
    func limits() throws {
        #expect(throws: SealedObjectError.partNumberInvalid(0)) {
            try PartRecord(
                sealing: Sample.facts(1),
                attributes: ObjectAttributes(),
                objectKey: Sample.secret(Sample.objectKey)
            )
        }
        var attributes = ObjectAttributes()
        attributes.contentType = String(repeating: "a", count: 4_091)
        #expect(throws: SealedObjectError.attributesTooLarge) {
            try PartRecord(
                sealing: Sample.facts(1, part: 1),
                attributes: attributes,
                objectKey: Sample.secret(Sample.objectKey)
            )
        }
    }
}
