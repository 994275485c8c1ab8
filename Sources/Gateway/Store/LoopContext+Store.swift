/// The data path's way to the store for whole answers.
extension LoopContext {
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
