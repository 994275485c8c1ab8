internal import HTTPWire
internal import NIOCore

/// One exchange of a pool: waiting for a connection, then on one, then over.
final class HTTP1ClientExchange: HTTPClientExchange {
    private(set) var head: HTTPRequestHead
    /// Whether it shares its connection with others; it waits for the end of its request then.
    let isShort: Bool
    /// When it gives up waiting for a connection.
    var queueDeadline = NIODeadline.distantFuture
    private let queuedBytesMax: Int

    /// The caller; `nil` once the exchange is over.
    var handler: (any HTTPClientHandler)?
    /// The pool, while it waits.
    var pool: HTTP1ClientPool?
    /// The connection, while it is on one.
    var connection: HTTP1ClientConnection?

    /// Bytes of the body that wait for the connection.
    var queuedBody: [ByteBuffer] = []
    var queuedBytes = 0
    /// Whether any bytes of the body went to a connection, so that it can't begin anew.
    var bodySent = false
    var requestEnded = false
    var trailers: HTTPFields?
    /// Whether it was sent again already.
    var isRetried = false
    /// Whether the caller found it full and waits to be told.
    var awaitsWritable = false
    /// Bytes of the response handed over and not consumed.
    var outstandingBytes = 0

    init(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler,
        pool: HTTP1ClientPool,
        isShort: Bool
    ) {
        requestEnded = head.bodyLength == .known(0)
        self.head = head
        self.handler = handler
        self.pool = pool
        self.isShort = isShort
        queuedBytesMax = pool.limits.writeHighWaterBytes
    }

    var isOver: Bool { handler == nil }

    /// Whether it only reads: its answer doesn't wait for the server's disk to be written.
    var isRead: Bool { head.method == .get || head.method == .head }

    var isWritable: Bool {
        guard !isOver else { return false }
        let hasRoom = connection?.isWritable ?? (queuedBytes < queuedBytesMax)
        if !hasRoom { awaitsWritable = true }
        return hasRoom
    }

    func sendBody(_ body: ByteBuffer) {
        guard !isOver, !requestEnded, body.readableBytes > 0 else { return }
        if let connection {
            connection.sendBody(body, of: self)
        } else {
            queuedBytes += body.readableBytes
            queuedBody.append(body)
        }
    }

    func sendEnd(trailers: HTTPFields?) {
        guard !isOver, !requestEnded else { return }
        requestEnded = true
        self.trailers = trailers
        if let connection {
            connection.sendEnd(of: self)
        } else if isShort {
            pool?.enqueue(self)
        }
    }

    func consume(_ count: Int) {
        outstandingBytes -= min(max(count, 0), outstandingBytes)
        connection?.consumed()
    }

    func cancel() {
        guard !isOver else { return }
        let connection = connection
        let pool = pool
        end()
        pool?.cancelled(self)
        if !isShort { connection?.cancelled() }
    }

    /// Fails for good.
    func fail(_ error: HTTPClientError) {
        let handler = handler
        end()
        handler?.failed(error)
    }

    /// Lets go of the head's fields, once all of the request went to a connection with a body, for
    /// it can't begin anew then: many wait for their answers at once.
    func forgetFields() {
        guard bodySent, requestEnded else { return }
        head.fields = HTTPFields()
    }

    /// Lets go of everything; gives the handler for a last word.
    @discardableResult
    func end() -> (any HTTPClientHandler)? {
        defer {
            handler = nil
            pool = nil
            connection = nil
            queuedBody = []
            queuedBytes = 0
        }
        return handler
    }
}
