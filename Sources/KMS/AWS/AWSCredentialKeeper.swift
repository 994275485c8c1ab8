public import Encoding
internal import Synchronization

/// Keeps a temporary credential good: fetched anew before it ends, once for all who need it, and
/// never more than once a second.
///
/// Nothing runs by itself: the call that finds it old fetches the next one.
public final class AWSCredentialKeeper: Sendable {
    private enum Work: Hashable, Sendable { case fetch }

    private let life = Mutex(AWSCredentialLife())
    private let shared = Coalescer<Work, AWSTemporaryCredential>()
    private let now: @Sendable () -> Timestamp
    private let fetch: @Sendable () async throws(KMSError) -> AWSTemporaryCredential

    /// A keeper without a credential yet.
    ///
    /// - Parameters:
    ///   - now: the clock that credentials age by.
    ///   - fetch: asks the service that gives them.
    public init(
        now: @escaping @Sendable () -> Timestamp,
        fetch: @escaping @Sendable () async throws(KMSError) -> AWSTemporaryCredential
    ) {
        self.now = now
        self.fetch = fetch
    }

    /// Seconds until the credential ends; `nil` without one.
    public var expiresInSeconds: Int64? { life.withLock { $0.expiresInSeconds(now: now()) } }

    /// A credential that is good now.
    ///
    /// - Throws: what fetching one failed with.
    public func credential() async throws(KMSError) -> AWSTemporaryCredential {
        let time = now()
        switch life.withLock({ $0.step(now: time) }) {
        case .fetch: return try await sharedFetch(insteadOf: nil)
        case .use(let credential): return credential
        case .refresh(let credential):
            // The old one is good for a while, whatever becomes of it.
            do throws(KMSError) {
                return try await sharedFetch(insteadOf: credential)
            } catch {
                return credential
            }
        }
    }

    /// Forgets a credential that the service refused, in favour of a new one.
    public func refused(_ credential: AWSTemporaryCredential) {
        life.withLock { $0.refused(credential) }
    }

    private func sharedFetch(
        insteadOf old: AWSTemporaryCredential?
    ) async throws(KMSError) -> AWSTemporaryCredential {
        try await shared.run(.fetch) { () async throws(KMSError) in
            let time = self.now()
            // A fetch may have ended between the caller's look and this.
            let fetched = try self.life.withLock { (life) throws(KMSError) in
                try life.beginFetch(insteadOf: old, now: time)
            }
            if let fetched { return fetched }
            do throws(KMSError) {
                let credential = try await self.fetch()
                try self.life.withLock { (life) throws(KMSError) in
                    try life.fetched(credential, now: self.now())
                }
                return credential
            } catch {
                self.life.withLock { $0.fetchFailed(error) }
                throw error
            }
        }
    }
}
