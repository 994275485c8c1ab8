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
            #expect(again.bytes == given.bytes, "\(name)")
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

    @Test("is the example of the format")
    func readsTheExample() throws {
        let vector = try Vector(named: "format-example")
        #expect(vector.body.count == 121)
        let envelope = try Envelope(text: Array(vector.text("envelope").utf8))
        let page = Vector.folder.appending(path: "../../docs/format.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        // The page's examples are lines of hexadecimal digits, indented by four.
        let digits = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("    ") ? $0.dropFirst(4) : "" }
            .map { Hex.decode(String($0)) == nil ? "" : $0 }
        let examples = digits.split(separator: "").map { $0.joined() }
        let all = [Hex.encode(vector.body), Hex.encode(envelope.bytes), Vector.settingExample]
        #expect(examples == all)
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
            keyEncryptionKey: HKDF.Expander(vector.secret("wrapping-key")),
            attributeKey: HKDF.Expander(vector.secret("attribute-key")),
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
