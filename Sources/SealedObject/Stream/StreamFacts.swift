internal import Encoding

/// What is known of a stream without its bytes: the part of its header that the key depends on.
public struct StreamFacts: Equatable, Sendable {
    /// The object's or the upload's id.
    public let objectID: Identifier
    /// The part's number, 1...10,000; `nil` for the whole body of an object.
    public let partNumber: UInt32?
    /// Sizes and offsets, from the plaintext length.
    public let layout: SealedLayout
    /// Random, one an attempt.
    public let salt: Salt

    /// The facts of a stream.
    ///
    /// - Parameters:
    ///   - objectID: the id that the envelope names.
    ///   - partNumber: 1...10,000, or `nil` for the whole body of an object.
    ///   - plaintextCount: bytes, 0...5 GiB.
    ///   - salt: fresh for every attempt to write, else the one of the envelope or part table.
    /// - Throws: `.partNumberInvalid`, `.plaintextCountInvalid`.
    public init(
        objectID: Identifier,
        partNumber: UInt32? = nil,
        plaintextCount: Int,
        salt: Salt
    ) throws(SealedObjectError) {
        if let partNumber, !(1...UInt32(SealedFormat.partNumberMax)).contains(partNumber) {
            throw .partNumberInvalid(partNumber)
        }
        self.objectID = objectID
        self.partNumber = partNumber
        self.layout = try SealedLayout(plaintextCount: plaintextCount)
        self.salt = salt
    }

    /// The plaintext length in bytes.
    public var plaintextCount: Int { layout.plaintextCount }

    /// The first 64 bytes of the header.
    public var bytes: [UInt8] { value.bytes }

    /// The first 64 bytes of the header, as words: magic, suite, segment size, kind and a zero;
    /// part number and zeros; the length; the object's id; the salt.
    var value: InlineBytes<8> {
        let kind: UInt64 = partNumber == nil ? 0 : 1
        let suite = UInt64(SealedFormat.suite), segmentLog2 = UInt64(SealedFormat.segmentLog2)
        let id = objectID.value.words, salt = salt.value.words
        return InlineBytes(words: [
            UInt64(StreamHeader.magic) << 32 | suite << 24 | segmentLog2 << 16 | kind << 8,
            UInt64(partNumber ?? 0) << 32,
            UInt64(plaintextCount),
            id[0], id[1],
            salt[0], salt[1], salt[2],
        ])
    }
}
