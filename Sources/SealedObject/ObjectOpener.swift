public import Crypto

/// Opens what a read asked for, from one stream or from slices of many parts in a row.
///
/// Bound to one thread at a time. Once it has thrown it throws the same error again.
public final class ObjectOpener {
    private let objectID: Identifier
    private let objectKey: SecretBytes
    private let slices: [MultipartLayout.PartSlice]
    private var current: StreamOpener
    private var next: Int
    private var skip: Int
    private var take: Int
    private var failure: SealedObjectError?

    /// An opener of an object that wasn't uploaded in parts.
    ///
    /// - Parameters:
    ///   - facts: from the envelope.
    ///   - commitment: the envelope's.
    ///   - slice: what is read.
    ///   - objectKey: OEK, 32 bytes.
    /// - Throws: as `StreamOpener.init`.
    public init(
        facts: StreamFacts,
        commitment: [UInt8],
        slice: StoredSlice,
        objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) {
        current = try StreamOpener(
            facts: facts,
            commitment: commitment,
            slice: slice,
            objectKey: objectKey
        )
        objectID = facts.objectID
        self.objectKey = try objectKey.cloned()
        slices = []
        next = 0
        skip = slice.skip
        take = slice.take
    }

    /// An opener of slices of parts, in stored order.
    ///
    /// - Parameters:
    ///   - objectID: from the envelope.
    ///   - slices: of `MultipartLayout`, at least one.
    ///   - objectKey: OEK, 32 bytes.
    /// - Throws: `.rangeInvalid` without slices; as `StreamOpener.init`.
    public init(
        objectID: Identifier,
        slices: [MultipartLayout.PartSlice],
        objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) {
        guard let first = slices.first else { throw .rangeInvalid }
        self.objectID = objectID
        self.objectKey = try objectKey.cloned()
        self.slices = slices
        current = try Self.opener(first, objectID, objectKey)
        next = 1
        skip = first.slice.skip
        take = first.slice.take
    }

    /// Whether every segment of every slice was verified.
    public var isFinished: Bool { current.isFinished && next >= slices.count && failure == nil }

    /// Opens the next piece, at most to the end of one segment; as `StreamOpener.open`.
    ///
    /// - Parameters:
    ///   - piece: stored bytes, in order; any length.
    ///   - segmentBuffer: room for 65,536 bytes; the same until a segment is verified.
    /// - Returns: how many bytes of `piece` were taken; and, once a segment is verified, which
    ///   bytes of the buffer were asked for and may be released (perhaps none).
    /// - Throws: as `StreamOpener.open`.
    @unsafe
    public func open(
        _ piece: Span<UInt8>,
        into segmentBuffer: UnsafeMutableRawPointer
    ) throws(SealedObjectError) -> (consumed: Int, released: Range<Int>?) {
        if let failure { throw failure }
        if current.isFinished, next < slices.count, !piece.isEmpty {
            do throws(SealedObjectError) { try advance() } catch {
                failure = error
                throw error
            }
        }
        let (consumed, verified) = try unsafe current.open(piece, into: segmentBuffer)
        guard let verified else { return (consumed, nil) }
        let lower = min(skip, verified)
        let upper = min(verified, lower + take)
        skip -= lower
        take -= upper - lower
        return (consumed, lower..<upper)
    }

    /// Ends the read.
    ///
    /// - Throws: `.storedTruncated` when segments or parts are missing.
    public func finish() throws(SealedObjectError) {
        if let failure { throw failure }
        try current.finish()
        guard next >= slices.count else { throw .storedTruncated }
    }

    private func advance() throws(SealedObjectError) {
        let slice = slices[next]
        current = try Self.opener(slice, objectID, objectKey)
        next += 1
        skip = slice.slice.skip
        take = slice.slice.take
    }

    private static func opener(
        _ slice: MultipartLayout.PartSlice,
        _ objectID: Identifier,
        _ objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) -> StreamOpener {
        let facts = try StreamFacts(
            objectID: objectID,
            partNumber: slice.part.number,
            plaintextCount: slice.part.plaintextCount,
            salt: slice.part.salt
        )
        return try StreamOpener(
            facts: facts,
            commitment: nil,
            slice: slice.slice,
            objectKey: objectKey
        )
    }
}
