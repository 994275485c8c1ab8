internal import Encoding

/// The 96 bytes in front of a stream.
///
/// Source: docs/format.md, "Stream".
public struct StreamHeader: Equatable, Sendable {
    /// "SGW1".
    static let magic: UInt32 = 0x5347_5731

    /// What the key depends on: the first 64 bytes.
    public let facts: StreamFacts
    /// The last 32 bytes: which key opens the stream.
    public let commitment: Commitment

    /// A header of facts and the commitment derived from them.
    public init(facts: StreamFacts, commitment: Commitment) {
        self.facts = facts
        self.commitment = commitment
    }

    /// The header's 96 bytes.
    public var bytes: [UInt8] { value.bytes }

    /// Lends the header's 96 bytes, for which no memory is allocated.
    public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        value.withBytes(body)
    }

    private var value: InlineBytes<12> {
        var words = InlineArray<12, UInt64>(repeating: 0)
        let facts = facts.value.words, commitment = commitment.value.words
        for index in facts.indices { words[index] = facts[index] }
        for index in commitment.indices { words[8 + index] = commitment[index] }
        return InlineBytes(words: words)
    }

    /// Reads a header of 96 bytes; only a reader that knows the facts can trust it.
    ///
    /// - Throws: `.lengthInvalid`, `.headerMagicInvalid`, `.suiteUnknown`, `.segmentSizeUnknown`,
    ///   `.streamKindUnknown`, `.headerReservedNotZero`, `.partNumberInvalid`,
    ///   `.plaintextCountInvalid`.
    public init(parsing bytes: [UInt8]) throws(SealedObjectError) {
        var cursor = ByteCursor(bytes)
        guard bytes.count == SealedFormat.headerCount, let magic = cursor.readInteger(UInt32.self),
            let suite = cursor.readInteger(UInt8.self),
            let segmentLog2 = cursor.readInteger(UInt8.self),
            let kind = cursor.readInteger(UInt8.self),
            let reserved = cursor.readInteger(UInt8.self),
            let partNumber = cursor.readInteger(UInt32.self),
            let reservedWord = cursor.readInteger(UInt32.self),
            let length = cursor.readInteger(UInt64.self),
            let objectID = cursor.read(Identifier.count),
            let salt = cursor.read(Salt.count),
            let commitment = cursor.read(Commitment.count)
        else { throw .lengthInvalid }
        guard magic == Self.magic else { throw .headerMagicInvalid }
        guard suite == SealedFormat.suite else { throw .suiteUnknown(suite) }
        guard segmentLog2 == SealedFormat.segmentLog2 else {
            throw .segmentSizeUnknown(segmentLog2)
        }
        guard kind <= 1 else { throw .streamKindUnknown(kind) }
        guard reserved == 0, reservedWord == 0 else { throw .headerReservedNotZero }
        guard kind == 1 || partNumber == 0 else { throw .partNumberInvalid(partNumber) }
        guard let plaintextCount = Int(exactly: length) else { throw .plaintextCountInvalid }
        facts = try StreamFacts(
            objectID: Identifier(objectID),
            partNumber: kind == 1 ? partNumber : nil,
            plaintextCount: plaintextCount,
            salt: Salt(salt)
        )
        self.commitment = try Commitment(commitment)
    }
}
