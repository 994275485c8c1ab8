public import Crypto

/// Opens what a read asked for, from one stream or from slices of many parts in a row.
///
/// Bound to one thread at a time. Once it has thrown it throws the same error again.
public final class ObjectOpener {
    /// The parts of an object in parts, and what opens them.
    private final class Parts {
        let objectID: Identifier
        let slices: [MultipartLayout.PartSlice]
        private let objectKey: SecretBytes

        init(
            objectID: Identifier,
            slices: [MultipartLayout.PartSlice],
            objectKey: consuming SecretBytes
        ) {
            self.objectID = objectID
            self.slices = slices
            self.objectKey = objectKey
        }

        func opener(
            of slice: MultipartLayout.PartSlice
        ) throws(SealedObjectError) -> StreamOpener {
            let facts = try StreamFacts(
                objectID: objectID,
                partNumber: slice.part.number,
                plaintextCount: slice.part.plaintextCount,
                salt: slice.part.salt
            )
            // No envelope commits to a part: its table is bound to the key instead.
            return try StreamOpener(
                facts: facts,
                slice: slice.slice,
                keys: try StreamKeys(objectKey: objectKey, facts: facts)
            )
        }
    }

    private let parts: Parts?
    private var current: StreamOpener
    private var next: Int
    private var skip: Int
    private var take: Int
    private var failure: SealedObjectError?

    /// An opener of an object that wasn't uploaded in parts.
    ///
    /// - Parameters:
    ///   - facts: from the envelope.
    ///   - slice: what is read.
    ///   - keys: of these facts, verified against the envelope's commitment.
    /// - Throws: as `StreamOpener.init`.
    public init(
        facts: StreamFacts,
        slice: StoredSlice,
        keys: borrowing StreamKeys
    ) throws(SealedObjectError) {
        current = try StreamOpener(facts: facts, slice: slice, keys: keys)
        parts = nil
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
        let parts = Parts(objectID: objectID, slices: slices, objectKey: try objectKey.cloned())
        current = try parts.opener(of: first)
        self.parts = parts
        next = 1
        skip = first.slice.skip
        take = first.slice.take
    }

    /// The most plaintext bytes that one segment of what is read has; 1 at the least.
    public var segmentCountMax: Int {
        parts == nil ? max(1, current.segmentCountMax) : SealedFormat.segmentCount
    }

    private var sliceCount: Int { parts?.slices.count ?? 0 }

    /// Whether every segment of every slice was verified.
    public var isFinished: Bool { current.isFinished && next >= sliceCount && failure == nil }

    /// Opens the next piece, at most to the end of one segment; as `StreamOpener.open`.
    ///
    /// - Parameters:
    ///   - piece: stored bytes, in order; any length.
    ///   - segmentBuffer: room for `segmentCountMax` bytes; the same until a segment is verified.
    /// - Returns: how many bytes of `piece` were taken; and, once a segment is verified, which
    ///   bytes of the buffer were asked for and may be released (perhaps none).
    /// - Throws: as `StreamOpener.open`.
    @unsafe
    public func open(
        _ piece: Span<UInt8>,
        into segmentBuffer: UnsafeMutableRawPointer
    ) throws(SealedObjectError) -> (consumed: Int, released: Range<Int>?) {
        if let failure { throw failure }
        if current.isFinished, next < sliceCount, !piece.isEmpty {
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
        guard next >= sliceCount else { throw .storedTruncated }
    }

    private func advance() throws(SealedObjectError) {
        guard let parts else { return }
        let slice = parts.slices[next]
        current = try parts.opener(of: slice)
        next += 1
        skip = slice.slice.skip
        take = slice.slice.take
    }
}
