import Crypto
import Encoding
import SealedObject
import Testing

@Suite("The form of an envelope")
struct EnvelopeParseTests {
    private enum Kind { case customer, dataKey, s3 }

    private func bytes(_ kind: Kind, _ body: EnvelopeBody? = nil) throws -> [UInt8] {
        let body =
            try body
            ?? .stream(
                plaintextCount: 9,
                salt: Sample.salt(),
                commitment: try Commitment([UInt8](repeating: 3, count: 32))
            )
        let reference: KeyReference =
            switch kind {
            case .customer: .customerKey
            case .dataKey: .kmsDataKey(.init(kmsKeyID: "k", wrapped: [1, 2], clientContext: [3]))
            case .s3: .bucketKey(try Sample.identifier())
            }
        let context = EnvelopeContext(bucket: "b", key: "k", reference: reference)
        guard kind != .customer else {
            return try Envelope(
                sealing: Sample.secret(Sample.objectKey),
                objectID: Sample.identifier(),
                body: body,
                attributes: ObjectAttributes(),
                context: context,
                customerKey: Sample.secret(Sample.otherKey)
            ).bytes
        }
        return try seal(reference, body, context).bytes
    }

    private func seal(
        _ reference: KeyReference,
        _ body: EnvelopeBody,
        _ context: EnvelopeContext
    ) throws -> Envelope {
        try Envelope(
            sealing: Sample.secret(Sample.objectKey),
            objectID: Sample.identifier(),
            body: body,
            reference: reference,
            attributes: ObjectAttributes(),
            context: context,
            keyEncryptionKey: Sample.shared(Sample.otherKey),
            attributeKey: Sample.shared(Sample.otherKey),
            attributeKeyID: Sample.identifier()
        )
    }

    private func expect(
        _ error: SealedObjectError,
        _ bytes: [UInt8],
        at offset: Int,
        _ value: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var changed = bytes
        changed.replaceSubrange(offset..<(offset + value.count), with: value)
        #expect(throws: error, sourceLocation: sourceLocation) {
            try Envelope(parsing: changed)
        }
    }

    @Test("is refused for each field by an error of its own")
    func fields() throws {
        let s3 = try bytes(.s3)
        expect(.envelopeVersionUnknown(2), s3, at: 0, [2])
        expect(.suiteUnknown(0), s3, at: 1, [0])
        expect(.envelopeModeUnknown(0), s3, at: 2, [0])
        expect(.envelopeModeUnknown(4), s3, at: 2, [4])
        expect(.envelopeFlagsInvalid(4), s3, at: 3, [4])
        expect(.envelopeFlagsInvalid(0x80), s3, at: 3, [0x80])
        expect(.envelopeFlagsInvalid(2), s3, at: 3, [2])
        expect(.envelopeLengthInvalid, s3, at: 4, [0, 18])
        expect(.envelopeLengthInvalid, s3, at: 6, [0, 15])
        expect(.envelopeLengthInvalid, s3, at: 6, [0xff, 0xff])
        expect(.plaintextCountInvalid, s3, at: 24, [0, 0, 0, 1, 0x40, 0, 0, 1])
        expect(.plaintextCountInvalid, s3, at: 24, [UInt8](repeating: 0xff, count: 8))
        expect(.envelopeReservedNotZero, try bytes(.customer), at: 159, [1])
    }

    @Test("is refused with a KEK reference of another form than its mode's")
    func references() throws {
        let s3 = try bytes(.s3)
        expect(.keyReferenceInvalid, s3, at: 160, [2])
        expect(.keyReferenceInvalid, s3, at: 2, [2])
        // 2 ‖ lp("k") ‖ lp(1, 2) ‖ lp(3)
        let dataKey = try bytes(.dataKey)
        expect(.keyReferenceInvalid, dataKey, at: 160, [1])
        expect(.keyReferenceInvalid, dataKey, at: 3, [2])
        expect(.keyReferenceInvalid, dataKey, at: 165, [0xff])
        expect(.keyReferenceInvalid, dataKey, at: 161, [0x80])
        expect(.keyReferenceInvalid, dataKey, at: 164, [0])
        expect(.keyReferenceInvalid, dataKey, at: 169, [1])
        expect(.keyReferenceInvalid, dataKey, at: 175, [0])
        expect(.keyReferenceInvalid, dataKey, at: 175, [2])
    }

    @Test("is refused in parts with fields that no upload has")
    func parts() throws {
        let parts = try bytes(.s3, .parts(count: 2, plaintextCount: 100))
        expect(.partCountInvalid, parts, at: 32, [0, 0, 0, 0])
        expect(.partCountInvalid, parts, at: 32, [0, 0, 0x27, 0x11])
        expect(.partCountInvalid, parts, at: 24, [UInt8](repeating: 0xff, count: 8))
        expect(.envelopeReservedNotZero, parts, at: 36, [1])
        expect(.envelopeReservedNotZero, parts, at: 55, [1])
        expect(.envelopeReservedNotZero, parts, at: 56, [1])
        expect(.envelopeReservedNotZero, parts, at: 87, [1])
        expect(.plaintextCountInvalid, parts, at: 24, [0, 0, 5, 0, 0, 0, 0, 1])
        expect(.partCountInvalid, try bytes(.s3, .upload), at: 35, [1])
    }

    @Test("isn't written over its limits")
    func limits() throws {
        let context = EnvelopeContext(
            bucket: "b",
            key: "k",
            reference: .kmsDataKey(.init(kmsKeyID: "k", wrapped: [1]))
        )
        let wrong: [KeyReference.WrappedDataKey] = [
            .init(kmsKeyID: "", wrapped: [1]),
            .init(kmsKeyID: String(repeating: "k", count: 2_049), wrapped: [1]),
            .init(kmsKeyID: "k", wrapped: []),
            .init(kmsKeyID: "k", wrapped: [UInt8](repeating: 1, count: 4_097)),
            .init(
                kmsKeyID: "k",
                wrapped: [1],
                clientContext: [UInt8](repeating: 1, count: 8_193)
            ),
        ]
        for dataKey in wrong {
            #expect(throws: SealedObjectError.keyReferenceInvalid) {
                try seal(.kmsDataKey(dataKey), .upload, context)
            }
        }
        #expect(throws: SealedObjectError.keyReferenceInvalid) {
            try seal(.customerKey, .upload, context)
        }
        #expect(throws: SealedObjectError.keyReferenceInvalid) {
            try seal(.bucketKey(Sample.identifier()), .upload, context)
        }
        let commitment = try Commitment([UInt8](repeating: 3, count: 32))
        for (body, error) in [
            (.parts(count: 0, plaintextCount: 1), .partCountInvalid),
            (.parts(count: 10_001, plaintextCount: 1), .partCountInvalid),
            (.parts(count: 1, plaintextCount: 5 << 40 + 1), .plaintextCountInvalid),
            (
                .stream(plaintextCount: -1, salt: try Sample.salt(), commitment: commitment),
                .plaintextCountInvalid
            ),
        ] as [(EnvelopeBody, SealedObjectError)] {
            let reference = KeyReference.kmsDataKey(.init(kmsKeyID: "k", wrapped: [1]))
            #expect(throws: error) { try seal(reference, body, context) }
        }
    }
}
