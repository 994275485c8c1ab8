import HTTPWire
import NIOCore
import NIOEmbedded

@testable import Transport

/// What a client exchange was told.
final class RecordingHandler: HTTPClientHandler {
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    var trailers: HTTPFields?
    var error: HTTPClientError?
    var writableCount = 0
    /// Called while bytes are lent, before they are looked at.
    var beforeBody: ((Int) -> Void)?
    var onBody: ((Int) -> Void)?
    var onEnd: (() -> Void)?

    func received(_ head: HTTPResponseHead) { self.head = head }

    func received(_ body: Span<UInt8>) {
        beforeBody?(body.count)
        for index in body.indices { self.body.append(body[index]) }
        onBody?(body.count)
    }

    func receivedEnd(trailers: HTTPFields) {
        self.trailers = trailers
        onEnd?()
    }

    func becameWritable() { writableCount += 1 }

    func failed(_ error: HTTPClientError) { self.error = error }
}

/// A pool whose connections are embedded channels.
final class ClientFixture {
    let loop = EmbeddedEventLoop()
    let metrics = TransportMetrics()
    let limits: HTTPClientLimits
    private(set) var channels: [EmbeddedChannel] = []
    private(set) var fronts: [FrontCounter] = []
    /// Connections not made yet, where they are held back.
    private(set) var pending: [EventLoopPromise<any Channel>] = []
    var holdsConnections = false
    var connectError: (any Error)?
    private(set) lazy var pool = HTTP1ClientPool(
        eventLoop: loop,
        limits: limits,
        metrics: metrics
    ) { [unowned self] in self.connect($0) }

    init(_ change: (inout HTTPClientLimits) -> Void = { _ in }) {
        var limits = HTTPClientLimits()
        change(&limits)
        self.limits = limits
    }

    private func connect(_ loop: any EventLoop) -> EventLoopFuture<any Channel> {
        if let connectError { return loop.makeFailedFuture(connectError) }
        let promise = loop.makePromise(of: (any Channel).self)
        pending.append(promise)
        if !holdsConnections { completeConnections() }
        return promise.futureResult
    }

    func completeConnections() {
        for promise in pending {
            let channel = EmbeddedChannel(loop: loop)
            let front = FrontCounter()
            do {
                try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
                try channel.pipeline.syncOperations.addHandlers([
                    front, HTTP1ClientConnection(limits: limits, metrics: metrics),
                ])
            } catch {
                promise.fail(error)
                continue
            }
            channels.append(channel)
            fronts.append(front)
            promise.succeed(channel)
        }
        pending = []
    }

    @discardableResult
    func begin(
        _ method: HTTPMethod,
        _ target: String,
        _ length: HTTPBodyLength = .known(0)
    ) -> (exchange: any HTTPClientExchange, handler: RecordingHandler) {
        let handler = RecordingHandler()
        let head = HTTPRequestHead(
            method: method,
            target: target,
            authority: "h",
            bodyLength: length
        )
        let exchange = pool.begin(head, handler: handler)
        loop.run()
        return (exchange, handler)
    }

    /// Begins a short exchange; with a body its request is to be ended.
    @discardableResult
    func beginShort(
        _ method: HTTPMethod,
        _ target: String
    ) -> (exchange: any HTTPClientExchange, handler: RecordingHandler) {
        let handler = RecordingHandler()
        let length = method == .put ? HTTPBodyLength.unknown : .known(0)
        let head = HTTPRequestHead(
            method: method,
            target: target,
            authority: "h",
            bodyLength: length
        )
        return (pool.beginShort(head, handler: handler), handler)
    }

    /// What went out on a connection since the last look.
    func sent(_ index: Int = 0) throws -> String {
        loop.run()
        var text = ""
        while let data = try channels[index].readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { text += String(buffer: bytes) }
        }
        return text
    }

    func receive(_ text: String, _ index: Int = 0) throws {
        try channels[index].writeInbound(ByteBuffer(string: text))
        channels[index].read()
        loop.run()
    }

    /// The server closes a connection.
    func close(_ index: Int = 0) throws {
        _ = try? channels[index].close().wait()
        loop.run()
    }

    func advance(_ seconds: Int64) { loop.advanceTime(by: .seconds(seconds)) }

    func count(_ counter: KeyPath<TransportMetrics, Int>) -> Int { metrics[keyPath: counter] }
}

extension TransportMetrics {
    var poolOpenNow: Int { poolOpen.load(ordering: .relaxed) }
    var poolIdleNow: Int { poolIdle.load(ordering: .relaxed) }
    var poolQueuedNow: Int { poolQueued.load(ordering: .relaxed) }
    var exchangesAheadNow: Int { exchangesAhead.load(ordering: .relaxed) }
    var retriesNow: Int { retries.load(ordering: .relaxed) }
    var connectFailuresNow: Int { connectFailures.load(ordering: .relaxed) }
}
