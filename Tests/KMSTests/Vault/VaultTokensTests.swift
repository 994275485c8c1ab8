import Encoding
import Testing

@testable import KMS

struct VaultTokensTests {
    private let start = Timestamp(seconds: 1_700_000_000)
    private let token = VaultToken(text: "s.1")

    private func time(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: start.milliseconds + seconds * 1000)
    }

    private func grant(_ seconds: Int64, renewable: Bool = true) -> VaultGrant {
        VaultGrant(token: token, lifetimeSeconds: seconds, isRenewable: renewable)
    }

    @Test("logs in first, then uses the token, refreshes it at two thirds, and drops it at its end")
    func life() {
        var tokens = VaultTokens()
        #expect(tokens.step(now: start) == .logIn)
        tokens.loggedIn(grant(90), now: start)
        #expect(tokens.step(now: time(59)) == .use(token))
        #expect(tokens.expiresInSeconds(now: time(59)) == 31)
        #expect(tokens.step(now: time(60)) == .refresh(token, isRenewable: true))
        #expect(tokens.step(now: time(60)) == .use(token))
        #expect(tokens.step(now: time(61)) == .refresh(token, isRenewable: true))
        #expect(tokens.step(now: time(90)) == .logIn)
        #expect(tokens.expiresInSeconds(now: time(90)) == nil)
    }

    @Test("a token without an end is never refreshed")
    func endless() {
        var tokens = VaultTokens()
        tokens.loggedIn(grant(0), now: start)
        #expect(tokens.step(now: time(1_000_000_000)) == .use(token))
        #expect(tokens.expiresInSeconds(now: start) == nil)
    }

    @Test("lifetimes that no token has don't trap", arguments: [-1, Int64.max, Int64.min])
    func absurd(seconds: Int64) {
        var tokens = VaultTokens()
        tokens.loggedIn(grant(seconds), now: start)
        #expect(tokens.step(now: start) == .use(token))
    }

    @Test("a renewal that gives less than half leads to a login ahead of the end")
    func nearTheEnd() {
        var tokens = VaultTokens()
        tokens.loggedIn(grant(90), now: start)
        tokens.renewed(grant(90), now: time(60))
        #expect(tokens.step(now: time(120)) == .refresh(token, isRenewable: true))
        tokens.renewed(grant(30), now: time(120))
        #expect(tokens.step(now: time(140)) == .refresh(token, isRenewable: false))
        #expect(tokens.renewalCount == 2)
    }

    @Test("a renewal that is refused leads to a login, while the token goes on")
    func renewalRefused() {
        var tokens = VaultTokens()
        tokens.loggedIn(grant(90), now: start)
        tokens.renewalRefused(token)
        #expect(tokens.step(now: time(61)) == .refresh(token, isRenewable: false))
        #expect(tokens.step(now: time(61)) == .use(token))
    }

    @Test("logs in at most once a second, and says why the last one failed")
    func pace() throws {
        var tokens = VaultTokens()
        try tokens.beginLogin(now: start)
        tokens.loginFailed(.sealed)
        #expect(throws: KMSError.sealed) {
            try tokens.beginLogin(now: Timestamp(milliseconds: start.milliseconds + 999))
        }
        try tokens.beginLogin(now: time(1))
        tokens.loggedIn(grant(90), now: time(1))
        tokens.refused(token)
        #expect(tokens.step(now: time(1)) == .logIn)
        #expect(throws: KMSError.accessDenied) { try tokens.beginLogin(now: time(1)) }
        // A clock that was put back holds nobody up.
        try tokens.beginLogin(now: time(-100))
    }

    @Test("a login that was cancelled isn't told as one to those who come after")
    func cancelled() throws {
        var tokens = VaultTokens()
        try tokens.beginLogin(now: start)
        tokens.loginFailed(.cancelled)
        #expect(throws: KMSError.timedOut) { try tokens.beginLogin(now: start) }
    }

    @Test("looks into refusals of one token at most once a second")
    func checks() {
        var tokens = VaultTokens()
        tokens.loggedIn(grant(90), now: start)
        #expect(!tokens.isProved(token, now: start))
        tokens.proved(token, now: start)
        #expect(tokens.isProved(token, now: start))
        #expect(!tokens.isProved(token, now: time(1)))
        #expect(!tokens.isProved(VaultToken(text: "old"), now: start))
    }

    @Test("a token shows itself in no text")
    func secrecy() {
        var text = ""
        dump(grant(1), to: &text)
        #expect(!text.contains("s.1"))
        #expect(!"\(VaultTokens.Step.use(token))".contains("s.1"))
    }
}
