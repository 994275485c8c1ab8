internal import Encoding

/// A token of Vault or OpenBao; it has no way into a text by accident.
struct VaultToken: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let text: String

    var description: String { "(secret)" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a login or a renewal gave.
struct VaultGrant: Equatable, Sendable {
    var token: VaultToken
    /// How long it lives, in seconds; 0 for ever.
    var lifetimeSeconds: Int64
    var isRenewable: Bool
}

/// The life of Sealgate's token as a state machine without I/O: when to use it, renew it early,
/// replace it, and how often to try.
struct VaultTokens {
    /// What a call needs done about its token.
    enum Step: Equatable {
        /// There is none that is good; log in.
        case logIn
        /// It is good still, and old: renew it, or log in anew where it can't be renewed.
        case refresh(VaultToken, isRenewable: Bool)
        /// It is good.
        case use(VaultToken)
    }

    /// The shortest time from one login to the next, and from one attempt at renewal to the next.
    static let pauseMilliseconds: Int64 = 1000
    /// The longest lifetime believed, in seconds: a century.
    static let lifetimeSecondsMax: Int64 = 36_525 * 86_400

    private struct Held {
        var grant: VaultGrant
        var expires: Timestamp?
        var refreshes: Timestamp?
        /// The lifetime that the login gave, in seconds.
        var firstLifetimeSeconds: Int64
    }

    private var held: Held?
    private var lastLogin: Timestamp?
    private var lastFailure: KMSError?
    private var lastProof: Timestamp?

    /// Tokens that were got by logging in, by renewing, and that the server refused.
    private(set) var loginCount: UInt64 = 0
    private(set) var renewalCount: UInt64 = 0

    /// What to do for a call at `now`; of many callers one is told to refresh.
    mutating func step(now: Timestamp) -> Step {
        guard var held else { return .logIn }
        if let expires = held.expires, expires <= now {
            self.held = nil
            return .logIn
        }
        guard let refreshes = held.refreshes, refreshes <= now else {
            return .use(held.grant.token)
        }
        // The next attempt, should this one fail.
        held.refreshes = Self.time(now, plus: Self.pauseMilliseconds)
        self.held = held
        return .refresh(held.grant.token, isRenewable: held.grant.isRenewable)
    }

    /// Asks to log in now.
    ///
    /// - Throws: why the last login failed, where it was less than `pauseMilliseconds` ago.
    mutating func beginLogin(now: Timestamp) throws(KMSError) {
        if let lastLogin, Self.isRecent(lastLogin, now) { throw lastFailure ?? .accessDenied }
        lastLogin = now
        lastFailure = nil
    }

    /// A login succeeded.
    mutating func loggedIn(_ grant: VaultGrant, now: Timestamp) {
        loginCount += 1
        hold(grant, first: grant.lifetimeSeconds, now: now)
    }

    /// A login failed; who asks again too soon is told why.
    mutating func loginFailed(_ error: KMSError) {
        lastFailure = error == .cancelled ? .timedOut : error
    }

    /// A renewal succeeded.
    mutating func renewed(_ grant: VaultGrant, now: Timestamp) {
        guard let held, held.grant.token == grant.token else { return }
        renewalCount += 1
        var grant = grant
        // The most that a token may live in all is near: the next refresh logs in anew.
        if grant.lifetimeSeconds < held.firstLifetimeSeconds / 2 { grant.isRenewable = false }
        hold(grant, first: held.firstLifetimeSeconds, now: now)
    }

    /// A renewal was refused: the next refresh logs in anew.
    mutating func renewalRefused(_ token: VaultToken) {
        if held?.grant.token == token { held?.grant.isRenewable = false }
    }

    /// The server doesn't know the token any more.
    mutating func refused(_ token: VaultToken) {
        if held?.grant.token == token { held = nil }
    }

    /// The server knows the token still, though it refused a call.
    mutating func proved(_ token: VaultToken, now: Timestamp) {
        if held?.grant.token == token { lastProof = now }
    }

    /// Whether the token was proved good just before: a refusal needn't be looked into again.
    func isProved(_ token: VaultToken, now: Timestamp) -> Bool {
        guard held?.grant.token == token, let lastProof else { return false }
        return Self.isRecent(lastProof, now)
    }

    /// Whether it is the token of now.
    func isCurrent(_ token: VaultToken) -> Bool { held?.grant.token == token }

    /// Seconds until the token ends; `nil` without one, or for one without an end.
    func expiresInSeconds(now: Timestamp) -> Int64? {
        held?.expires.map { max(0, ($0.milliseconds - now.milliseconds) / 1000) }
    }

    private mutating func hold(_ grant: VaultGrant, first: Int64, now: Timestamp) {
        lastProof = nil
        let lifetime = min(max(grant.lifetimeSeconds, 0), Self.lifetimeSecondsMax)
        guard lifetime > 0 else {
            held = Held(grant: grant, firstLifetimeSeconds: 0)
            return
        }
        held = Held(
            grant: grant,
            expires: Self.time(now, plus: lifetime * 1000),
            refreshes: Self.time(now, plus: lifetime * 1000 / 3 * 2),
            firstLifetimeSeconds: first
        )
    }

    private static func time(_ time: Timestamp, plus milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds &+ milliseconds)
    }

    /// Less than the pause ago; a clock that was put back makes nobody wait.
    private static func isRecent(_ time: Timestamp, _ now: Timestamp) -> Bool {
        (0..<pauseMilliseconds).contains(now.milliseconds &- time.milliseconds)
    }
}
