import HTTPWire
import NIOCore
import NIOPosix
import S3Wire
import Testing
import Transport

@testable import Backend

/// What a store answered.
struct StoreAnswer: Sendable {
    var status: Int
    var fields: HTTPFields
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The code of an error's document.
    var errorCode: String? {
        guard let start = text.range(of: "<Code>"), let end = text.range(of: "</Code>") else {
            return nil
        }
        return String(text[start.upperBound..<end.lowerBound])
    }

    var etag: String { EntityTag.unquoted(fields["etag"] ?? "") }
}

/// A gateway's view of a store: Transport's client on a Unix socket.
final class StoreClient: Sendable {
    private let loop: any EventLoop
    private let pool: NIOLoopBoundBox<HTTP1ClientPool?>
    private let socket: String
    private let metrics = TransportMetrics()

    init(socket: String) {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        pool = NIOLoopBoundBox.makeBoxSendingValue(nil, eventLoop: loop)
        self.socket = socket
    }

    /// Sends a request and gathers its answer.
    @discardableResult
    func send(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: [(String, String)] = [],
        body: [[UInt8]] = [],
        isChunked: Bool = false,
        trailers: [(String, String)]? = nil
    ) async throws -> StoreAnswer {
        let isChunked = isChunked || trailers != nil
        let count = body.reduce(0) { $0 + $1.count }
        let head = HTTPRequestHead(
            method: method,
            target: target,
            authority: "store",
            fields: HTTPFields(fields),
            bodyLength: isChunked ? .unknown : .known(UInt64(count))
        )
        return try await loop.flatSubmit { [self] in
            let promise = loop.makePromise(of: StoreAnswer.self)
            let exchange = begin(head, AnswerCollector(promise))
            if isChunked || count > 0 {
                for piece in body { exchange.sendBody(ByteBuffer(bytes: piece)) }
                exchange.sendEnd(trailers: trailers.map { HTTPFields($0) })
            }
            return promise.futureResult
        }.get()
    }

    /// Reads an object, and does `work` while most of it is still to come.
    func read(
        _ target: String,
        doing work: @Sendable () async throws -> Void
    ) async throws -> StoreAnswer {
        let head = HTTPRequestHead(method: .get, target: target, authority: "store")
        let (collector, began, answer) = try await loop.submit { [self] in
            let promise = loop.makePromise(of: StoreAnswer.self)
            let began = loop.makePromise(of: Void.self)
            let collector = AnswerCollector(promise, holding: began)
            _ = begin(head, collector)
            return (
                NIOLoopBound(collector, eventLoop: loop), began.futureResult, promise.futureResult
            )
        }.get()
        try await began.get()
        try await work()
        try await loop.submit { collector.value.goOn() }.get()
        return try await answer.get()
    }

    /// Sends a part of a body of unknown length, then breaks the exchange off.
    func sendAborted(_ target: String, body: [UInt8]) async throws {
        let head = HTTPRequestHead(
            method: .put,
            target: target,
            authority: "store",
            bodyLength: .unknown
        )
        try await loop.submit { [self] in
            let promise = loop.makePromise(of: StoreAnswer.self)
            let exchange = begin(head, AnswerCollector(promise))
            exchange.sendBody(ByteBuffer(bytes: body))
            promise.fail(HTTPClientError.connectionClosed)
            return NIOLoopBound(exchange, eventLoop: loop)
        }.flatMap { [self] exchange in
            // Another round through the loops, so that some of it was on its way.
            loop.submit { exchange.value.cancel() }
        }.get()
    }

    func close() async {
        try? await loop.submit { [self] in
            pool.value?.close()
            pool.value = nil
        }.get()
    }

    private func begin(
        _ head: HTTPRequestHead,
        _ handler: AnswerCollector
    ) -> any HTTPClientExchange {
        let pool =
            pool.value
            ?? HTTP1ClientPool(target: .unix(path: socket), eventLoop: loop, metrics: metrics)
        self.pool.value = pool
        let exchange = pool.begin(head, handler: handler)
        handler.exchange = exchange
        return exchange
    }
}

/// Gathers an answer.
private final class AnswerCollector: HTTPClientHandler {
    private let promise: EventLoopPromise<StoreAnswer>
    private var answer = StoreAnswer(status: 0, fields: HTTPFields(), body: [])
    var exchange: (any HTTPClientExchange)?
    /// Kept when the head is there; nothing more of the body is asked for until `goOn`.
    private var began: EventLoopPromise<Void>?
    private var heldCount = 0

    init(_ promise: EventLoopPromise<StoreAnswer>, holding began: EventLoopPromise<Void>? = nil) {
        self.promise = promise
        self.began = began
    }

    func goOn() {
        began = nil
        exchange?.consume(heldCount)
    }

    func received(_ head: HTTPResponseHead) {
        began?.succeed()
        answer.status = head.status
        answer.fields = head.fields
    }

    func received(_ body: Span<UInt8>) {
        body.withUnsafeBufferPointer { answer.body.append(contentsOf: $0) }
        if began == nil { exchange?.consume(body.count) } else { heldCount += body.count }
    }

    func receivedEnd(trailers: HTTPFields) {
        exchange = nil
        promise.succeed(answer)
    }

    func becameWritable() {}

    func failed(_ error: HTTPClientError) {
        exchange = nil
        began?.fail(error)
        promise.fail(error)
    }
}
