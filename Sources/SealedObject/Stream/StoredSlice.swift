/// A contiguous piece of a stored stream: perhaps the header, then whole segments.
public struct StoredSlice: Equatable, Sendable {
    /// Where it begins in the stored body, in bytes.
    public var storedOffset: Int
    /// Its stored length in bytes.
    public let storedCount: Int
    /// Whether the stream's 96 header bytes come first.
    public let includesHeader: Bool
    /// The first segment's number in its stream.
    public let firstSegment: Int
    /// How many segments, 1 or more.
    public let segmentCount: Int
    /// Plaintext bytes of the first segment in front of what was asked for.
    public let skip: Int
    /// Plaintext bytes asked for.
    public let take: Int

    /// The stored bytes, as offsets in the stored body.
    public var storedRange: Range<Int> { storedOffset..<(storedOffset + storedCount) }
}
