internal import HTTPWire
internal import NIOCore

/// What the application sends; each call names its exchange, and a stale one isn't heard.
extension HTTP1ServerHandler {
    func sendContinue(for exchange: HTTP1ServerExchange) {
        guard isFront(exchange) else { return keep(.proceed, of: exchange) }
        guard let context, exchange.expectsContinue,
            !exchange.continueSent, exchange.writer == nil, !exchange.requestEnded
        else { return }
        exchange.continueSent = true
        outbox.prepare(context.channel.allocator)
        HTTP1Serializer.appendContinue(to: &outbox.staging)
        scheduleFlush()
        process()
    }

    func sendHead(_ head: HTTPResponseHead, end: Bool, for exchange: HTTP1ServerExchange) {
        guard isFront(exchange) else { return keep(.head(head, end: end), of: exchange) }
        guard let context, exchange.writer == nil else { return }
        if exchange.version == .http1_0 || head.fields.asksForClose
            || exchange.isRestTooLong(for: limits)
        {
            isLast = true
        }
        outbox.prepare(context.channel.allocator)
        var end = end
        do throws(HTTP1Error) {
            exchange.writer = try appendHead(head, end: end, of: exchange)
        } catch {
            // A field that would break the message apart: the client gets a plain failure instead.
            isLast = true
            end = true
            exchange.writer = try? appendHead(HTTPResponseHead(status: 500), end: end, of: exchange)
        }
        if end { endResponse(exchange, trailers: nil) } else { scheduleFlush() }
    }

    private func appendHead(
        _ head: HTTPResponseHead,
        end: Bool,
        of exchange: HTTP1ServerExchange
    ) throws(HTTP1Error) -> HTTP1BodyWriter {
        try HTTP1Serializer.appendHead(
            of: head,
            answering: exchange.method,
            version: exchange.version,
            end: end,
            closing: isLast && isFinal(exchange),
            to: &outbox.staging
        )
    }

    func sendBody(_ body: ByteBuffer, for exchange: HTTP1ServerExchange) {
        guard isFront(exchange) else { return keep(.body(body), of: exchange) }
        guard let context, !exchange.responseEnded, var writer = exchange.writer else { return }
        outbox.prepare(context.channel.allocator)
        let admission = writer.beginPart(ofBytes: body.readableBytes, to: &outbox.staging)
        exchange.writer = writer
        switch admission {
        case .drop: break
        case .overrun: abort()
        case .write:
            outbox.write(body, to: context)
            writer.endPart(to: &outbox.staging)
            scheduleFlush()
        }
    }

    func sendFile(_ region: FileRegion, for exchange: HTTP1ServerExchange) {
        guard isFront(exchange) else { return keep(.file(region), of: exchange) }
        guard let context, !exchange.responseEnded, var writer = exchange.writer else { return }
        guard !peer.isSecure else { return abort() }
        outbox.prepare(context.channel.allocator)
        let admission = writer.beginPart(ofBytes: region.readableBytes, to: &outbox.staging)
        exchange.writer = writer
        switch admission {
        case .drop: break
        case .overrun: abort()
        case .write:
            // The handle may be closed once the exchange is over, so that waits for the write.
            exchange.filesPending += 1
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenComplete { _ in
                exchange.filesPending -= 1
                if exchange === self.front { self.process() }
            }
            outbox.write(region, to: context, promise: promise)
            writer.endPart(to: &outbox.staging)
            scheduleFlush()
        }
    }

    func sendEnd(trailers: HTTPFields?, for exchange: HTTP1ServerExchange) {
        guard isFront(exchange) else { return keep(.end(trailers), of: exchange) }
        guard exchange.writer != nil, !exchange.responseEnded else { return }
        endResponse(exchange, trailers: trailers)
    }

    private func endResponse(_ exchange: HTTP1ServerExchange, trailers: HTTPFields?) {
        let isWhole = try? exchange.writer?.end(trailers: trailers, to: &outbox.staging)
        guard isWhole == true else { return abort() }
        exchange.responseEnded = true
        scheduleFlush()
        process()
    }

    /// Writes a whole response outside of any exchange.
    func sendRefusal(_ head: HTTPResponseHead, _ body: [UInt8]) {
        guard let context else { return }
        var head = head
        head.fields.set("content-length", String(body.count))
        outbox.prepare(context.channel.allocator)
        _ = try? HTTP1Serializer.appendHead(
            of: head,
            answering: .get,
            version: .http1_1,
            end: false,
            closing: true,
            to: &outbox.staging
        )
        outbox.write(ByteBuffer(bytes: body), to: context)
    }

    /// Closes once everything is written; `lingering` where the client may still be sending, so
    /// that a reset doesn't overtake the response.
    func closeAfterFlush(lingering: Bool) {
        guard phase == .open, let context else { return }
        phase = .closing
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            guard self.phase == .closing else { return }
            if lingering { self.linger() } else { self.abort() }
        }
        flush(promise: promise)
    }

    private func linger() {
        phase = .lingering
        updateTimer()
        if !peer.isSecure { context?.close(mode: .output, promise: nil) }
        resumeReading()
    }
}

/// The answer to a request that broke HTTP's rules.
enum MalformedRequest {
    /// S3's XML for the status that the error asks for.
    static let response: HTTP1ServerHandler.MalformedResponse = { error in
        let (code, message) = text(for: error.status)
        var fields = HTTPFields()
        fields.append("content-type", "application/xml")
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(code)</Code><Message>\(message)</Message></Error>
            """
        return (HTTPResponseHead(status: error.status, fields: fields), Array(body.utf8))
    }

    private static func text(for status: Int) -> (code: String, message: String) {
        switch status {
        case 414: ("InvalidURI", "The request's target is too long.")
        case 431:
            ("RequestHeaderSectionTooLarge", "The request's header section is over the limit.")
        case 501: ("NotImplemented", "The transfer coding is not supported.")
        case 505: ("HttpVersionNotSupported", "The HTTP version is not supported.")
        default: ("BadRequest", "The request is not well-formed HTTP.")
        }
    }
}
