internal import Crypto
internal import Encoding

/// Opens a run of whole segments of one stream, piece by piece, into the caller's buffer.
///
/// Bound to one thread at a time; nothing is allocated after `init` but to compare a header. Once
/// it has thrown it throws the same error again, and what it had put in the buffer is zeroed.
public final class StreamOpener {
    private let cipher: AESGCM
    private let facts: StreamFacts
    private let commitment: Commitment
    private let lastSegment: Int
    private var nonce: InlineArray<12, UInt8>
    private var segment: Int
    private var segmentCount: Int
    /// Ciphertext bytes of the current segment already in the buffer.
    private var opened = 0
    private var header: [UInt8] = []
    private var headerRemaining: Int
    private var tag = InlineArray<16, UInt8>(repeating: 0)
    private var tagCount = 0
    private var failure: SealedObjectError?

    /// Whether every segment of the slice was verified.
    public private(set) var isFinished = false

    /// The most plaintext bytes that one segment has: 65,536, or all of a shorter stream.
    public var segmentCountMax: Int {
        min(facts.plaintextCount, SealedFormat.segmentCount)
    }

    /// An opener of a slice of the stream that `facts` describe.
    ///
    /// - Parameters:
    ///   - facts: from the envelope, or from the part table.
    ///   - slice: which segments come, and whether the header comes first; of `facts.layout`.
    ///   - keys: of these facts; what an envelope commits to is verified by then.
    /// - Throws: `.rangeInvalid` for a slice of another layout, `.crypto`.
    public init(
        facts: StreamFacts,
        slice: StoredSlice,
        keys: borrowing StreamKeys
    ) throws(SealedObjectError) {
        let segments = facts.layout.segmentCount
        guard (0..<segments).contains(slice.firstSegment), slice.segmentCount > 0,
            slice.segmentCount <= segments - slice.firstSegment
        else { throw .rangeInvalid }
        self.facts = facts
        self.commitment = keys.commitment
        nonce = keys.nonce
        segment = slice.firstSegment
        lastSegment = slice.firstSegment + slice.segmentCount - 1
        segmentCount = facts.layout.plaintextCount(ofSegment: slice.firstSegment)
        headerRemaining = slice.includesHeader ? SealedFormat.headerCount : 0
        do throws(CryptoError) {
            cipher = try keys.cipher(.open)
            try begin()
        } catch {
            throw .crypto(error)
        }
    }

    /// Opens the next piece, at most to the end of one segment.
    ///
    /// The buffer holds one segment and must be the same until that segment is verified; what
    /// stands in it before is not to be looked at.
    ///
    /// - Parameters:
    ///   - piece: stored bytes, in order; any length.
    ///   - segmentBuffer: room for `segmentCountMax` bytes.
    /// - Returns: how many bytes of `piece` were taken; and, once a segment's tag is verified, how
    ///   many plaintext bytes at the start of the buffer may be released (0 for an empty stream).
    /// - Throws: `.segmentRefused`; the header's `.headerMagicInvalid`, `.suiteUnknown`,
    ///   `.segmentSizeUnknown`, `.streamKindUnknown`, `.headerReservedNotZero`,
    ///   `.partNumberInvalid`, `.plaintextCountInvalid`, `.headerMismatch`,
    ///   `.commitmentMismatch`; `.storedTooLong` for bytes behind the last segment; `.crypto`.
    @unsafe
    public func open(
        _ piece: Span<UInt8>,
        into segmentBuffer: UnsafeMutableRawPointer
    ) throws(SealedObjectError) -> (consumed: Int, verified: Int?) {
        if let failure { throw failure }
        do throws(SealedObjectError) {
            return try unsafe advance(piece, into: segmentBuffer)
        } catch {
            unsafe ConstantTime.wipe(segmentBuffer, count: opened)
            failure = error
            throw error
        }
    }

    /// Ends the slice.
    ///
    /// - Throws: `.storedTruncated` when segments are missing.
    public func finish() throws(SealedObjectError) {
        if let failure { throw failure }
        guard isFinished else {
            failure = .storedTruncated
            throw .storedTruncated
        }
    }

    private func advance(
        _ piece: Span<UInt8>,
        into buffer: UnsafeMutableRawPointer
    ) throws(SealedObjectError) -> (consumed: Int, verified: Int?) {
        guard !isFinished else {
            guard piece.isEmpty else { throw .storedTooLong }
            return (0, nil)
        }
        var consumed = 0
        if headerRemaining > 0 {
            consumed = try takeHeader(piece)
            guard headerRemaining == 0 else { return (consumed, nil) }
        }
        let count = min(segmentCount - opened, piece.count - consumed)
        if count > 0 {
            let next = piece.extracting(consumed..<(consumed + count))
            do throws(CryptoError) {
                try unsafe cipher.update(next, into: buffer + opened)
            } catch {
                throw .crypto(error)
            }
            consumed += count
            opened += count
        }
        guard opened == segmentCount else { return (consumed, nil) }
        while tagCount < SealedFormat.tagCount, consumed < piece.count {
            tag[tagCount] = piece[consumed]
            tagCount += 1
            consumed += 1
        }
        guard tagCount == SealedFormat.tagCount else { return (consumed, nil) }
        return (consumed, try verifySegment())
    }

    private func takeHeader(_ piece: Span<UInt8>) throws(SealedObjectError) -> Int {
        let count = min(headerRemaining, piece.count)
        // It mostly comes at once.
        if count == SealedFormat.headerCount, isExpected(piece.extracting(first: count)) {
            headerRemaining = 0
            return count
        }
        header.append(piece.extracting(0..<count))
        headerRemaining -= count
        guard headerRemaining == 0 else { return count }
        defer { header = [] }
        if isExpected(header.span) { return count }
        let received = try StreamHeader(parsing: header)
        guard received.facts == facts else { throw .headerMismatch }
        throw .commitmentMismatch
    }

    /// A header has one spelling: what it says in its fields matters where it is refused.
    private func isExpected(_ header: Span<UInt8>) -> Bool {
        StreamHeader(facts: facts, commitment: commitment).withBytes {
            ConstantTime.equal(header, $0)
        }
    }

    private func verifySegment() throws(SealedObjectError) -> Int {
        do throws(CryptoError) {
            try cipher.finishOpening(tag: tag.span)
        } catch .authenticationFailed {
            throw .segmentRefused(segment)
        } catch {
            throw .crypto(error)
        }
        let verified = opened
        opened = 0
        tagCount = 0
        guard segment < lastSegment else {
            isFinished = true
            return verified
        }
        segment += 1
        segmentCount = facts.layout.plaintextCount(ofSegment: segment)
        do throws(CryptoError) { try begin() } catch { throw .crypto(error) }
        return verified
    }

    private func begin() throws(CryptoError) {
        let isLast = segment == facts.layout.segmentCount - 1
        StreamKeys.setNonce(&nonce, segment: segment, isLast: isLast)
        try cipher.begin(nonce: nonce.span)
    }
}
