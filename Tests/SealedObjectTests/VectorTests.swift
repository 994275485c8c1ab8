import Crypto
import Encoding
import Foundation
import SealedObject
import Testing

@Suite("Vectors that Python made")
struct VectorTests {
    @Test("opens, or refuses, each vector as it says, in pieces of any size")
    func opensEachVector() throws {
        let names = try Vector.names()
        #expect(names.count > 100)
        for name in names {
            let vector = try Vector(named: name)
            let plaintext = try vector.plaintext
            let digest = try vector.text("plaintext-sha256")
            #expect(Hex.encode(HashFunction.sha256.digest(plaintext)) == digest)
            let outcome = try vector.text("expect")
            for pieces in [[Int.max / 2], [16_384], [65_552, 1, 15, 7]] {
                let reader = try VectorReader(vector, pieces: pieces)
                #expect(reader.outcome == outcome, "\(name), \(pieces)")
                let expected: ArraySlice<UInt8>
                if reader.outcome == "success" {
                    expected = try vector.range.map { plaintext[$0] } ?? plaintext[...]
                } else {
                    expected = plaintext.prefix(Int(vector.optional("released") ?? "0") ?? -1)
                }
                let isSame = reader.released == Array(expected)
                #expect(isSame, "\(name), \(pieces)")
            }
        }
    }

    @Test("opens small vectors byte by byte")
    func opensByteByByte() throws {
        for name in try Vector.names() {
            let vector = try Vector(named: name)
            guard vector.body.count < 1_024 else { continue }
            let reader = try VectorReader(vector, pieces: [1])
            let outcome = try vector.text("expect")
            #expect(reader.outcome == outcome, "\(name)")
        }
    }

    @Test("seals the same bytes as Python")
    func sealsTheSameBytes() throws {
        var sealed = 0
        for name in try Vector.names() {
            let vector = try Vector(named: name)
            guard try vector.text("expect") == "success", try vector.range == nil else { continue }
            sealed += 1
            let text = try vector.text("envelope")
            let given = try Envelope(text: Array(text.utf8))
            #expect(given.text == text)
            let attributes = try ObjectAttributes(parsing: vector.bytes("attributes"))
            let again = try envelope(vector, given, attributes)
            #expect(again == given, "\(name)")
            let objectKey = try vector.secret("object-key")
            guard let facts = given.streamFacts else {
                try expectParts(vector, given, attributes, objectKey)
                continue
            }
            let stored = try StreamSealer.seal(
                vector.plaintext,
                facts: facts,
                objectKey: objectKey
            )
            let isSame = stored == vector.body
            #expect(isSame, "\(name)")
        }
        #expect(sealed > 20)
    }

    @Test("reads the example of the format")
    func readsTheExample() throws {
        let vector = try Vector(named: "format-example")
        #expect(vector.body.count == 121)
        #expect(
            Hex.encode(vector.body)
                == "534757310110000000000000000000000000000000000009000102030405060708090a0b0c0d0e0f"
                + "000102030405060708090a0b0c0d0e0f1011121314151617a3452cf48718dead5f6c2b03e95292e8"
                + "b9f41ff129af32a3af813ad0db6211280c4f78f572348fe10c7a1300ef17d1a9b4c83c37576ef47c"
                + "ff"
        )
        let envelope = try Envelope(text: Array(vector.text("envelope").utf8))
        #expect(
            Hex.encode(envelope.bytes)
                == "0101010000110030000102030405060708090a0b0c0d0e0f00000000000000090001020304050607"
                + "08090a0b0c0d0e0f1011121314151617a3452cf48718dead5f6c2b03e95292e8b9f41ff129af32a3"
                + "af813ad0db6211286465666768696a6b6c6d6e6f707172737475767778797a7bff6ef61e2092974e"
                + "5219bfac1cc2d0b0bdbcb04e523e11220d21f7b3b2df0844a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                + "01404142434445464748494a4b4c4d4e4f225881fb6e7ed223b150c6ae622a0709eb3b2c5f1bb3b5"
                + "b63f010ecf430093c0d667945de433be01a361bb5326e1dde4fea17550d3c08da86f8dc3515f2a5b"
                + "fce843a0ca4f495f8be225333c1d99a0a021813a16a3f244f228a54e4f7be80f2b"
        )
    }

    private func envelope(
        _ vector: Vector,
        _ given: Envelope,
        _ attributes: ObjectAttributes
    ) throws -> Envelope {
        let context = EnvelopeContext(
            bucket: try vector.text("bucket"),
            key: try vector.text("key"),
            reference: given.reference,
            bucketKeyKMSKeyID: vector.optional("kms-key-id") ?? ""
        )
        guard given.mode != .customer else {
            return try Envelope(
                sealing: vector.secret("object-key"),
                objectID: given.objectID,
                body: given.body,
                attributes: attributes,
                context: context,
                customerKey: vector.secret("wrapping-key"),
                wrapSalt: given.wrapSalt
            )
        }
        return try Envelope(
            sealing: vector.secret("object-key"),
            objectID: given.objectID,
            body: given.body,
            reference: given.reference,
            attributes: attributes,
            context: context,
            keyEncryptionKey: vector.secret("wrapping-key"),
            attributeKey: vector.secret("attribute-key"),
            attributeKeyID: given.attributeKeyID,
            wrapSalt: given.wrapSalt
        )
    }

    private func expectParts(
        _ vector: Vector,
        _ envelope: Envelope,
        _ attributes: ObjectAttributes,
        _ objectKey: borrowing SecretBytes
    ) throws {
        let plaintext = try vector.plaintext
        var stored: [UInt8] = []
        var offset = 0
        var parts: [PartTable.Part] = []
        for (number, bytes) in try vector.records {
            let record = try PartRecord(parsing: bytes)
            let facts = try StreamFacts(
                objectID: envelope.objectID,
                partNumber: number,
                plaintextCount: record.plaintextCount,
                salt: record.salt
            )
            let attributes = try record.open(
                objectKey: objectKey,
                objectID: envelope.objectID,
                expectedNumber: number
            )
            let again = try PartRecord(
                sealing: facts,
                attributes: attributes,
                objectKey: objectKey
            )
            #expect(again.bytes == bytes)
            let piece = Array(plaintext[offset..<(offset + facts.plaintextCount)])
            stored += try StreamSealer.seal(piece, facts: facts, objectKey: objectKey)
            offset += facts.plaintextCount
            parts.append(record.part)
        }
        #expect(stored == vector.body)
        let tableID = try #require(attributes.tableID)
        let table = try PartTable(id: tableID, parts: parts).seal(
            objectKey: objectKey,
            objectID: envelope.objectID,
            salt: Salt(vector.bytes("table-salt"))
        )
        let expected = try vector.bytes("table")
        #expect(table == expected)
    }
}
