public import Encoding

/// A signature's credential that AWS gave for a time; it has no way into a text by accident.
public struct AWSTemporaryCredential: Equatable, Sendable, CustomStringConvertible,
    CustomReflectable
{
    /// The access key id.
    public let accessKeyID: String
    /// The secret access key.
    public let secret: String
    /// The session token.
    public let token: String
    /// When it ends.
    public let expires: Timestamp

    /// A credential as a service gave it.
    ///
    /// - Throws: `.unreachable` for parts that are none.
    public init(
        accessKeyID: String?,
        secret: String?,
        token: String?,
        expires: String?
    ) throws(KMSError) {
        let parts = [accessKeyID, secret, token].compactMap { $0 }
        guard parts.count == 3, let expires = expires.flatMap({ Timestamp(iso8601: $0) }),
            parts.allSatisfy({ !$0.isEmpty && $0.utf8Span.span.isVisible })
        else { throw .unreachable("the answer holds no credential") }
        self.accessKeyID = parts[0]
        self.secret = parts[1]
        self.token = parts[2]
        self.expires = expires
    }

    /// Nothing of it.
    public var description: String { "(secret)" }
    /// Nothing of it.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The life of a temporary credential as a state machine without I/O: when to use it, fetch the
/// next one early, and how often to try.
struct AWSCredentialLife {
    /// What a call needs done about its credential.
    enum Step: Equatable {
        /// There is none that is good; fetch one.
        case fetch
        /// It is good still, and old: fetch the next.
        case refresh(AWSTemporaryCredential)
        /// It is good.
        case use(AWSTemporaryCredential)
    }

    /// The shortest time from one fetch to the next.
    static let pauseMilliseconds: Int64 = 1000

    private var held: AWSTemporaryCredential?
    private var refreshes = Timestamp(seconds: 0)
    private var lastFetch: Timestamp?
    private var lastFailure: KMSError?

    /// What to do for a call at `now`; of many callers one is told to refresh.
    mutating func step(now: Timestamp) -> Step {
        guard let held, now < held.expires else { return .fetch }
        guard refreshes <= now else { return .use(held) }
        refreshes = Timestamp(milliseconds: now.milliseconds &+ Self.pauseMilliseconds)
        return .refresh(held)
    }

    /// Asks to fetch now, instead of `old`, what the caller found; gives a good credential that
    /// somebody else has fetched since, and `nil` where it is to be fetched.
    ///
    /// - Throws: why the last fetch failed, where it was less than `pauseMilliseconds` ago.
    mutating func beginFetch(
        insteadOf old: AWSTemporaryCredential?,
        now: Timestamp
    ) throws(KMSError) -> AWSTemporaryCredential? {
        if let held, held != old, now < held.expires { return held }
        if let lastFetch,
            (0..<Self.pauseMilliseconds).contains(now.milliseconds &- lastFetch.milliseconds)
        {
            throw lastFailure ?? .accessDenied
        }
        lastFetch = now
        lastFailure = nil
        return nil
    }

    /// A fetch succeeded; two thirds of the life that is left go by until the next.
    ///
    /// - Throws: `.unreachable` for a credential that is over.
    mutating func fetched(_ credential: AWSTemporaryCredential, now: Timestamp) throws(KMSError) {
        let left = credential.expires.milliseconds &- now.milliseconds
        guard left > 0 else { throw .unreachable("the credential for AWS is expired already") }
        held = credential
        refreshes = Timestamp(milliseconds: now.milliseconds &+ left / 3 * 2)
    }

    /// A fetch failed; who asks again too soon is told why.
    mutating func fetchFailed(_ error: KMSError) {
        lastFailure = error == .cancelled ? .timedOut : error
    }

    /// The service doesn't take the credential any more.
    mutating func refused(_ credential: AWSTemporaryCredential) {
        if held == credential { held = nil }
    }

    /// Seconds until the credential ends; `nil` without one.
    func expiresInSeconds(now: Timestamp) -> Int64? {
        held.map { max(0, ($0.expires.milliseconds &- now.milliseconds) / 1000) }
    }
}
