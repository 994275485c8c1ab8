internal import Synchronization

/// Lets concurrent callers who want the same thing share one run of the work.
///
/// The first caller does the work in its own task; the others wait for its result. Where the first
/// was cancelled, one of the others does the work anew.
final class Coalescer<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private typealias Outcome = Result<Value, KMSError>
    private let followers = Mutex<[Key: [CheckedContinuation<Outcome?, Never>]]>([:])

    /// How many callers wait for another's work.
    var followerCount: Int {
        followers.withLock { $0.values.reduce(0) { $0 + $1.count } }
    }

    func run(
        _ key: Key,
        _ body: @Sendable () async throws(KMSError) -> Value
    ) async throws(KMSError) -> Value {
        while true {
            if lead(key) { return try await work(key, body).get() }
            switch await follow(key) {
            case .some(.failure(.cancelled)) where !Task.isCancelled: continue
            case .some(let outcome): return try outcome.get()
            case .none: continue
            }
        }
    }

    private func lead(_ key: Key) -> Bool {
        followers.withLock { followers in
            guard followers[key] == nil else { return false }
            followers[key] = []
            return true
        }
    }

    private func work(
        _ key: Key,
        _ body: @Sendable () async throws(KMSError) -> Value
    ) async -> Outcome {
        let outcome: Outcome
        do throws(KMSError) { outcome = .success(try await body()) } catch {
            outcome = .failure(error)
        }
        let waiting = followers.withLock { $0.removeValue(forKey: key) } ?? []
        for continuation in waiting { continuation.resume(returning: outcome) }
        return outcome
    }

    /// The leader's outcome, or `nil` when there is no leader any more.
    private func follow(_ key: Key) async -> Outcome? {
        await withCheckedContinuation { continuation in
            let joined = followers.withLock { followers in
                guard followers[key] != nil else { return false }
                followers[key]?.append(continuation)
                return true
            }
            if !joined { continuation.resume(returning: nil) }
        }
    }
}
