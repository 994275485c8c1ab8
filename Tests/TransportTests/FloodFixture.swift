import HTTPWire
import NIOCore
import Transport

/// Takes bodies without consuming them.
struct HoardingApplication: HTTPServerApplication {
    let received: @Sendable (Int) -> Void

    init(_ received: @escaping @Sendable (Int) -> Void) { self.received = received }

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        HoardingHandler(received)
    }
}

final class HoardingHandler: HTTPServerHandler {
    private let onBody: @Sendable (Int) -> Void

    init(_ onBody: @escaping @Sendable (Int) -> Void) { self.onBody = onBody }

    func received(_ body: Span<UInt8>) { onBody(body.count) }
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() {}
    func closed(complete: Bool) {}
}

/// Sends as much of a body as its exchange takes, until the connection breaks.
final class Flood: HTTPClientHandler {
    private let part = ByteBuffer(repeating: 0x78, count: 65_536)
    private let bytesMax: Int
    private let promise: EventLoopPromise<Int>
    private var sentBytes = 0
    private var exchange: (any HTTPClientExchange)?

    private init(_ bytesMax: Int, _ promise: EventLoopPromise<Int>) {
        self.bytesMax = bytesMax
        self.promise = promise
    }

    /// Begins; gives how many bytes were sent when the connection broke.
    static func start(
        at path: String,
        on loop: any EventLoop,
        bytes: Int
    ) async throws -> EventLoopFuture<Int> {
        let promise = loop.makePromise(of: Int.self)
        try await loop.submit {
            let pool = HTTP1ClientPool(
                target: .unix(path: path),
                eventLoop: loop,
                metrics: TransportMetrics()
            )
            let flood = Flood(bytes, promise)
            let head = HTTPRequestHead(
                method: .put,
                target: "/",
                authority: "h",
                bodyLength: .known(UInt64(bytes))
            )
            flood.exchange = pool.begin(head, handler: flood)
            flood.send()
        }.get()
        return promise.futureResult
    }

    private func send() {
        while let exchange, exchange.isWritable, sentBytes + part.readableBytes <= bytesMax {
            sentBytes += part.readableBytes
            exchange.sendBody(part)
        }
    }

    func received(_ head: HTTPResponseHead) {}
    func received(_ body: Span<UInt8>) {}
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() { send() }

    func failed(_ error: HTTPClientError) {
        exchange = nil
        promise.succeed(sentBytes)
    }
}
