internal import CNGHTTP2
internal import HTTPWire
internal import NIOCore
internal import Transport

extension HTTP2ServerHandler: HTTP2SessionDelegate {
    func headersBegan(stream: Int32, isRequest: Bool) {
        headBegunAt = now
        guard isRequest else {
            current = exchange(stream)
            assembler = HTTP2RequestAssembler(trailers: limits.message)
            return
        }
        guard let context else { return }
        let exchange = HTTP2ServerExchange(
            stream: stream,
            connection: self,
            eventLoop: context.eventLoop,
            peer: peer,
            now: now
        )
        current = exchange
        assembler = HTTP2RequestAssembler(limits.message)
        exchange.position = exchanges.count
        exchanges.append(exchange)
        session?.attach(exchange)
        arm(now + min(limits.headTimeout, limits.bodyCheckPeriod))
    }

    func fieldReceived(stream: Int32, name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        guard let current, current.stream == stream else { return false }
        didReceiveHead = true
        assembler.append(name: name, value: value)
        guard assembler.isBomb else { return true }
        secureMetrics.http2HeadsTooLarge.count()
        return false
    }

    func frameReceived(_ frame: HTTP2Frame) {
        switch frame.kind {
        case .requestHeaders: requestHeaders(frame)
        case .trailers: trailers(frame)
        case .data:
            if frame.endsStream {
                if let exchange = exchange(frame.stream) { requestEnded(exchange, HTTPFields()) }
            } else if frame.count == 0 {
                countControlFrame()
            }
        case .reset:
            secureMetrics.http2ResetsReceived.count()
            countReset()
        case .ping where frame.isAcknowledgement: sendFinalGoAway()
        case .settings where frame.isAcknowledgement: break
        case .ping, .priority, .settings: countControlFrame()
        case .goAway, .other, .windowUpdate: break
        }
    }

    func frameInvalid() { metrics.parseErrors.count() }

    func dataReceived(stream: Int32, _ bytes: Span<UInt8>) {
        guard let exchange = exchange(stream), let handler = exchange.handler,
            !exchange.isRequestIgnored
        else {
            session?.consumeConnection(bytes.count)
            return
        }
        exchange.unconsumed += bytes.count
        exchange.clock.received(bytes.count, now: now)
        handler.received(bytes)
    }

    func frameSent(_ frame: HTTP2Frame) {
        switch frame.kind {
        case .data, .requestHeaders, .trailers:
            guard frame.endsStream, let exchange = exchange(frame.stream) else { return }
            responseSent(exchange)
        case .reset:
            secureMetrics.http2ResetsSent.count()
            // A refused stream is no fault: the client may not know the limit yet.
            guard exchange(frame.stream)?.isResetHere != true,
                frame.errorCode != NGHTTP2_REFUSED_STREAM.rawValue,
                frame.errorCode != NGHTTP2_NO_ERROR.rawValue
            else { return }
            countReset()
        case .goAway, .other, .ping, .priority, .settings, .windowUpdate: break
        }
    }

    func streamClosed(stream: Int32, errorCode: UInt32) {
        guard let exchange = exchange(stream) else { return }
        if current === exchange {
            current = nil
            assembler.clear()
        }
        remove(exchange)
        if exchange.unconsumed > 0 { session?.consumeConnection(exchange.unconsumed) }
        exchange.unconsumed = 0
        let isComplete =
            exchange.isRequestEnded && exchange.isResponseSent
            && errorCode == NGHTTP2_NO_ERROR.rawValue
        exchange.finish(complete: isComplete)
    }

    func bodyPlan(stream: Int32, countMax: Int) -> HTTP2BodyPlan {
        guard let exchange = exchange(stream) else { return .wait }
        let plan = exchange.plan(countMax)
        if case .end(_, hasTrailers: true) = plan, let trailers = exchange.takeTrailers() {
            _ = session?.submitTrailers(trailers, stream: stream)
        }
        return plan
    }

    func sendBody(stream: Int32, frameHead: Span<UInt8>, count: Int) -> Bool {
        unsafe frameHead.withUnsafeBytes { _ = unsafe batch.writeBytes($0) }
        guard let exchange = exchange(stream) else {
            // The frame's length is promised already; the stream's end is an error anyhow.
            batch.writeRepeatingByte(0, count: count)
            return false
        }
        exchange.clock.sent(now: now)
        exchange.moveBody(count, into: &batch)
        if exchange.isFull, exchange.queuedBytes < HTTP2ServerExchange.queueLowBytes {
            exchange.isFull = false
            writableAgain.append(exchange)
        }
        isPaused = batch.readableBytes >= Self.batchBytes
        return !isPaused
    }

    private func requestHeaders(_ frame: HTTP2Frame) {
        headBegunAt = nil
        guard let exchange = current, exchange.stream == frame.stream else { return }
        current = nil
        defer { assembler.clear() }
        do throws(HTTP2HeadRefusal) {
            let head = try assembler.finish(endsStream: frame.endsStream)
            exchange.isHead = head.method == .head
            exchange.isRequestEnded = frame.endsStream
            metrics.requestsTotal.count()
            hasServed = true
            exchange.handler = application.begin(head, on: exchange)
            if frame.endsStream { exchange.handler?.receivedEnd(trailers: HTTPFields()) }
        } catch {
            refuse(exchange, error, endsStream: frame.endsStream)
        }
    }

    private func trailers(_ frame: HTTP2Frame) {
        headBegunAt = nil
        guard let exchange = current, exchange.stream == frame.stream else { return }
        current = nil
        defer { assembler.clear() }
        guard assembler.refusal == nil else {
            secureMetrics.http2HeadsTooLarge.count()
            return reset(exchange, NGHTTP2_ENHANCE_YOUR_CALM)
        }
        if frame.endsStream { requestEnded(exchange, assembler.fields) }
    }

    private func requestEnded(_ exchange: HTTP2ServerExchange, _ trailers: HTTPFields) {
        exchange.isRequestEnded = true
        exchange.handler?.receivedEnd(trailers: trailers)
    }

    private func refuse(
        _ exchange: HTTP2ServerExchange,
        _ refusal: HTTP2HeadRefusal,
        endsStream: Bool
    ) {
        metrics.parseErrors.count()
        if refusal.status == 431 { secureMetrics.http2HeadsTooLarge.count() }
        exchange.isRequestEnded = endsStream
        exchange.ignoreRequestBody()
        let fields = HTTPFields([("content-length", "0")])
        exchange.sendHead(HTTPResponseHead(status: refusal.status, fields: fields), end: true)
    }

    private func responseSent(_ exchange: HTTP2ServerExchange) {
        exchange.isResponseSent = true
        if exchange.isRequestIgnored { linger(exchange) }
    }

    private func remove(_ exchange: HTTP2ServerExchange) {
        session?.detach(exchange)
        let position = exchange.position
        guard position < exchanges.count, exchanges[position] === exchange else { return }
        exchanges.swapAt(position, exchanges.count - 1)
        exchanges[position].position = position
        exchanges.removeLast()
        if exchanges.isEmpty { idleSince = now }
    }

    private func exchange(_ stream: Int32) -> HTTP2ServerExchange? {
        session?.exchange(stream)
    }

    private func countReset() {
        if !floods.countReset(now: now) { flooded() }
    }

    private func countControlFrame() {
        if !floods.countControlFrame(now: now) { flooded() }
    }

    private func flooded() {
        secureMetrics.http2Floods.count()
        session?.terminate(NGHTTP2_ENHANCE_YOUR_CALM)
        isDriveNeeded = true
    }
}

extension HTTP2ServerExchange {
    /// Tells the application, once, that it is over.
    func finish(complete: Bool) {
        connection = nil
        dropQueue()
        let last = handler
        handler = nil
        last?.closed(complete: complete)
    }
}
