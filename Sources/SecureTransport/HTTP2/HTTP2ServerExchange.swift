internal import HTTPWire
internal import NIOCore
internal import Transport

/// One stream of an HTTP/2 connection: a request and its response.
final class HTTP2ServerExchange: HTTPServerExchange {
    let eventLoop: any EventLoop
    let peer: PeerInfo
    let stream: Int32

    /// `nil` once the stream is over.
    var connection: HTTP2ServerHandler?
    /// The application's end; `nil` until the head is complete and after `closed`.
    var handler: (any HTTPServerHandler)?
    /// Where the connection keeps it.
    var position = 0

    var clock: HTTP2BodyClock
    var isRequestEnded = false
    var isRequestIgnored = false
    /// The response is out and the client has until then to end its request, or to see that it
    /// needn't: some clients take a reset that comes with a response for a failure.
    var lingersUntil: NIODeadline?
    /// Bytes of the request's body that no credit was given for.
    var unconsumed = 0

    var isHead = false
    var isHeadSent = false
    /// Whether the application has ended the response, or it has no body.
    var isResponseQueued = false
    var isResponseSent = false
    var isResetHere = false
    /// Whether libnghttp2 was told to wait for more of the body.
    var isWaiting = false
    /// Whether the application was told, or could see, that the queue is full.
    var isFull = false
    /// What is to be sent of the body; made when there is some, since many responses have none.
    private var queue: CircularBuffer<ByteBuffer>?
    private(set) var queuedBytes = 0
    private var trailers: HTTPFields?

    init(
        stream: Int32,
        connection: HTTP2ServerHandler,
        eventLoop: any EventLoop,
        peer: PeerInfo,
        now: NIODeadline
    ) {
        self.stream = stream
        self.connection = connection
        self.eventLoop = eventLoop
        self.peer = peer
        clock = HTTP2BodyClock(now: now)
    }

    var isWritable: Bool {
        guard connection != nil, !isResetHere else { return false }
        guard queuedBytes < Self.queueHighBytes else {
            isFull = true
            return false
        }
        return true
    }

    func sendContinue() {}

    func sendHead(_ head: HTTPResponseHead, end: Bool) {
        guard let connection, !isHeadSent, !isResetHere else { return }
        isHeadSent = true
        let hasBody = !end && !isHead && head.status != 204 && head.status != 304
        if !hasBody { isResponseQueued = true }
        connection.submitHead(head, of: self, hasBody: hasBody)
    }

    func sendBody(_ body: ByteBuffer) {
        guard let connection, isHeadSent, !isResponseQueued, !isResetHere,
            body.readableBytes > 0
        else { return }
        if queuedBytes == 0 { clock.sent(now: eventLoop.now) }
        queuedBytes += body.readableBytes
        if queue == nil { queue = CircularBuffer(initialCapacity: 2) }
        queue?.append(body)
        if queuedBytes >= Self.queueHighBytes { isFull = true }
        goOn(connection)
    }

    func sendFile(_ region: FileRegion) {
        // Not offered above TLS; a client must not take what is missing for the end.
        reset()
    }

    func sendEnd(trailers: HTTPFields?) {
        guard let connection, isHeadSent, !isResponseQueued, !isResetHere else { return }
        isResponseQueued = true
        if let trailers, !trailers.isEmpty { self.trailers = trailers }
        goOn(connection)
    }

    func reset() {
        guard let connection, !isResetHere else { return }
        dropQueue()
        connection.reset(self)
    }

    func consume(_ count: Int) {
        let credit = min(max(count, 0), unconsumed)
        guard let connection, credit > 0, !isRequestIgnored else { return }
        if unconsumed > connection.limits.streamWindowBytes / 2 {
            clock.restart(eventLoop.now)
        }
        unconsumed -= credit
        connection.consume(credit, of: self)
    }

    func ignoreRequestBody() {
        guard let connection, !isRequestIgnored else { return }
        isRequestIgnored = true
        connection.requestIgnored(self)
    }

    /// How much of the body goes next.
    func plan(_ countMax: Int) -> HTTP2BodyPlan {
        let count = min(countMax, queuedBytes)
        if isResponseQueued, count == queuedBytes {
            return .end(count, hasTrailers: trailers != nil)
        }
        guard count > 0 else {
            isWaiting = true
            return .wait
        }
        return .bytes(count)
    }

    /// Moves `count` planned bytes into `batch`.
    func moveBody(_ count: Int, into batch: inout ByteBuffer) {
        var rest = min(count, queuedBytes)
        queuedBytes -= rest
        while rest > 0, let first = queue?.first {
            guard first.readableBytes > rest else {
                guard var whole = queue?.removeFirst() else { return }
                rest -= whole.readableBytes
                batch.writeBuffer(&whole)
                continue
            }
            if let start = queue?.startIndex, var part = queue?[start].readSlice(length: rest) {
                batch.writeBuffer(&part)
            }
            rest = 0
        }
    }

    /// The trailers, once.
    func takeTrailers() -> HTTPFields? {
        defer { trailers = nil }
        return trailers
    }

    func dropQueue() {
        queue = nil
        queuedBytes = 0
    }

    private func goOn(_ connection: HTTP2ServerHandler) {
        guard isWaiting else { return connection.scheduleDrive() }
        isWaiting = false
        connection.resume(self)
    }

    /// From so many queued bytes on, three segments, it isn't writable.
    ///
    /// A fourth made nothing faster and took 10 MiB for 64 downloads at once.
    static let queueHighBytes = 196_608
    /// Under so many it is again.
    static let queueLowBytes = 65_536
}
