import Crypto
import Encoding
import SealedObject
import Testing

@Suite("The envelope")
struct EnvelopeTests {
    private let attributeKey = [UInt8](repeating: 7, count: 32)

    private func body(_ count: Int = 9) throws -> EnvelopeBody {
        .stream(
            plaintextCount: count,
            salt: try Sample.salt(),
            commitment: try Commitment([UInt8](repeating: 3, count: 32))
        )
    }

    private func references() throws -> [KeyReference] {
        [
            .bucketKey(try Sample.identifier(4)),
            .kmsBucketKey(try Sample.identifier(4)),
            .kmsDataKey(.init(kmsKeyID: "k", wrapped: [1, 2], clientContext: [3])),
            .customerKey,
        ]
    }

    private func context(
        _ reference: KeyReference,
        bucket: String = "demo",
        key: String = "a.txt",
        kmsKeyID: String = "k"
    ) -> EnvelopeContext {
        EnvelopeContext(
            bucket: bucket,
            key: key,
            reference: reference,
            bucketKeyKMSKeyID: kmsKeyID
        )
    }

    private func envelope(
        _ reference: KeyReference,
        body: EnvelopeBody? = nil,
        contentType: String = "text/plain"
    ) throws -> Envelope {
        var attributes = ObjectAttributes()
        attributes.contentType = contentType
        let body = try body ?? self.body()
        guard reference != .customerKey else {
            return try Envelope(
                sealing: Sample.secret(Sample.objectKey),
                objectID: Sample.identifier(),
                body: body,
                attributes: attributes,
                context: context(reference),
                customerKey: Sample.secret(Sample.otherKey)
            )
        }
        return try Envelope(
            sealing: Sample.secret(Sample.objectKey),
            objectID: Sample.identifier(),
            body: body,
            reference: reference,
            attributes: attributes,
            context: context(reference),
            keyEncryptionKey: Sample.shared(Sample.otherKey),
            attributeKey: Sample.shared(attributeKey),
            attributeKeyID: Sample.identifier(5)
        )
    }

    private func openAttributes(
        _ envelope: Envelope,
        _ context: EnvelopeContext
    ) throws -> ObjectAttributes {
        let key = envelope.mode == .customer ? Sample.otherKey : attributeKey
        return try envelope.openAttributes(Sample.secret(key), context: context)
    }

    private func expectAlike(_ read: Envelope, _ written: Envelope) {
        #expect(read.bytes == written.bytes)
        #expect(read.objectID == written.objectID)
        #expect(read.body == written.body)
        #expect(read.reference == written.reference)
        #expect(read.wrapSalt == written.wrapSalt)
        #expect(read.attributeKeyID == written.attributeKeyID)
    }

    @Test("is read as it was written, and gives key and attributes back")
    func roundTrip() throws {
        let bodies: [EnvelopeBody] = [
            try body(), .upload, .parts(count: 3, plaintextCount: 5 << 40),
        ]
        for reference in try references() {
            for body in bodies {
                let envelope = try envelope(reference, body: body)
                let text = Array(envelope.text.utf8)
                expectAlike(try Envelope(text: text), envelope)
                expectAlike(try Envelope(parsing: envelope.bytes), envelope)
                let key = try envelope.openKey(
                    Sample.secret(Sample.otherKey),
                    context: context(reference)
                )
                let expected = try Sample.secret(Sample.objectKey)
                let isEqual = key.isEqual(to: expected)
                #expect(isEqual)
                let attributes = try openAttributes(envelope, context(reference))
                #expect(attributes.contentType == "text/plain")
            }
        }
    }

    @Test("keys that were taken in once open many, and go on behind those that they refuse")
    func manyUnderSharedKeys() throws {
        let attributeKey = try Sample.shared(attributeKey)
        let wrappingKey = try Sample.shared(Sample.otherKey)
        let objectKey = try Sample.secret(Sample.objectKey)
        for reference in try references() + references() {
            let envelope = try envelope(reference)
            let place = context(reference)
            guard envelope.mode != .customer else {
                #expect(throws: SealedObjectError.attributeBoxRefused) {
                    _ = try envelope.openAttributes(attributeKey, context: place)
                }
                #expect(throws: SealedObjectError.keyCheckMismatch) {
                    _ = try envelope.openKey(wrappingKey, context: place)
                }
                continue
            }
            let attributes = try envelope.openAttributes(attributeKey, context: place)
            #expect(attributes.contentType == "text/plain")
            let isOpened = try envelope.openKey(wrappingKey, context: place)
                .isEqual(to: objectKey)
            #expect(isOpened)
            let elsewhere = EnvelopeContext(bucket: "other", key: "key", reference: reference)
            #expect(throws: SealedObjectError.attributeBoxRefused) {
                _ = try envelope.openAttributes(attributeKey, context: elsewhere)
            }
            #expect(throws: SealedObjectError.keyCheckMismatch) {
                _ = try envelope.openKey(wrappingKey, context: elsewhere)
            }
            #expect(throws: SealedObjectError.keyCheckMismatch) {
                _ = try envelope.openKey(attributeKey, context: place)
            }
            let short = try Sample.shared([1, 2, 3])
            #expect(throws: SealedObjectError.lengthInvalid) {
                _ = try envelope.openAttributes(short, context: place)
            }
            #expect(throws: SealedObjectError.lengthInvalid) {
                _ = try envelope.openKey(short, context: place)
            }
        }
    }

    @Test("is refused with any one byte changed")
    func everyByte() throws {
        for reference in try references() {
            let bytes = try envelope(reference).bytes
            for offset in bytes.indices {
                for mask in [0x01, 0x80, 0xff] as [UInt8] {
                    var changed = bytes
                    changed[offset] ^= mask
                    #expect(throws: SealedObjectError.self, "\(offset)") {
                        let envelope = try Envelope(parsing: changed)
                        _ = try openAttributes(envelope, context(envelope.reference))
                    }
                    // The key box alone covers all bytes in front of it.
                    guard offset < 160 + (Int(bytes[4]) << 8 | Int(bytes[5])) + 48 else { continue }
                    #expect(throws: SealedObjectError.self, "\(offset)") {
                        let envelope = try Envelope(parsing: changed)
                        _ = try envelope.openKey(
                            Sample.secret(Sample.otherKey),
                            context: context(envelope.reference)
                        )
                    }
                }
            }
        }
    }

    @Test("is refused with any length but its own")
    func everyLength() throws {
        for reference in try references() {
            let bytes = try envelope(reference).bytes
            for count in bytes.indices {
                #expect(throws: SealedObjectError.envelopeLengthInvalid) {
                    try Envelope(parsing: Array(bytes.prefix(count)))
                }
            }
            #expect(throws: SealedObjectError.envelopeLengthInvalid) {
                try Envelope(parsing: bytes + [0])
            }
        }
    }

    @Test("is refused for another place, mode or KMS key, key and attributes alike")
    func bound() throws {
        for reference in try references() {
            let envelope = try envelope(reference)
            var places = [
                context(reference, bucket: "demo2"), context(reference, key: "b.txt"),
                context(reference, bucket: "demoa", key: ".txt"),
                context(reference, bucket: "", key: "demoa.txt"),
            ]
            places += try references().filter { $0.mode != reference.mode }.map { context($0) }
            if reference.isKMSBucketKey { places.append(context(reference, kmsKeyID: "l")) }
            for place in places {
                #expect(throws: SealedObjectError.keyCheckMismatch) {
                    _ = try envelope.openKey(Sample.secret(Sample.otherKey), context: place)
                }
                #expect(throws: SealedObjectError.self) { try openAttributes(envelope, place) }
            }
        }
    }

    @Test("tells (bk, tk/a) from (bkt, k/a)")
    func joinedNames() throws {
        let one = EnvelopeContext(bucket: "bk", key: "tk/a", reference: .customerKey)
        let two = EnvelopeContext(bucket: "bkt", key: "k/a", reference: .customerKey)
        #expect(one != two)
    }

    @Test("refuses a wrong key by its check, for empty objects too")
    func wrongKey() throws {
        for reference in try references() {
            let envelope = try envelope(reference, body: body(0))
            #expect(throws: SealedObjectError.keyCheckMismatch) {
                _ = try envelope.openKey(Sample.secret(attributeKey), context: context(reference))
            }
            let expected: SealedObjectError =
                reference == .customerKey ? .keyCheckMismatch : .attributeBoxRefused
            #expect(throws: expected) {
                try envelope.openAttributes(
                    Sample.secret(Sample.objectKey),
                    context: context(reference)
                )
            }
            #expect(throws: SealedObjectError.lengthInvalid) {
                _ = try envelope.openKey(Sample.secret([1]), context: context(reference))
            }
        }
    }

    @Test("refuses a key box that was changed")
    func keyBox() throws {
        let reference = try references()[0]
        var bytes = try envelope(reference).bytes
        bytes[160 + 17] ^= 1
        let changed = try Envelope(parsing: bytes)
        #expect(throws: SealedObjectError.keyBoxRefused) {
            _ = try changed.openKey(Sample.secret(Sample.otherKey), context: context(reference))
        }
    }

    @Test("refuses the attributes of another write of the same key")
    func swappedAttributes() throws {
        let reference = try references()[0]
        let one = try envelope(reference, contentType: "text/html1").bytes
        let two = try envelope(reference, contentType: "text/plain").bytes
        let box = 160 + 17 + 48
        let mixed = try Envelope(parsing: Array(one[..<box] + two[box...]))
        #expect(throws: SealedObjectError.attributeBoxRefused) {
            try openAttributes(mixed, context(reference))
        }
    }

    @Test("never wraps twice with one salt by itself")
    func freshSalts() throws {
        let reference = try references()[0]
        #expect(try envelope(reference).wrapSalt != envelope(reference).wrapSalt)
    }

    @Test("is refused as text that isn't base64url, or over its limit")
    func text() throws {
        let text = try envelope(.customerKey).text
        for changed in [text + "=", "+" + text.dropFirst(), text + " ", text.dropLast() + "\n"] {
            #expect(throws: SealedObjectError.envelopeTextInvalid) {
                try Envelope(text: Array(String(changed).utf8))
            }
        }
        let long = [UInt8](repeating: 0x41, count: 60_000)
        #expect(throws: SealedObjectError.envelopeLengthInvalid) { try Envelope(text: long) }
        #expect(Envelope.countMax * 4 / 3 < 60_000)
    }

    @Test("gives SSE-C an ETag without a key, and no other mode, whose ETag may be an attribute")
    func opaqueETag() throws {
        let id = Hex.encode(try Sample.identifier().bytes)
        for reference in try references() {
            let isManaged = reference.mode != .customer
            #expect(try envelope(reference).opaqueETag == (isManaged ? nil : "\(id)-1"))
            let parts = try envelope(reference, body: .parts(count: 12, plaintextCount: 3))
            #expect(parts.opaqueETag == (isManaged ? nil : "\(id)-12"))
            #expect(try envelope(reference, body: .upload).opaqueETag == nil)
        }
        #expect(try Sample.salt().opaquePartETag.count == 34)
    }
}
