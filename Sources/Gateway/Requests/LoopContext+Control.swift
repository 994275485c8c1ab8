import NIOCore

extension LoopContext {
    /// Runs control work off the loop (a KMS call, a listing) and comes back with its result.
    ///
    /// The only way from the event loop into `async` code: never for a request that a key in
    /// memory can serve.
    func perform<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () async throws(Failure) -> Value,
        then completion: @escaping (Result<Value, Failure>) -> Void
    ) {
        let promise = eventLoop.makePromise(of: Result<Value, Failure>.self)
        promise.futureResult.assumeIsolated().whenSuccess(completion)
        promise.completeWithTask {
            do throws(Failure) {
                return .success(try await work())
            } catch {
                return .failure(error)
            }
        }
    }
}
