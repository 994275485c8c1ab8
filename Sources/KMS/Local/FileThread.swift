internal import Dispatch

/// Runs blocking work one piece after the other, on threads that aren't the shared pool's.
final class FileThread: Sendable {
    private let queue = DispatchQueue(label: "sealgate.kms.files")

    /// The outcome of `body`, run when all work before it is done.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(KMSError) -> Value
    ) async throws(KMSError) -> Value {
        let outcome = await withCheckedContinuation { continuation in
            queue.async {
                let outcome: Result<Value, KMSError>
                do throws(KMSError) { outcome = .success(try body()) } catch {
                    outcome = .failure(error)
                }
                continuation.resume(returning: outcome)
            }
        }
        return try outcome.get()
    }
}
