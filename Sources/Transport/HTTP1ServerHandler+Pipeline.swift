internal import HTTPWire
internal import NIOCore

/// What is answered to a request before it is its turn.
enum HTTP1EarlyOutput {
    case proceed
    case head(HTTPResponseHead, end: Bool)
    case body(ByteBuffer)
    case file(FileRegion)
    case end(HTTPFields?)

    /// Bytes of the body.
    var byteCount: Int {
        switch self {
        case .proceed, .head, .end: 0
        case .body(let bytes): bytes.readableBytes
        case .file(let region): region.readableBytes
        }
    }
}

/// Requests that are served side by side; their answers go out in the order in which they came
/// (RFC 9112 section 9.3.2).
extension HTTP1ServerHandler {
    /// The exchange whose answer goes out.
    var front: HTTP1ServerExchange? { answering.first ?? exchange }

    func isFront(_ exchange: HTTP1ServerExchange) -> Bool { exchange === front }

    /// Whether no request has come, or begun to come, behind this one.
    func isFinal(_ exchange: HTTP1ServerExchange) -> Bool {
        guard let current = self.exchange else {
            return answering.last === exchange && !isWithinHead
        }
        return current === exchange
    }

    /// Whether an exchange may answer more now.
    func isWritable(for exchange: HTTP1ServerExchange) -> Bool {
        if isFront(exchange) { return isWritable }
        return phase == .open && exchange.earlyBytes < limits.writeLowWaterBytes
    }

    /// Has the next request be taken though this one, which came in whole, isn't answered.
    func passOn(_ exchange: HTTP1ServerExchange) -> Bool {
        guard exchange.requestEnded, !exchange.isAnswered, !isLast,
            inbound.readableBytes > 0, answering.count + 1 < limits.pipelineMax
        else { return false }
        answering.append(exchange)
        self.exchange = nil
        metrics.requestsAhead.count()
        return true
    }

    /// Lets go of the first exchange if it is answered, so that the next one's answer goes out.
    func answersFirst() -> Bool {
        guard let first = answering.first, first.isAnswered else { return false }
        answering.removeFirst()
        release(first, complete: true)
        sendEarly()
        guard phase == .open else { return false }
        guard isLast, front == nil, !isWithinHead else { return true }
        closeAfterFlush(lingering: false)
        return false
    }

    /// Keeps what an exchange answers until it is its turn.
    func keep(_ output: HTTP1EarlyOutput, of exchange: HTTP1ServerExchange) {
        guard exchange.connection === self else { return }
        exchange.early.append(output)
        exchange.earlyBytes += output.byteCount
    }

    /// Sends what the exchange whose turn it is has answered already.
    private func sendEarly() {
        guard let front else { return }
        let outputs = front.early
        front.early = []
        front.earlyBytes = 0
        for output in outputs {
            switch output {
            case .proceed: sendContinue(for: front)
            case .head(let head, let end): sendHead(head, end: end, for: front)
            case .body(let bytes): sendBody(bytes, for: front)
            case .file(let region): sendFile(region, for: front)
            case .end(let trailers): sendEnd(trailers: trailers, for: front)
            }
        }
        tellWritable()
    }
}
