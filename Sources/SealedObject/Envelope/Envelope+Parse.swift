internal import Encoding

extension Envelope {
    /// Reads an envelope from the metadata header's value.
    ///
    /// - Throws: `.envelopeTextInvalid` for anything but base64url without padding; as
    ///   `init(parsing:)`.
    public convenience init(text: some Collection<UInt8>) throws(SealedObjectError) {
        guard text.count <= Self.countMax / 3 * 4 + 4 else { throw .envelopeLengthInvalid }
        guard let bytes = Base64.decode(text, as: .url) else { throw .envelopeTextInvalid }
        try self.init(parsing: bytes)
    }

    /// Reads an envelope; no other bytes parse to the same one.
    ///
    /// - Throws: `.envelopeLengthInvalid`, `.envelopeVersionUnknown`, `.suiteUnknown`,
    ///   `.envelopeModeUnknown`, `.envelopeFlagsInvalid`, `.keyReferenceInvalid`,
    ///   `.plaintextCountInvalid`, `.partCountInvalid`, `.envelopeReservedNotZero`.
    public convenience init(parsing bytes: [UInt8]) throws(SealedObjectError) {
        var cursor = ByteCursor(bytes)
        guard let version = cursor.readInteger(UInt8.self),
            let suite = cursor.readInteger(UInt8.self),
            let modeByte = cursor.readInteger(UInt8.self),
            let flags = cursor.readInteger(UInt8.self),
            let referenceCount = cursor.readInteger(UInt16.self),
            let attributeBoxCount = cursor.readInteger(UInt16.self),
            let objectID = cursor.read(Identifier.count),
            let length = cursor.readInteger(UInt64.self),
            let streamSalt = cursor.read(Salt.count),
            let commitment = cursor.read(Commitment.count),
            let wrapSalt = cursor.read(Salt.count), cursor.read(Self.keyCheckRange.count) != nil,
            let attributeKeyID = cursor.read(Identifier.count)
        else { throw .envelopeLengthInvalid }
        guard version == Self.version else { throw .envelopeVersionUnknown(version) }
        guard suite == SealedFormat.suite else { throw .suiteUnknown(suite) }
        guard let mode = EnvelopeMode(rawValue: modeByte) else {
            throw .envelopeModeUnknown(modeByte)
        }
        guard flags & ~3 == 0, flags & 2 == 0 || mode == .kms else {
            throw .envelopeFlagsInvalid(flags)
        }
        let padded = Int(attributeBoxCount) - SealedFormat.tagCount
        guard (0...SealedFormat.attributesCountMax).contains(padded),
            padded.isMultiple(of: ObjectAttributes.paddingUnit),
            let reference = cursor.read(Int(referenceCount)),
            cursor.read(Self.keyBoxCount) != nil, cursor.remaining == Int(attributeBoxCount)
        else { throw .envelopeLengthInvalid }
        guard mode != .customer || attributeKeyID.allSatisfy({ $0 == 0 }) else {
            throw .envelopeReservedNotZero
        }
        self.init(
            objectID: try Identifier(objectID),
            body: try Self.body(flags & 1 == 1, length, streamSalt, commitment),
            reference: try KeyReference(
                parsing: Array(reference),
                mode: mode,
                isKMSBucketKey: flags & 2 == 2
            ),
            wrapSalt: try Salt(wrapSalt),
            attributeKeyID: try Identifier(attributeKeyID),
            bytes: bytes,
            authenticatedCount: bytes.count - Int(attributeBoxCount)
        )
    }

    private static func body(
        _ isMultipart: Bool,
        _ length: UInt64,
        _ salt: ArraySlice<UInt8>,
        _ commitment: ArraySlice<UInt8>
    ) throws(SealedObjectError) -> EnvelopeBody {
        guard isMultipart else {
            guard let plaintextCount = Int(exactly: length),
                plaintextCount <= SealedFormat.streamCountMax
            else { throw .plaintextCountInvalid }
            return .stream(
                plaintextCount: plaintextCount,
                salt: try Salt(salt),
                commitment: try Commitment(commitment)
            )
        }
        var cursor = ByteCursor(salt)
        guard let count = cursor.readInteger(UInt32.self),
            salt.dropFirst(4).allSatisfy({ $0 == 0 }), commitment.allSatisfy({ $0 == 0 })
        else { throw .envelopeReservedNotZero }
        guard length != UInt64.max else {
            guard count == 0 else { throw .partCountInvalid }
            return .upload
        }
        guard (1...UInt32(SealedFormat.partNumberMax)).contains(count) else {
            throw .partCountInvalid
        }
        guard let plaintextCount = Int(exactly: length),
            plaintextCount <= SealedFormat.objectCountMax
        else { throw .plaintextCountInvalid }
        return .parts(count: Int(count), plaintextCount: plaintextCount)
    }
}
