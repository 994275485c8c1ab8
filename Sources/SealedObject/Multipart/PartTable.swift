public import Crypto
internal import Encoding

/// Which parts an object consists of: written at Complete, sealed under the object's key.
///
/// Source: docs/format.md, "Part table".
public struct PartTable: Equatable, Sendable {
    /// One part of an object.
    public struct Part: Equatable, Sendable {
        /// The part's number, 1...10,000.
        public let number: UInt32
        /// The part's plaintext length in bytes, 0...5 GiB.
        public let plaintextCount: Int
        /// The salt of the attempt that was taken.
        public let salt: Salt

        /// A part of an object; `PartTable.init` checks its values.
        public init(number: UInt32, plaintextCount: Int, salt: Salt) {
            self.number = number
            self.plaintextCount = plaintextCount
            self.salt = salt
        }
    }

    private static let magic = Array("SGWM".utf8) + [1, SealedFormat.suite, 0, 0]
    private static let label = Array("sgw/v1/table\0".utf8)
    private static let headerCount = 64
    private static let partCount = 36

    /// The table's id, which the envelope's attributes carry.
    public let id: Identifier
    /// The parts, ascending.
    public let parts: [Part]
    /// The object's plaintext length in bytes.
    public let plaintextCount: Int

    /// A table of parts.
    ///
    /// - Throws: `.partCountInvalid` outside 1...10,000, `.partNumberInvalid`,
    ///   `.partTableOrderInvalid` for numbers that don't ascend, `.plaintextCountInvalid` for a
    ///   part over 5 GiB or an object over 5 TiB.
    public init(id: Identifier, parts: [Part]) throws(SealedObjectError) {
        guard (1...SealedFormat.partNumberMax).contains(parts.count) else {
            throw .partCountInvalid
        }
        var total = 0
        var last: UInt32 = 0
        for part in parts {
            guard (1...UInt32(SealedFormat.partNumberMax)).contains(part.number) else {
                throw .partNumberInvalid(part.number)
            }
            guard part.number > last else { throw .partTableOrderInvalid }
            guard (0...SealedFormat.streamCountMax).contains(part.plaintextCount) else {
                throw .plaintextCountInvalid
            }
            last = part.number
            // At most 10,000 times 5 GiB: no overflow.
            total += part.plaintextCount
        }
        guard total <= SealedFormat.objectCountMax else { throw .plaintextCountInvalid }
        self.id = id
        self.parts = parts
        plaintextCount = total
    }

    /// The table sealed: 80 + 36 bytes a part.
    ///
    /// - Parameters:
    ///   - objectKey: OEK, 32 bytes.
    ///   - objectID: the upload's id.
    ///   - salt: fresh for every table.
    /// - Returns: header, ciphertext and tag.
    /// - Throws: `.lengthInvalid` for a key that isn't 32 bytes, `.crypto`.
    public func seal(
        objectKey: borrowing SecretBytes,
        objectID: Identifier,
        salt: Salt
    ) throws(SealedObjectError) -> [UInt8] {
        var header = Self.magic
        id.append(to: &header)
        header.append(bigEndian: UInt32(parts.count))
        header.append(bigEndian: UInt32(0))
        header.append(bigEndian: UInt64(plaintextCount))
        salt.append(to: &header)
        var entries: [UInt8] = []
        entries.reserveCapacity(parts.count * Self.partCount)
        for part in parts {
            entries.append(bigEndian: part.number)
            entries.append(bigEndian: UInt64(part.plaintextCount))
            part.salt.append(to: &entries)
        }
        let box = try Box(objectKey, info: Self.label + objectID.bytes + header)
        try box.append(sealing: entries.span, to: &header)
        return header
    }

    /// Opens a sealed table.
    ///
    /// - Parameters:
    ///   - sealed: header, ciphertext and tag.
    ///   - objectKey: OEK, 32 bytes.
    ///   - objectID: the id that the envelope names.
    ///   - expectedID: the table id of the envelope's attributes.
    /// - Throws: `.partTableLengthInvalid`, `.partTableMagicInvalid`, `.partCountInvalid`,
    ///   `.partTableMismatch` for another id or a wrong sum, `.partTableRefused`,
    ///   `.partTableOrderInvalid`, `.partNumberInvalid`, `.plaintextCountInvalid`,
    ///   `.lengthInvalid`, `.crypto`.
    public init(
        opening sealed: [UInt8],
        objectKey: borrowing SecretBytes,
        objectID: Identifier,
        expectedID: Identifier
    ) throws(SealedObjectError) {
        var cursor = ByteCursor(sealed)
        guard let magic = cursor.read(8), let id = cursor.read(Identifier.count),
            let count = cursor.readInteger(UInt32.self),
            let reserved = cursor.readInteger(UInt32.self),
            let total = cursor.readInteger(UInt64.self), cursor.read(Salt.count) != nil
        else { throw .partTableLengthInvalid }
        guard Array(magic) == Self.magic, reserved == 0 else { throw .partTableMagicInvalid }
        guard (1...UInt32(SealedFormat.partNumberMax)).contains(count) else {
            throw .partCountInvalid
        }
        guard cursor.remaining == Int(count) * Self.partCount + SealedFormat.tagCount else {
            throw .partTableLengthInvalid
        }
        guard Array(id) == expectedID.bytes else { throw .partTableMismatch }
        let header = Array(sealed[..<Self.headerCount])
        let box = try Box(objectKey, info: Self.label + objectID.bytes + header)
        let body = sealed.span.extracting(Self.headerCount...)
        guard let entries = try box.open(body, authenticating: header.span) else {
            throw .partTableRefused
        }
        try self.init(id: expectedID, parts: try Self.parse(entries))
        guard UInt64(plaintextCount) == total else { throw .partTableMismatch }
    }

    /// Refuses the table of an object that the envelope describes otherwise.
    ///
    /// - Parameter body: of the envelope; `.upload` says nothing and takes every table.
    /// - Throws: `.partTableMismatch` for another number of parts or another length.
    public func verify(against body: EnvelopeBody) throws(SealedObjectError) {
        switch body {
        case .parts(parts.count, plaintextCount), .upload: return
        case .parts, .stream: throw .partTableMismatch
        }
    }

    private static func parse(_ entries: [UInt8]) throws(SealedObjectError) -> [Part] {
        var cursor = ByteCursor(entries)
        var parts: [Part] = []
        parts.reserveCapacity(entries.count / partCount)
        while cursor.remaining > 0 {
            guard let number = cursor.readInteger(UInt32.self),
                let length = cursor.readInteger(UInt64.self),
                let salt = cursor.read(Salt.count)
            else { throw .partTableLengthInvalid }
            guard let plaintextCount = Int(exactly: length) else { throw .plaintextCountInvalid }
            parts.append(
                Part(number: number, plaintextCount: plaintextCount, salt: try Salt(salt))
            )
        }
        return parts
    }
}
