/// The data path's way to the store for short requests and whole answers.
extension LoopContext {
    /// The most bytes of a stored body that shares a connection with others: what the store keeps
    /// in its index by default, so that no file is waited for, 32 KiB and what sealing adds.
    static let sharedBytesMax = 33_792

    /// Whether short requests to the store may share connections.
    var sharesConnections: Bool { services.storeForm.can(.pipelining) }

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
