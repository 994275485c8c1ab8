internal import NIOCore

/// What a body is read from: all of it is at hand before the answer begins, and stays, though the
/// object may be replaced or deleted meanwhile.
struct OpenedBody {
    /// Small pieces of a composite that are read at once rather than when their turn comes, bytes.
    static let inlineBytesMax: Int64 = 1 << 20

    /// The pieces, in order.
    var segments: [SegmentRecord]
    /// The bytes of small pieces, by their ids in the index.
    var inlineBytes: [Int64: [UInt8]] = [:]
    /// Of the file that is the whole body.
    var handle: NIOFileHandle?
    /// The version whose files are leased, for a composite.
    var lease: Int64?

    /// A body that is one file, whose descriptor is given away.
    init(_ object: ObjectRecord, _ descriptor: Int32) {
        segments = [SegmentRecord(offset: 0, size: object.size, body: object.body)]
        handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
    }

    /// A composite, whose version is leased.
    ///
    /// - Throws: `.fileNotFound` for a piece that was dropped meanwhile.
    init(
        _ object: ObjectRecord,
        leased version: Int64,
        _ range: Range<Int64>,
        _ reader: IndexReader
    ) throws(StoreError) {
        segments = try reader.segments(of: version, in: range)
        lease = version
        var count: Int64 = 0
        for segment in segments {
            guard case .inline(let id) = segment.body else { continue }
            count += segment.size
            guard count <= Self.inlineBytesMax else { break }
            inlineBytes[id] = try reader.inlineBody(id)
        }
    }
}
