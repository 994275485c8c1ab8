import HTTPWire
import NIOCore
import Transport

/// A pool of connections to a store that the test plays itself.
final class FakeStore: HTTPClientPool {
    let eventLoop: any EventLoop
    /// Every exchange begun, the oldest first.
    private(set) var exchanges: [FakeStoreExchange] = []
    var isInUse = true
    /// How many of those begun were said to be short.
    private(set) var shortCount = 0
    /// Whether exchanges to come take more from the start.
    var isWritable = true
    /// Called when a request is complete; the test answers by itself where there is none.
    var respond: ((FakeStoreExchange) -> Void)?

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        let exchange = FakeStoreExchange(head, handler, self)
        exchange.isWritable = isWritable
        exchanges.append(exchange)
        if head.bodyLength == .known(0) { exchange.requestEnded() }
        return exchange
    }

    func beginShort(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        shortCount += 1
        return begin(head, handler: handler)
    }

    func close() {}

    func retire() {}

    /// Forgets the exchanges so far.
    func clear() { exchanges = [] }
}

/// One request to the store, as it came, and the store's end of the answer.
final class FakeStoreExchange: HTTPClientExchange {
    let head: HTTPRequestHead
    var isWritable = true
    private(set) var body: [UInt8] = []
    private(set) var trailers: HTTPFields?
    private(set) var isEnded = false
    private(set) var isCancelled = false
    private(set) var consumedCount = 0
    private var handler: (any HTTPClientHandler)?
    private weak var store: FakeStore?

    init(_ head: HTTPRequestHead, _ handler: any HTTPClientHandler, _ store: FakeStore) {
        self.head = head
        self.handler = handler
        self.store = store
    }

    /// Method and target in one line.
    var line: String { "\(head.method.name) \(head.target)" }

    /// The envelope that commits the body: behind it, or in front of a short one.
    var metadata: String? { attached("x-amz-meta-sealgate") }

    /// A field that may come behind the body; not both.
    func attached(_ name: String) -> String? {
        guard isEnded else { return nil }
        let isBehind = head.fields["trailer"] == name
        return isBehind ? trailers?[name] : head.fields[name]
    }

    var isOver: Bool { handler == nil }

    func sendBody(_ body: ByteBuffer) { self.body += Array(body.readableBytesView) }

    func sendEnd(trailers: HTTPFields?) {
        self.trailers = trailers
        requestEnded()
    }

    func consume(_ count: Int) { consumedCount += count }

    func cancel() {
        guard handler != nil else { return }
        isCancelled = true
        handler = nil
    }

    func requestEnded() {
        isEnded = true
        // As a real pool: never from within the call that the caller is still in.
        store?.eventLoop.assumeIsolated().execute { [weak self] in
            guard let self else { return }
            self.store?.respond?(self)
        }
    }

    // The store's end.

    func answer(_ status: Int, _ fields: [(String, String)] = [], body: [UInt8] = []) {
        let hasLength = fields.contains { $0.0 == "content-length" }
        answerHead(status, hasLength ? fields : fields + [("content-length", String(body.count))])
        answerBody(body)
        answerEnd()
    }

    func answerHead(_ status: Int, _ fields: [(String, String)] = []) {
        handler?.received(HTTPResponseHead(status: status, fields: HTTPFields(fields)))
    }

    func answerBody(_ bytes: [UInt8], pieceCount: Int = 20_000) {
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + pieceCount, bytes.count)
            handler?.received(bytes[offset..<end].span)
            offset = end
        }
    }

    func answerEnd() {
        let last = handler
        handler = nil
        last?.receivedEnd(trailers: HTTPFields())
    }

    func fail(_ error: HTTPClientError) {
        let last = handler
        handler = nil
        last?.failed(error)
    }

    func becomeWritable() {
        isWritable = true
        handler?.becameWritable()
    }
}
