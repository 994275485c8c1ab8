public import Crypto
internal import Encoding

/// What the store keeps with each part of an upload: its length, its salt, sealed attributes.
///
/// Source: docs/format.md, "Part record".
public struct PartRecord: Equatable, Sendable {
    private static let label = Array("sgw/v1/part\0".utf8)
    private static let headerCount = 37

    /// The part's number, 1...10,000.
    public let partNumber: UInt32
    /// The part's plaintext length in bytes, 0...5 GiB.
    public let plaintextCount: Int
    /// The salt of the part's stream.
    public let salt: Salt
    /// The sealed attributes: ciphertext and tag.
    public let box: [UInt8]

    /// Seals the record of one attempt to write a part, once: the salt gives the box its key too.
    ///
    /// - Parameters:
    ///   - facts: of the part's stream, with a part number.
    ///   - attributes: plaintext ETag and checksums.
    ///   - objectKey: OEK, 32 bytes.
    /// - Throws: `.partNumberInvalid` without a part number, `.attributesTooLarge` over 4,096
    ///   bytes, `.lengthInvalid` for a key that isn't 32 bytes, `.crypto`.
    public init(
        sealing facts: StreamFacts,
        attributes: ObjectAttributes,
        objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) {
        guard let partNumber = facts.partNumber else { throw .partNumberInvalid(0) }
        self.partNumber = partNumber
        plaintextCount = facts.plaintextCount
        salt = facts.salt
        let padded = try attributes.encode(limit: SealedFormat.partAttributesCountMax)
        let header = Self.header(partNumber, plaintextCount, salt)
        let info = Self.info(facts.objectID, partNumber, salt)
        box = try Box(objectKey, info: info).seal(padded, authenticating: header)
    }

    /// Reads a record without opening its box.
    ///
    /// - Throws: `.partRecordLengthInvalid`, `.partRecordVersionUnknown`, `.partNumberInvalid`,
    ///   `.plaintextCountInvalid`.
    public init(parsing bytes: [UInt8]) throws(SealedObjectError) {
        var cursor = ByteCursor(bytes)
        guard let version = cursor.readInteger(UInt8.self),
            let partNumber = cursor.readInteger(UInt32.self),
            let length = cursor.readInteger(UInt64.self), let salt = cursor.read(Salt.count)
        else { throw .partRecordLengthInvalid }
        guard version == 1 else { throw .partRecordVersionUnknown(version) }
        guard (1...UInt32(SealedFormat.partNumberMax)).contains(partNumber) else {
            throw .partNumberInvalid(partNumber)
        }
        guard let plaintextCount = Int(exactly: length),
            plaintextCount <= SealedFormat.streamCountMax
        else { throw .plaintextCountInvalid }
        let padded = cursor.remaining - SealedFormat.tagCount
        guard (0...SealedFormat.partAttributesCountMax).contains(padded),
            padded.isMultiple(of: ObjectAttributes.paddingUnit)
        else { throw .partRecordLengthInvalid }
        self.partNumber = partNumber
        self.plaintextCount = plaintextCount
        self.salt = try Salt(salt)
        box = Array(bytes[Self.headerCount...])
    }

    /// The record: `1 ‖ u32 part number ‖ u64 P ‖ salt 24 ‖ box`.
    public var bytes: [UInt8] { Self.header(partNumber, plaintextCount, salt) + box }

    /// The part as the part table names it.
    public var part: PartTable.Part {
        PartTable.Part(number: partNumber, plaintextCount: plaintextCount, salt: salt)
    }

    /// Opens the box, which proves the whole record.
    ///
    /// - Parameters:
    ///   - objectKey: OEK, 32 bytes.
    ///   - objectID: the upload's id.
    ///   - expectedNumber: the number under which the store gave the record.
    /// - Returns: plaintext ETag and checksums.
    /// - Throws: `.partNumberInvalid` for the record of another part, `.partRecordRefused`, what
    ///   `ObjectAttributes.init(parsing:)` throws, `.lengthInvalid`, `.crypto`.
    public func open(
        objectKey: borrowing SecretBytes,
        objectID: Identifier,
        expectedNumber: UInt32
    ) throws(SealedObjectError) -> ObjectAttributes {
        guard partNumber == expectedNumber else { throw .partNumberInvalid(partNumber) }
        let header = Self.header(partNumber, plaintextCount, salt)
        let info = Self.info(objectID, partNumber, salt)
        let padded = try Box(objectKey, info: info).open(box.span, authenticating: header.span)
        guard let padded else { throw .partRecordRefused }
        return try ObjectAttributes(parsing: padded)
    }

    private static func header(_ partNumber: UInt32, _ length: Int, _ salt: Salt) -> [UInt8] {
        var header: [UInt8] = [1]
        header.append(bigEndian: partNumber)
        header.append(bigEndian: UInt64(length))
        salt.append(to: &header)
        return header
    }

    private static func info(_ objectID: Identifier, _ number: UInt32, _ salt: Salt) -> [UInt8] {
        var info = label
        objectID.append(to: &info)
        info.append(bigEndian: number)
        salt.append(to: &info)
        return info
    }
}
