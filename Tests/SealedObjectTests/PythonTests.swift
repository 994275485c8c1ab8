import Crypto
import Encoding
import Foundation
import TestSupport
import Testing

@testable import SealedObject

@Suite("Objects that Swift sealed")
struct PythonTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "sealed-object-\(UUID().uuidString)")

    @Test("are what the Python implementation reads and would have sealed")
    func pythonReadsThem() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = SplitMix64(seed: 20)
        var files = 0
        for count in [0, 1, 65_535, 65_536, 65_537, 131_073, Int(random.next() % 300_000)] {
            for kind in 0..<4 {
                try write("object-\(kind)-\(count)", try object(kind, count, &random))
                files += 1
            }
        }
        for kind in 0..<4 {
            try write("upload-\(kind)", try upload(kind, [70_000, 0, 3], &random))
            files += 1
        }
        let output = try verify()
        #expect(
            output.contains("\(files) of \(files) vectors"),
            "python3 with the package 'cryptography' is needed; verify_vectors.py said: \(output)"
        )
    }

    private struct File {
        var fields: [(String, String)]
        var body: [UInt8]
    }

    private func object(_ kind: Int, _ count: Int, _ random: inout SplitMix64) throws -> File {
        let facts = try StreamFacts(
            objectID: Identifier(random.bytes(16)),
            plaintextCount: count,
            salt: Salt(random.bytes(24))
        )
        let objectKey = random.bytes(32)
        let plaintext = Sample.counted(count)
        let secret = try Sample.secret(objectKey)
        let stored = try StreamSealer.seal(plaintext, facts: facts, objectKey: secret)
        let header = try StreamHeader(parsing: Array(stored.prefix(96)))
        let fields = try envelope(
            kind,
            objectKey,
            facts.objectID,
            EnvelopeBody(header),
            attributes(plaintext),
            &random
        )
        return File(fields: fields + described(plaintext), body: stored)
    }

    private func upload(_ kind: Int, _ counts: [Int], _ random: inout SplitMix64) throws -> File {
        let objectKey = random.bytes(32)
        let objectID = try Identifier(random.bytes(16))
        let total = counts.reduce(0, +)
        let plaintext = Sample.counted(total)
        let secret = try Sample.secret(objectKey)
        var file = File(fields: [], body: [])
        var parts: [PartTable.Part] = []
        var offset = 0
        for (index, count) in counts.enumerated() {
            let facts = try StreamFacts(
                objectID: objectID,
                partNumber: UInt32(3 * index + 1),
                plaintextCount: count,
                salt: Salt(random.bytes(24))
            )
            let piece = Array(plaintext[offset..<(offset + count)])
            file.body += try StreamSealer.seal(piece, facts: facts, objectKey: secret)
            let record = try PartRecord(
                sealing: facts,
                attributes: attributes(piece),
                objectKey: secret
            )
            file.fields.append(("part", "\(3 * index + 1) \(Hex.encode(record.bytes))"))
            parts.append(record.part)
            offset += count
        }
        let table = try PartTable(id: Identifier(random.bytes(16)), parts: parts)
        let salt = try Salt(random.bytes(24))
        let sealed = try table.seal(objectKey: secret, objectID: objectID, salt: salt)
        var attributes = try attributes(plaintext)
        attributes.tableID = table.id
        file.fields += try envelope(
            kind,
            objectKey,
            objectID,
            .parts(count: parts.count, plaintextCount: total),
            attributes,
            &random
        )
        file.fields += described(plaintext)
        file.fields += [("table", Hex.encode(sealed)), ("table-salt", Hex.encode(salt.bytes))]
        return file
    }

    private func attributes(_ plaintext: [UInt8]) throws -> ObjectAttributes {
        var attributes = ObjectAttributes()
        attributes.contentType = "text/plain; charset=utf-8"
        attributes.userMetadata = [.init(name: "who", value: "Zoë"), .init(name: "n", value: "")]
        attributes.entityTag = Hex.encode(HashFunction.md5.digest(plaintext))
        let digest = HashFunction.sha256.digest(plaintext)
        attributes.checksums = [try ObjectChecksum(.sha256, .fullObject, value: digest)]
        return attributes
    }

    private func described(_ plaintext: [UInt8]) -> [(String, String)] {
        [
            ("plaintext-size", "\(plaintext.count)"),
            ("plaintext-sha256", Hex.encode(HashFunction.sha256.digest(plaintext))),
        ]
    }

    private func envelope(
        _ kind: Int,
        _ objectKey: [UInt8],
        _ objectID: Identifier,
        _ body: EnvelopeBody,
        _ attributes: ObjectAttributes,
        _ random: inout SplitMix64
    ) throws -> [(String, String)] {
        let references: [KeyReference] = [
            .bucketKey(try Identifier(random.bytes(16))),
            .kmsBucketKey(try Identifier(random.bytes(16))),
            .kmsDataKey(
                .init(
                    kmsKeyID: "arn:aws:kms:eu-central-1:111122223333:key/a",
                    wrapped: random.bytes(184),
                    clientContext: Array(#"{"a":"b"}"#.utf8)
                )
            ),
            .customerKey,
        ]
        let reference = references[kind]
        let context = EnvelopeContext(
            bucket: "bucket",
            key: "folder/ключ",
            reference: reference,
            bucketKeyKMSKeyID: "key-7"
        )
        let wrappingKey = random.bytes(32)
        var fields = [
            ("expect", "success"), ("bucket", "bucket"), ("key", "folder/ключ"),
            ("object-key", Hex.encode(objectKey)), ("wrapping-key", Hex.encode(wrappingKey)),
        ]
        let envelope: Envelope
        if reference == .customerKey {
            envelope = try Envelope(
                sealing: Sample.secret(objectKey),
                objectID: objectID,
                body: body,
                attributes: attributes,
                context: context,
                customerKey: Sample.secret(wrappingKey)
            )
        } else {
            let attributeKey = random.bytes(32)
            fields += [("attribute-key", Hex.encode(attributeKey)), ("kms-key-id", "key-7")]
            envelope = try Envelope(
                sealing: Sample.secret(objectKey),
                objectID: objectID,
                body: body,
                reference: reference,
                attributes: attributes,
                context: context,
                keyEncryptionKey: Sample.shared(wrappingKey),
                attributeKey: Sample.shared(attributeKey),
                attributeKeyID: Identifier(random.bytes(16))
            )
        }
        let padded = try attributes.encode(limit: SealedFormat.attributesCountMax)
        return fields + [("envelope", envelope.text), ("attributes", Hex.encode(padded))]
    }

    private func write(_ name: String, _ file: File) throws {
        var data = Data()
        for (key, value) in file.fields { data += Data("\(key): \(value)\n".utf8) }
        data += Data([10])
        data += Data(file.body)
        try data.write(to: folder.appending(path: name))
    }

    private func verify() throws -> String {
        let script = Vector.folder.appending(path: "verify_vectors.py").path
        return try Command.run("python3", ["-B", script, folder.path])
    }
}
