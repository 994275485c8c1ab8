internal import Glibc
internal import HTTPWire
internal import NIOCore
internal import S3Wire
internal import Transport

/// GetObject: sends the bytes of a body, of whatever pieces it is made, as the client takes them.
///
/// Large pieces go from the page cache to the socket (`sendfile`), small ones are read. What isn't
/// in the cache is brought there by a thread first: the event loop doesn't wait for the disk. At
/// most `handleCountMax` files are open at a time.
final class DownloadHandler: HTTPServerHandler {
    /// Pieces up to this are read rather than sent as files.
    static let readBytesMax: Int64 = 131_072
    /// The most bytes of a file that are sent at a time where they are in memory.
    static let lookBytes: Int64 = 8_388_608
    /// The most bytes of a file that are brought into memory, and then sent, at a time.
    static let windowBytes: Int64 = 1_048_576
    /// With pieces above `readBytesMax` and a transport that queues `queueBytesMax` before it
    /// isn't writable, older files than these were sent in full.
    private static let handleCountMax = 8
    /// What the transport may queue before it isn't writable.
    static let queueBytesMax = 524_288

    /// The file of the piece that is being sent.
    private struct Current {
        let handle: NIOFileHandle
        /// Rather than read and closed.
        let isSentAsFile: Bool
    }

    private let reply: DialectReply
    private let reader: IndexReader
    private let files: BodyFiles
    private let opened: OpenedBody
    private var position: Int64
    private let end: Int64
    private var upcoming: ArraySlice<SegmentRecord>
    private var handles: [NIOFileHandle] = []
    private var current: Current?
    /// The bytes of the current file that a thread brought in last.
    private var broughtIn: Range<Int64>?
    /// Whether a thread works on the current file, which then stays open.
    private var isBringing = false
    private var isDone = false
    private var isClosed = false

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

    /// Sends until the transport's queue is full, the disk has to be waited for, or the body ends.
    func pump() {
        guard !isDone, !isBringing, let exchange = reply.exchange else { return }
        do throws(StoreError) {
            while position < end {
                guard exchange.isWritable else { return }
                guard let segment = upcoming.first else { throw .fileNotFound }
                let first = position - segment.offset
                let rest = min(segment.size - first, end - position)
                guard first >= 0, rest > 0 else { throw .fileNotFound }
                let count = try send(segment, first..<(first + rest), to: exchange)
                guard count > 0 else { return }
                position += count
                if count == rest {
                    upcoming.removeFirst()
                    current = nil
                    broughtIn = nil
                }
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
        isClosed = true
        if !isBringing { closeHandles() }
        if let lease = opened.lease { files.release(lease) }
        reply.close()
    }

    private func closeHandles() {
        for handle in handles { try? handle.close() }
        handles = []
    }

    /// Sends the first bytes of `range`; answers how many, none where the disk is waited for.
    private func send(
        _ piece: SegmentRecord,
        _ range: Range<Int64>,
        to exchange: any HTTPServerExchange
    ) throws(StoreError) -> Int64 {
        switch piece.body {
        case .inline(let id):
            let bytes =
                if let held = opened.inlineBytes[id] { held } else { try reader.inlineBody(id) }
            guard range.upperBound <= bytes.count else { throw .fileNotFound }
            let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            exchange.sendBody(ByteBuffer(bytes: part))
            return Int64(range.count)
        case .file(let id):
            let file = try open(id, of: piece.size, for: range)
            guard let part = partAtHand(of: range, file.handle, on: exchange.eventLoop) else {
                return 0
            }
            try send(file, part, to: exchange)
            return Int64(part.count)
        case .composite, .deleteMarker, .empty: throw .fileNotFound
        }
    }

    private func open(
        _ id: FileID,
        of count: Int64,
        for range: Range<Int64>
    ) throws(StoreError) -> Current {
        if let current { return current }
        let handle: NIOFileHandle
        if opened.handle != nil, let first = handles.first {
            handle = first
        } else {
            if handles.count == Self.handleCountMax { try? handles.removeFirst().close() }
            let descriptor = try files.open(id, count: count)
            handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
            handles.append(handle)
        }
        let file = Current(handle: handle, isSentAsFile: Int64(range.count) > Self.readBytesMax)
        current = file
        return file
    }

    private func send(
        _ file: Current,
        _ part: Range<Int64>,
        to exchange: any HTTPServerExchange
    ) throws(StoreError) {
        guard !file.isSentAsFile else {
            let region = FileRegion(
                fileHandle: file.handle,
                readerIndex: Int(part.lowerBound),
                endIndex: Int(part.upperBound)
            )
            exchange.sendFile(region)
            return
        }
        defer {
            handles.removeAll { $0 === file.handle }
            try? file.handle.close()
        }
        let bytes = try Self.read(part, from: file.handle)
        exchange.sendBody(ByteBuffer(bytes: bytes))
    }

    /// What of `range` can be sent without waiting for the disk.
    ///
    /// `nil`: a thread gets the first of it, and `pump` goes on from there.
    private func partAtHand(
        of range: Range<Int64>,
        _ handle: NIOFileHandle,
        on eventLoop: any EventLoop
    ) -> Range<Int64>? {
        if let broughtIn, broughtIn.lowerBound == range.lowerBound { return broughtIn }
        let look = range.prefix(Self.lookBytes)
        guard let descriptor = handle.descriptor,
            !files.isCached(look, of: descriptor)
        else { return look }
        let window = range.prefix(Self.windowBytes)
        isBringing = true
        files.bringIn(window, of: descriptor, on: eventLoop).assumeIsolated().whenComplete { _ in
            self.isBringing = false
            // What failed fails once more where it is sent.
            self.broughtIn = window
            if self.isClosed { self.closeHandles() } else { self.pump() }
        }
        return nil
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

extension NIOFileHandle {
    /// The open file's number; `nil` once it is closed.
    var descriptor: Int32? {
        var descriptor: Int32?
        try? withUnsafeFileDescriptor { descriptor = $0 }
        return descriptor
    }
}

extension Range<Int64> {
    /// The first `count` of it, or all.
    func prefix(_ count: Int64) -> Self {
        lowerBound..<Swift.min(upperBound, lowerBound + Swift.max(count, 0))
    }
}
