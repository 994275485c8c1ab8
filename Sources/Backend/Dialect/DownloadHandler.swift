internal import Glibc
internal import HTTPWire
internal import NIOCore
internal import S3Wire
internal import Transport

/// GetObject: sends the bytes of a body, of whatever pieces it is made, as the client takes them.
///
/// Large pieces go from the page cache to the socket (`sendfile`), small ones are read. At most
/// `handleCountMax` files are open at a time.
final class DownloadHandler: HTTPServerHandler {
    /// Pieces up to this are read rather than sent as files.
    static let readBytesMax: Int64 = 131_072
    /// With pieces above `readBytesMax` and a transport that queues `queueBytesMax` before it
    /// isn't writable, older files than these were sent in full.
    private static let handleCountMax = 8
    /// What the transport may queue before it isn't writable.
    static let queueBytesMax = 524_288

    private let reply: DialectReply
    private let reader: IndexReader
    private let files: BodyFiles
    private let opened: OpenedBody
    private var position: Int64
    private let end: Int64
    private var upcoming: ArraySlice<SegmentRecord>
    private var handles: [NIOFileHandle] = []
    private var isDone = false

    /// A handler that sends `range` of an opened body, which is the handler's to give back.
    init(
        _ reply: DialectReply,
        _ services: StoreServices,
        _ reader: IndexReader,
        _ opened: OpenedBody,
        _ range: Range<Int64>
    ) {
        self.reply = reply
        self.reader = reader
        self.opened = opened
        files = services.files
        position = range.lowerBound
        end = range.upperBound
        upcoming = opened.segments[...]
        if let handle = opened.handle { handles.append(handle) }
    }

    /// Sends until the transport's queue is full or the body ends.
    func pump() {
        guard !isDone, let exchange = reply.exchange else { return }
        do throws(StoreError) {
            while position < end {
                guard exchange.isWritable else { return }
                guard let segment = upcoming.popFirst() else { throw .fileNotFound }
                let first = position - segment.offset
                let count = min(segment.size - first, end - position)
                guard first >= 0, count > 0 else { throw .fileNotFound }
                try send(segment, first..<(first + count), to: exchange)
                position += count
            }
            isDone = true
            exchange.sendEnd(trailers: nil)
        } catch {
            isDone = true
            reply.abort(error)
        }
    }

    func received(_ body: Span<UInt8>) { reply.exchange?.consume(body.count) }

    func receivedEnd(trailers: HTTPFields) {}

    func becameWritable() { pump() }

    func closed(complete: Bool) {
        isDone = true
        for handle in handles { try? handle.close() }
        handles = []
        if let lease = opened.lease { files.release(lease) }
        reply.close()
    }

    private func send(
        _ piece: SegmentRecord,
        _ range: Range<Int64>,
        to exchange: any HTTPServerExchange
    ) throws(StoreError) {
        switch piece.body {
        case .inline(let id):
            let bytes =
                if let held = opened.inlineBytes[id] { held } else { try reader.inlineBody(id) }
            guard range.upperBound <= bytes.count else { throw .fileNotFound }
            let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            exchange.sendBody(ByteBuffer(bytes: part))
        case .file(let id):
            try send(file: id, of: piece.size, range, to: exchange)
        case .composite, .deleteMarker, .empty: throw .fileNotFound
        }
    }

    private func send(
        file id: FileID,
        of count: Int64,
        _ range: Range<Int64>,
        to exchange: any HTTPServerExchange
    ) throws(StoreError) {
        let handle: NIOFileHandle
        if opened.handle != nil, let first = handles.first {
            handle = first
        } else {
            if handles.count == Self.handleCountMax { try? handles.removeFirst().close() }
            let descriptor = try files.open(id, count: count)
            handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
            handles.append(handle)
        }
        guard Int64(range.count) <= Self.readBytesMax else {
            let region = FileRegion(
                fileHandle: handle,
                readerIndex: Int(range.lowerBound),
                endIndex: Int(range.upperBound)
            )
            exchange.sendFile(region)
            return
        }
        defer {
            handles.removeAll { $0 === handle }
            try? handle.close()
        }
        let bytes = try Self.read(range, from: handle)
        exchange.sendBody(ByteBuffer(bytes: bytes))
    }

    private static func read(
        _ range: Range<Int64>,
        from handle: NIOFileHandle
    ) throws(StoreError) -> [UInt8] {
        var bytes: Result<[UInt8], StoreError> = .failure(.fileNotFound)
        try? handle.withUnsafeFileDescriptor { descriptor in
            bytes = Result { () throws(StoreError) in
                try FileCalls.read(range.count, from: descriptor, at: range.lowerBound)
            }
        }
        let read = try bytes.get()
        guard read.count == range.count else { throw .diskRefused("read: file is too short") }
        return read
    }
}
