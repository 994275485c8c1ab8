import Encoding
import HTTPWire
import NIOCore
import Transport

/// Whole requests to the store for control work, from any task; one for each event loop.
///
/// Sendable: the pool behind it is touched on its loop alone.
struct StoreClient: Sendable {
    private let eventLoop: any EventLoop
    private let pool: NIOLoopBound<any HTTPClientPool>

    /// A client over a loop's pool; made on that loop.
    init(_ pool: any HTTPClientPool) {
        eventLoop = pool.eventLoop
        self.pool = NIOLoopBound(pool, eventLoop: pool.eventLoop)
    }

    /// Sends a request and collects its answer.
    ///
    /// - Throws: `StoreError`; an answer with an error status is returned, not thrown.
    func send(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let promise = eventLoop.makePromise(of: Result<StoreReply, StoreError>.self)
        eventLoop.execute {
            StoreExchange.send(request.head, body: request.body, on: pool.value) { result in
                promise.succeed(result)
            }
        }
        let result: Result<StoreReply, StoreError>
        do {
            result = try await promise.futureResult.get()
        } catch {
            result = .failure(.answerInvalid("the event loop has ended"))
        }
        return try result.get()
    }
}
