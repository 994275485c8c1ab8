import SealedObject

/// Holds a stored body against its envelope without any key: header after header, as the sizes in
/// them lead from one part to the next.
///
/// What it proves is form: that every byte of the body belongs to a stream of this object, in the
/// parts and lengths that the envelope says. That the bytes open is for who has the key.
struct StoredBodyWalk {
    private let envelope: Envelope
    private let storedCount: Int
    private var offset = 0
    private var lastPart: UInt32 = 0
    private(set) var partCount = 0
    private(set) var plaintextCount = 0

    /// A walk of a body of `storedCount` bytes.
    init(_ envelope: Envelope, storedCount: Int) {
        self.envelope = envelope
        self.storedCount = storedCount
    }

    /// The stored bytes to look at next; `nil` at the body's end.
    var wanted: Range<Int>? {
        offset < storedCount ? offset..<(offset + SealedFormat.headerCount) : nil
    }

    /// Takes the bytes that were wanted.
    ///
    /// - Throws: what `StreamHeader.init(parsing:)` throws; `.headerMismatch`,
    ///   `.commitmentMismatch`, `.partTableOrderInvalid`, `.storedCountInvalid`.
    mutating func take(_ bytes: [UInt8]) throws(SealedObjectError) {
        let header = try StreamHeader(parsing: bytes)
        if envelope.body.isMultipart {
            guard header.facts.objectID == envelope.objectID,
                let number = header.facts.partNumber
            else { throw .headerMismatch }
            guard number > lastPart else { throw .partTableOrderInvalid }
            lastPart = number
        } else {
            guard offset == 0, header.facts == envelope.streamFacts else { throw .headerMismatch }
            guard header.commitment == envelope.commitment else { throw .commitmentMismatch }
        }
        let (end, overflow) = offset.addingReportingOverflow(header.facts.layout.storedCount)
        guard !overflow, end <= storedCount else { throw .storedCountInvalid }
        offset = end
        partCount += 1
        // At most 10,000 times 5 GiB, since the numbers ascend: no overflow.
        plaintextCount += header.facts.plaintextCount
    }

    /// Ends the walk.
    ///
    /// - Throws: `.storedTruncated` before the end, `.partTableMismatch` where number or length of
    ///   the parts isn't the envelope's.
    func finish() throws(SealedObjectError) {
        guard offset == storedCount, partCount > 0 else { throw .storedTruncated }
        if case .parts(let count, let length) = envelope.body {
            guard partCount == count, plaintextCount == length else { throw .partTableMismatch }
        }
    }
}
