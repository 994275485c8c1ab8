internal import HTTPWire
internal import NIOCore

/// An exchange whose answer's body may be in files: those are read as the handler consumes.
///
/// What isn't in memory is brought there by a thread first. Bound to its event loop.
final class FileExchange: HTTPClientExchange, HTTPClientHandler {
    /// Reads of one turn of the loop; other connections have theirs in between.
    private static let readsPerTurn = 2
    /// Bytes brought into memory at a time.
    private static let windowBytes: Int64 = 1 << 20

    private let head: HTTPRequestHead
    private let pool: FilePool
    private var base: (any HTTPClientExchange)?
    private var handler: (any HTTPClientHandler)?
    private var body: FileBody?
    /// Whether the answer is to be asked for once more, without a link.
    private var isRetryDue = false
    private var outstandingBytes = 0
    private var isPumping = false
    private var isPumpDue = false
    /// Reads since the last turn that was asked for.
    private var readCount = 0
    /// While a thread brings bytes in: what ends the wait.
    private var overdue: Scheduled<Void>?
    private var isBringing = false
    private var isBroughtIn = false

    init(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler,
        link: String,
        pool: FilePool
    ) {
        self.head = head
        self.handler = handler
        self.pool = pool
        var linked = head
        linked.fields.append(FilePool.linkField, link)
        base = pool.base.begin(linked, handler: self)
    }

    // MARK: The caller's side

    var isWritable: Bool { base?.isWritable ?? false }

    func sendBody(_ body: ByteBuffer) { base?.sendBody(body) }

    func sendEnd(trailers: HTTPFields?) { base?.sendEnd(trailers: trailers) }

    func consume(_ count: Int) {
        guard body != nil else {
            base?.consume(count)
            return
        }
        outstandingBytes -= min(max(count, 0), outstandingBytes)
        pump()
    }

    func cancel() {
        if handler != nil, base != nil, body == nil { pool.sweepLater() }
        base?.cancel()
        end()
    }

    // MARK: The server's side

    func received(_ head: HTTPResponseHead) {
        if head.fields[FilePool.linkField] == FilePool.unknownLink { pool.linkIsUnknown() }
        guard let token = head.fields[FilePool.tokenField] else {
            handler?.received(head)
            return
        }
        guard let body = UInt64(token).flatMap({ pool.claim($0) }) else {
            isRetryDue = true
            return
        }
        self.body = body
        var head = head
        head.fields.set("content-length", String(body.count))
        handler?.received(head)
        pump()
    }

    func received(_ body: Span<UInt8>) {
        if self.body == nil, !isRetryDue { handler?.received(body) }
    }

    func receivedEnd(trailers: HTTPFields) {
        base = nil
        if isRetryDue { return retry() }
        if body == nil { end()?.receivedEnd(trailers: trailers) }
    }

    func becameWritable() { handler?.becameWritable() }

    func failed(_ error: HTTPClientError) {
        base = nil
        if isRetryDue { return retry() }
        if body == nil { end()?.failed(error) }
    }

    /// Something is wrong with the link or what came over it: the answer goes the common way.
    private func retry() {
        isRetryDue = false
        guard let handler = end() else { return }
        self.handler = nil
        base = pool.base.begin(head, handler: handler)
    }

    // MARK: Reading

    private func pump() {
        guard !isPumping, !isBringing else { return }
        isPumping = true
        defer { isPumping = false }
        while body != nil, outstandingBytes < pool.limits.bodyWindowBytes {
            // Whoever consumes may do so again and again in one turn: its socket takes it all.
            guard readCount < Self.readsPerTurn, read() else { return pumpLater() }
            readCount += 1
            if isBringing { return }
            if body?.count == 0 { end()?.receivedEnd(trailers: HTTPFields()) }
        }
    }

    /// Reads and hands over the next bytes; `false` while another exchange does.
    private func read() -> Bool {
        var outcome = ReceivedFile.Outcome.failed
        let files = body?.fileCount ?? 0
        let isLent = unsafe pool.buffer.lend { buffer in
            outcome = unsafe body?.read(into: buffer, waiting: isBroughtIn) ?? .failed
            guard case .read(let count) = outcome else { return nil }
            return count
        } to: { bytes in
            pool.closed(files - (body?.fileCount ?? 0))
            isBroughtIn = false
            outstandingBytes += bytes.count
            handler?.received(bytes)
        }
        guard isLent else { return false }
        switch outcome {
        case .read: break
        case .notAtHand: bringIn()
        case .failed: end()?.failed(.responseInvalid)
        }
        return true
    }

    private func pumpLater() {
        guard !isPumpDue else { return }
        isPumpDue = true
        pool.goOnLater(self)
    }

    /// The turn has come that was waited for.
    func goOn() {
        isPumpDue = false
        readCount = 0
        pump()
    }

    private func bringIn() {
        guard let part = body?.upcoming(Self.windowBytes) else { return }
        pool.metrics.fileReadsFromDisk.count()
        isBringing = true
        let loop = pool.eventLoop.assumeIsolated()
        overdue = loop.scheduleTask(in: pool.limits.responseTimeout) {
            self.pool.metrics.count(.response)
            self.end()?.failed(.timedOut)
        }
        let (file, piece) = (part.file, part.piece)
        pool.run { file.bringIn(piece) }.assumeIsolated().whenComplete { _ in
            self.overdue?.cancel()
            self.overdue = nil
            self.isBringing = false
            self.isBroughtIn = true
            self.pump()
        }
    }

    /// Lets go of everything; gives the handler for a last word.
    @discardableResult
    private func end() -> (any HTTPClientHandler)? {
        overdue?.cancel()
        overdue = nil
        defer {
            pool.closed(body?.fileCount ?? 0)
            handler = nil
            base = nil
            body = nil
        }
        return handler
    }
}
