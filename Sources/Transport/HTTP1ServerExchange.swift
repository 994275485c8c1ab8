internal import HTTPWire
internal import NIOCore

/// One request and its response on an HTTP/1.1 connection; deaf once the connection let go of it.
final class HTTP1ServerExchange: HTTPServerExchange {
    let eventLoop: any EventLoop
    let peer: PeerInfo
    let method: HTTPMethod
    let version: HTTPVersion
    let expectsContinue: Bool
    /// The length of the request's body where it is known.
    let bodyLength: HTTPBodyLength

    /// The connection, as long as the exchange is one of its current ones.
    var connection: HTTP1ServerHandler?
    /// What the application gave; `nil` until it did, and after `closed`.
    var handler: (any HTTPServerHandler)?

    /// Whether the request came in whole.
    var requestEnded = false
    /// Whether the rest of the request is dropped.
    var isIgnoring = false
    /// Bytes of the body that came.
    var bodyBytes: UInt64 = 0
    /// Bytes of the body handed over and not consumed.
    var outstandingBytes = 0
    /// Bytes of the body dropped.
    var ignoredBytes = 0
    var continueSent = false

    /// What was answered before it was this exchange's turn.
    var early: [HTTP1EarlyOutput] = []
    /// Bytes of bodies in it.
    var earlyBytes = 0

    /// Writes the response's body; `nil` until the head was sent.
    var writer: HTTP1BodyWriter?
    var responseEnded = false
    /// Parts of files that the channel still reads.
    var filesPending = 0
    /// Whether the application found the transport full and waits to be told.
    var awaitsWritable = false

    init(_ head: HTTPRequestHead, on connection: HTTP1ServerHandler, eventLoop: any EventLoop) {
        self.connection = connection
        self.eventLoop = eventLoop
        peer = connection.peer
        method = head.method
        version = head.version
        expectsContinue = head.expectsContinue
        bodyLength = head.bodyLength
    }

    var isWritable: Bool {
        guard let connection else { return false }
        guard connection.isWritable(for: self) else {
            awaitsWritable = true
            return false
        }
        return true
    }

    func sendContinue() { connection?.sendContinue(for: self) }

    func sendHead(_ head: HTTPResponseHead, end: Bool) {
        connection?.sendHead(head, end: end, for: self)
    }

    func sendBody(_ body: ByteBuffer) { connection?.sendBody(body, for: self) }

    func sendFile(_ region: FileRegion) { connection?.sendFile(region, for: self) }

    func sendEnd(trailers: HTTPFields?) { connection?.sendEnd(trailers: trailers, for: self) }

    func reset() { connection?.abort() }

    func consume(_ count: Int) {
        guard let connection else { return }
        outstandingBytes -= min(max(count, 0), outstandingBytes)
        connection.process()
    }

    func ignoreRequestBody() {
        guard let connection else { return }
        isIgnoring = true
        outstandingBytes = 0
        connection.process()
    }

    /// Whether the whole response is written.
    var isAnswered: Bool { responseEnded && filesPending == 0 }

    /// Whether the client has reason to send more of the body.
    var awaitsBody: Bool {
        !requestEnded && !(expectsContinue && !continueSent && bodyBytes == 0)
    }

    /// Whether closing the connection is better than reading what is left of an unwanted body.
    ///
    /// It is said in the response's head: a client that isn't told may send its next request into
    /// a connection that is about to be closed. How long a body is whose length isn't known shows
    /// too late.
    func isRestTooLong(for limits: HTTPServerLimits) -> Bool {
        guard !requestEnded else { return false }
        // Whether a client whose 100 never came sends its body can't be known (RFC 9110 10.1.1).
        if expectsContinue, !continueSent, bodyBytes == 0 { return true }
        guard isIgnoring else { return false }
        guard case .known(let count) = bodyLength else { return true }
        return count - min(bodyBytes, count) > UInt64(limits.ignoredBodyBytesMax)
    }
}
