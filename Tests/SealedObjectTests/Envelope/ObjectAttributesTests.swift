import Encoding
import TestSupport
import Testing

@testable import SealedObject

@Suite("Attributes")
struct ObjectAttributesTests {
    private func full() throws -> ObjectAttributes {
        var attributes = ObjectAttributes()
        attributes.contentType = "text/plain"
        attributes.contentEncoding = "gzip"
        attributes.contentLanguage = "de"
        attributes.contentDisposition = "attachment"
        attributes.cacheControl = "no-store"
        attributes.expires = "0"
        attributes.userMetadata = [
            .init(name: "b", value: ""), .init(name: "a", value: "ä"), .init(name: "b", value: "2"),
        ]
        attributes.checksums = try ObjectChecksum.Algorithm.allCases.map { algorithm in
            let value = [UInt8](repeating: algorithm.rawValue, count: algorithm.valueCount)
            return try ObjectChecksum(algorithm, .composite, value: value)
        }
        attributes.entityTag = "00-2"
        attributes.tableID = try Sample.identifier()
        attributes.websiteRedirect = "/x"
        attributes.storageClass = "STANDARD"
        attributes.tags = [.init(key: "b", value: ""), .init(key: "a", value: "ä")]
        return attributes
    }

    /// `u16 type ‖ u32 length ‖ value`.
    private func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: type)
        bytes.append(prefixed: value)
        return bytes
    }

    @Test("are read as they were written, padded to 32 bytes")
    func roundTrip() throws {
        for attributes in [ObjectAttributes(), try full()] {
            let padded = try attributes.encode(limit: 4_096)
            #expect(padded.count.isMultiple(of: 32))
            #expect(try ObjectAttributes(parsing: padded) == attributes)
        }
        #expect(try ObjectAttributes().encode(limit: 0).isEmpty)
    }

    @Test("of unknown types are kept, unless they are critical")
    func unknownTypes() throws {
        let bytes =
            attribute(0x7fff, [1]) + attribute(14, [2]) + attribute(1, [0x61])
            + attribute(14, [3])
        let attributes = try ObjectAttributes(parsing: bytes)
        #expect(attributes.others.map(\.type) == [14, 14, 0x7fff])
        #expect(attributes.others.map(\.value) == [[2], [3], [1]])
        let again = try attributes.encode(limit: 4_096)
        #expect(try ObjectAttributes(parsing: again) == attributes)
        #expect(throws: SealedObjectError.attributeCritical(0x8001)) {
            try ObjectAttributes(parsing: attribute(0x8001, []))
        }
    }

    @Test("end at their padding, which is zeros")
    func padding() throws {
        let one = attribute(1, [0x61])
        for count in 0..<70 {
            let padded = one + [UInt8](repeating: 0, count: count)
            #expect(try ObjectAttributes(parsing: padded).contentType == "a")
            // The first two bytes are a type; whatever follows type 0 is padding.
            for offset in 2..<max(count, 2) {
                var changed = padded
                changed[one.count + offset] = 1
                #expect(throws: SealedObjectError.attributePaddingInvalid) {
                    try ObjectAttributes(parsing: changed)
                }
            }
        }
        #expect(throws: SealedObjectError.attributePaddingInvalid) {
            try ObjectAttributes(parsing: one + [0, 0, 1])
        }
        #expect(throws: SealedObjectError.attributePaddingInvalid) {
            try ObjectAttributes(parsing: one + [1])
        }
    }

    @Test("cut short anywhere are refused or fewer")
    func truncated() throws {
        let value = attribute(1, Array("text".utf8))
        for count in 2..<value.count {
            #expect(throws: SealedObjectError.attributesTruncated) {
                try ObjectAttributes(parsing: Array(value.prefix(count)))
            }
        }
        #expect(throws: SealedObjectError.attributesTruncated) {
            try ObjectAttributes(parsing: [0, 1, 0xff, 0xff, 0xff, 0xff, 0])
        }
    }

    @Test("that stand once are refused twice")
    func repeated() throws {
        for type in [1, 2, 3, 4, 5, 6, 9, 11, 12] as [UInt16] {
            #expect(throws: SealedObjectError.attributeRepeated(type)) {
                try ObjectAttributes(parsing: attribute(type, [0x61]) + attribute(type, [0x61]))
            }
        }
        let id = attribute(10, [UInt8](repeating: 1, count: 16))
        #expect(throws: SealedObjectError.attributeRepeated(10)) {
            try ObjectAttributes(parsing: id + id)
        }
        let checksum = attribute(8, [1, 0, 1, 2, 3, 4])
        #expect(throws: SealedObjectError.attributeRepeated(8)) {
            try ObjectAttributes(parsing: checksum + checksum)
        }
        var attributes = try full()
        attributes.checksums += attributes.checksums
        #expect(throws: SealedObjectError.attributeRepeated(8)) {
            try attributes.encode(limit: 4_096)
        }
    }

    @Test("of a wrong form are refused under their type")
    func invalid() throws {
        let wrong: [(UInt16, [UInt8])] = [
            (1, [0xff]), (9, [0xc3]), (10, []), (10, [UInt8](repeating: 0, count: 17)),
            (7, []), (7, [0, 0, 0, 0, 0, 0, 0, 0]), (7, [0, 0, 0, 1, 0x61]),
            (7, [0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0]), (7, [0, 0, 0, 1, 0xff, 0, 0, 0, 0]),
            (7, [0, 0, 0, 1, 0x61, 0, 0, 0, 1, 0xff]), (8, []), (8, [1]), (8, [1, 0, 1, 2, 3]),
            (8, [0, 0, 1, 2, 3, 4]), (8, [11, 0]), (8, [1, 2, 1, 2, 3, 4]),
        ]
        for (type, value) in wrong {
            #expect(throws: SealedObjectError.attributeInvalid(type)) {
                try ObjectAttributes(parsing: attribute(type, value))
            }
        }
        var nameless = ObjectAttributes()
        nameless.userMetadata = [.init(name: "", value: "x")]
        #expect(throws: SealedObjectError.attributeInvalid(7)) {
            try nameless.encode(limit: 4_096)
        }
    }

    @Test("over their limit aren't written")
    func tooLarge() throws {
        var attributes = ObjectAttributes()
        attributes.contentType = String(repeating: "a", count: 24_576 - 6)
        #expect(try attributes.encode(limit: 24_576).count == 24_576)
        attributes.contentType?.append("a")
        #expect(throws: SealedObjectError.attributesTooLarge) {
            try attributes.encode(limit: 24_576)
        }
    }

    @Test("of any bytes are read or refused, and what is read is written alike")
    func anyBytes() throws {
        var random = SplitMix64(seed: 3)
        let whole = try full().encode(limit: 4_096)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0...(random.next() % 3) {
                let offset = Int(random.next() % UInt64(bytes.count))
                bytes[offset] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let attributes = try? ObjectAttributes(parsing: bytes) else { continue }
            let again = try attributes.encode(limit: 4_096)
            #expect(try ObjectAttributes(parsing: again) == attributes)
        }
    }
}
