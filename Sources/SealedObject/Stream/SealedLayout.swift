/// Sizes and offsets of one stream: header, then segments of ciphertext and tag.
///
/// Source: docs/format.md, "Stream".
public struct SealedLayout: Equatable, Sendable {
    /// The plaintext length in bytes, 0...5 GiB.
    public let plaintextCount: Int

    /// The layout of a stream of `plaintextCount` bytes.
    ///
    /// - Throws: `.plaintextCountInvalid` below 0 or over 5 GiB.
    public init(plaintextCount: Int) throws(SealedObjectError) {
        guard (0...SealedFormat.streamCountMax).contains(plaintextCount) else {
            throw .plaintextCountInvalid
        }
        self.plaintextCount = plaintextCount
    }

    /// The layout of a stream stored in `storedCount` bytes: C(P) inverted.
    ///
    /// - Throws: `.storedCountInvalid` for a length that no plaintext of up to 5 GiB has.
    public init(storedCount: Int) throws(SealedObjectError) {
        let (body, overflow) = storedCount.subtractingReportingOverflow(SealedFormat.headerCount)
        let sealedCount = SealedFormat.sealedSegmentCount
        guard !overflow, body >= SealedFormat.tagCount,
            body <= SealedLayout.storedCountMax - SealedFormat.headerCount
        else { throw .storedCountInvalid }
        let segments = (body + sealedCount - 1) / sealedCount
        let last = body - sealedCount * (segments - 1)
        guard segments == 1 || last > SealedFormat.tagCount else { throw .storedCountInvalid }
        plaintextCount = body - SealedFormat.tagCount * segments
    }

    /// The most stored bytes of a stream: C(5 GiB).
    public static let storedCountMax =
        SealedFormat.headerCount + SealedFormat.streamCountMax
        + SealedFormat.tagCount * (SealedFormat.streamCountMax / SealedFormat.segmentCount)

    /// The number of segments, 1 or more.
    public var segmentCount: Int {
        max(1, (plaintextCount + SealedFormat.segmentCount - 1) / SealedFormat.segmentCount)
    }

    /// The stored length in bytes, header included: C(P) = 96 + P + 16 · max(1, ⌈P/S⌉).
    public var storedCount: Int {
        SealedFormat.headerCount + plaintextCount + SealedFormat.tagCount * segmentCount
    }

    /// The plaintext bytes of segment `index`; 0 for the only one of an empty stream.
    public func plaintextCount(ofSegment index: Int) -> Int {
        let (start, overflow) = index.multipliedReportingOverflow(by: SealedFormat.segmentCount)
        guard !overflow, start >= 0, start < plaintextCount else { return 0 }
        return min(SealedFormat.segmentCount, plaintextCount - start)
    }

    /// The whole stream, header included.
    public var whole: StoredSlice {
        StoredSlice(
            storedOffset: 0,
            storedCount: storedCount,
            includesHeader: true,
            firstSegment: 0,
            segmentCount: segmentCount,
            skip: 0,
            take: plaintextCount
        )
    }

    /// The stored bytes that hold a range of the plaintext: whole segments, contiguous.
    ///
    /// The header is read with segment 0, and with it only, so that it's checked where it costs
    /// no second request.
    ///
    /// - Throws: `.rangeInvalid` for a range that is empty or not inside the plaintext.
    public func slice(_ range: Range<Int>) throws(SealedObjectError) -> StoredSlice {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= plaintextCount else {
            throw .rangeInvalid
        }
        let first = range.lowerBound / SealedFormat.segmentCount
        let last = (range.upperBound - 1) / SealedFormat.segmentCount
        let sealedCount = SealedFormat.sealedSegmentCount
        let header = SealedFormat.headerCount
        let start = first == 0 ? 0 : header + sealedCount * first
        let end =
            header + sealedCount * last + plaintextCount(ofSegment: last) + SealedFormat.tagCount
        return StoredSlice(
            storedOffset: start,
            storedCount: end - start,
            includesHeader: first == 0,
            firstSegment: first,
            segmentCount: last - first + 1,
            skip: range.lowerBound - first * SealedFormat.segmentCount,
            take: range.count
        )
    }

    /// Refuses a stored body whose length isn't this stream's.
    ///
    /// - Throws: `.storedCountInvalid`.
    public func verify(storedCount: Int) throws(SealedObjectError) {
        guard storedCount == self.storedCount else { throw .storedCountInvalid }
    }
}
