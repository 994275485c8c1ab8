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

    /// How the store wants to be asked.
    var form: StoreForm

    /// A client over a loop's pool; made on that loop.
    init(_ pool: any HTTPClientPool, _ form: StoreForm) {
        eventLoop = pool.eventLoop
        self.pool = NIOLoopBound(pool, eventLoop: pool.eventLoop)
        self.form = form
    }

    /// Sends a request of the dialect and collects its answer.
    ///
    /// - Throws: `StoreError`; an answer with an error status is returned, not thrown.
    func send(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        if form.isDialect { return try await sendAlone(request) }
        return try await EngineTranslation(self).send(request)
    }

    /// Sends one request as it is, whatever the store makes of it.
    func sendAlone(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
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
