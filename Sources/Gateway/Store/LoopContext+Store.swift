import HTTPWire
import Transport

/// The data path's way to the store for short requests and whole answers.
extension LoopContext {
    /// The most bytes of a stored body that shares a connection with others: what the store has at
    /// hand, and what none of the others waits for to be sent.
    static let sharedBytesMax = 65_536

    /// Begins a request to the store whose body and whose answer have no more than
    /// `sharedBytesMax` bytes, among others on one connection if the store takes that.
    func beginShort(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        services.storeForm.can(.pipelining)
            ? store.beginShort(head, handler: handler) : store.begin(head, handler: handler)
    }

    /// Asks in the dialect: at once where the store understands it, else through a translation
    /// off the loop.
    func ask(
        _ request: StoreRequest,
        then completion: @escaping (Result<StoreReply, StoreError>) -> Void
    ) {
        if EngineTranslation.isAlone(request, services.storeForm) {
            StoreExchange.send(request.head, body: request.body, on: store, completion)
            return
        }
        let client = client
        perform { () async throws(StoreError) -> StoreReply in
            try await client.send(request)
        } then: {
            completion($0)
        }
    }
}
