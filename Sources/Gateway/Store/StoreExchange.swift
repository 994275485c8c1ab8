import HTTPWire
import NIOCore
import Transport

/// One request to the store, or to a KMS, whose answer is collected whole.
///
/// Bound to its event loop; completes exactly once.
final class StoreExchange: HTTPClientHandler {
    /// Room for a part list of 10,000 parts or a part table.
    static let bodyBytesMax = 16 << 20

    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var exchange: (any HTTPClientExchange)?
    private var completion: ((Result<StoreReply, StoreError>) -> Void)?
    private let bodyBytesMax: Int

    private init(
        _ bodyBytesMax: Int,
        _ completion: @escaping (Result<StoreReply, StoreError>) -> Void
    ) {
        self.bodyBytesMax = bodyBytesMax
        self.completion = completion
    }

    /// Sends a request with its whole body; `completion` comes on the pool's event loop.
    ///
    /// `isShort`: it may share a connection, its answer being short.
    @discardableResult
    static func send(
        _ head: HTTPRequestHead,
        body: [UInt8],
        bodyBytesMax: Int = bodyBytesMax,
        on pool: any HTTPClientPool,
        isShort: Bool = false,
        _ completion: @escaping (Result<StoreReply, StoreError>) -> Void
    ) -> StoreExchange {
        var head = head
        head.bodyLength = .known(UInt64(body.count))
        let handler = StoreExchange(bodyBytesMax, completion)
        let exchange = pool.begin(head, handler: handler, isShort: isShort)
        handler.exchange = exchange
        if !body.isEmpty {
            exchange.sendBody(ByteBuffer(bytes: body))
            exchange.sendEnd(trailers: nil)
        }
        return handler
    }

    /// Breaks it off; it completes with a failure unless it did before.
    func cancel() {
        exchange?.cancel()
        finish(.failure(.unreachable(.connectionClosed)))
    }

    func received(_ head: HTTPResponseHead) { self.head = head }

    func received(_ body: Span<UInt8>) {
        guard self.body.count + body.count <= bodyBytesMax else {
            exchange?.cancel()
            return finish(.failure(.answerTooLarge))
        }
        unsafe body.withUnsafeBufferPointer { unsafe self.body.append(contentsOf: $0) }
        exchange?.consume(body.count)
    }

    func receivedEnd(trailers: HTTPFields) {
        guard let head else { return finish(.failure(.answerInvalid("no response head"))) }
        finish(.success(StoreReply(status: head.status, fields: head.fields, body: body)))
    }

    func becameWritable() {}

    func failed(_ error: HTTPClientError) { finish(.failure(.unreachable(error))) }

    private func finish(_ result: Result<StoreReply, StoreError>) {
        exchange = nil
        guard let completion else { return }
        self.completion = nil
        completion(result)
    }
}
