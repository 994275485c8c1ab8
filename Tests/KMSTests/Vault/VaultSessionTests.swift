import Encoding
import Testing

@testable import KMS

struct VaultSessionTests {
    private let clock = ManualClock()
    private let vault: FakeVault
    private let provider: VaultKeyProvider
    private let id: KeyID

    init() async throws {
        vault = FakeVault(clock: clock)
        provider = try vault.provider()
        id = try KeyID("k")
        _ = try await provider.create(KeyCreation(id: id))
    }

    private func generate() async throws(KMSError) {
        _ = try await provider.generateDataKey(under: id, context: .empty)
    }

    private func logins() -> Int { vault.count("auth/approle/login") }

    @Test("many callers with a dead token share one look-up and one login")
    func coalesced() async throws {
        vault.revoke()
        clock.advance(seconds: 2)
        vault.hold("auth/token/lookup-self")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await generate() } }
            while vault.count("transit/datakey") < 20 { await Task.yield() }
            while vault.state.withLock({ $0.held.isEmpty }) { await Task.yield() }
            vault.release()
            try await group.waitForAll()
        }
        #expect(logins() == 2)
        #expect(vault.count("auth/token/lookup-self") == 1)
    }

    @Test("a policy that says no costs one look-up a second and no login")
    func policy() async throws {
        vault.state.withLock { _ = $0.denied.insert("transit/datakey") }
        for _ in 0..<5 { await #expect(throws: KMSError.accessDenied) { try await generate() } }
        #expect(logins() == 1)
        #expect(vault.count("auth/token/lookup-self") == 1)
    }

    @Test("no login storm while logins fail: one a second, the others told at once")
    func storm() async throws {
        vault.revoke()
        for second in 0..<5 {
            clock.advance(seconds: 1)
            vault.answer("auth/approle/login", 400, #"{"errors":["invalid role or secret ID"]}"#)
            for _ in 0..<10 {
                await #expect(throws: KMSError.accessDenied) { try await generate() }
            }
            #expect(logins() == 2 + second)
        }
        vault.state.withLock { $0.answers = [] }
        clock.advance(seconds: 1)
        try await generate()
    }

    @Test("renews at two thirds of the life, in one call, and goes on")
    func renewal() async throws {
        clock.advance(seconds: 2400)
        try await generate()
        try await generate()
        #expect(vault.count("auth/token/renew-self") == 1)
        #expect(provider.tokenExpiresInSeconds == 3600)
        #expect(logins() == 1)
    }

    @Test("a renewal that fails leaves the token good until its end")
    func renewalFails() async throws {
        clock.advance(seconds: 2400)
        vault.answer("auth/token/renew-self", .failure(.unreachable("down")))
        try await generate()
        #expect(provider.tokenExpiresInSeconds == 1200)
        clock.advance(seconds: 1)
        vault.answer("auth/token/renew-self", 400, #"{"errors":["lease is not renewable"]}"#)
        try await generate()
        clock.advance(seconds: 1)
        try await generate()
        #expect(logins() == 2)
        #expect(vault.count("auth/token/renew-self") == 2)
    }

    @Test("a token that ended is replaced before it is used")
    func expired() async throws {
        clock.advance(seconds: 3600)
        try await generate()
        #expect(logins() == 2)
        #expect(vault.count("auth/token/lookup-self") == 0)
    }

    @Test("a token of the settings is read anew where the old one is dead")
    func tokenFile() async throws {
        let secret = KMSSecret { () throws(KMSError) in
            Array("s.\(self.vault.state.withLock { $0.loginCount })".utf8)
        }
        var settings = vault.settings
        settings.authentication = .token(secret)
        let provider = try vault.provider(settings)
        _ = try await provider.describe(id)
        #expect(provider.tokenExpiresInSeconds == 3600)
        vault.state.withLock { state in
            state.loginCount = 7
            state.tokens = ["s.7"]
        }
        clock.advance(seconds: 2)
        _ = try await provider.describe(id)
        #expect(logins() == 1)
    }

    @Test("logs in with a certificate or a service account's token, in a namespace")
    func methods() async throws {
        let secret = KMSSecret { () throws(KMSError) in Array("jwt".utf8) }
        let answer = #"{"auth":{"client_token":"s.1","lease_duration":60,"renewable":false}}"#
        let methods: [(VaultAuthentication, String, JSONValue)] = [
            (.certificate(role: "web"), "auth/cert/login", ["name": "web"]),
            (.certificate(role: nil), "auth/cert/login", .object([])),
            (
                .kubernetes(role: "r", token: secret, mount: "k8s"), "auth/k8s/login",
                ["role": "r", "jwt": "jwt"]
            ),
        ]
        for (method, path, body) in methods {
            var settings = vault.settings
            settings.authentication = method
            settings.namespace = "team/a"
            vault.answer(path, 200, answer)
            _ = try await vault.provider(settings).describe(id)
            let request = vault.state.withLock { $0.requests.last { $0.target == "/v1/" + path } }
            #expect(try request.map { try JSONValue(reading: $0.body) } == body)
            #expect(request?.fields["x-vault-namespace"] == "team/a")
        }
    }

    @Test(
        "refuses paths that would lead elsewhere",
        arguments: ["a/../b", "/a", "a//b", "a b", ""]
    )
    func paths(path: String) throws {
        var settings = vault.settings
        settings.mountPath = path
        #expect(throws: KMSError.self) { try vault.provider(settings) }
    }
}
