import Encoding
import Synchronization
import Testing

@testable import KMS

/// What every provider on the network must do when its server fails; each is a parameter.
struct KeyProviderFailureTests {
    enum Kind: CaseIterable, Sendable {
        case aws
        case vault
    }

    private let clock = ManualClock()
    private let id: KeyID

    init() throws { id = try KeyID("reports-2026") }

    private func provider(_ kind: Kind, over fault: Fault) throws -> any KeyProvider {
        let clock = clock
        switch kind {
        case .aws:
            fault.inner = FakeAWS(clock: clock)
            return AWSKeyProvider(region: "eu-1", endpoint: "https://kms.test", fault) { clock.now }
        case .vault:
            let vault = FakeVault(clock: clock)
            fault.inner = vault
            return try VaultKeyProvider(vault.settings, fault, now: { clock.now })
        }
    }

    @Test("unreachable: says so, and works again once it is back", arguments: Kind.allCases)
    func unreachable(kind: Kind) async throws {
        let fault = Fault()
        let provider = try provider(kind, over: fault)
        _ = try await provider.create(KeyCreation(id: id))
        let made = try await provider.generateDataKey(under: id, context: .empty)
        fault.error = .unreachable("no route")
        await #expect(throws: KMSError.unreachable("no route")) {
            try await provider.decrypt(made.wrapped, under: id, context: .empty)
        }
        await #expect(throws: KMSError.unreachable("no route")) {
            try await provider.generateDataKey(under: id, context: .empty)
        }
        fault.error = nil
        let again = try await provider.decrypt(made.wrapped, under: id, context: .empty)
        #expect(again.isEqual(to: made.key))
    }

    @Test("slow: a call is given up at its deadline", arguments: Kind.allCases)
    func slow(kind: Kind) async throws {
        let fault = Fault()
        let provider = try provider(kind, over: fault)
        _ = try await provider.create(KeyCreation(id: id))
        var settings = KeyRingSettings(defaultKeyID: id)
        settings.tryCountMax = 1
        let ring = KeyRing(
            provider: provider,
            records: MemoryRecordStore(),
            settings: settings,
            environment: clock.environment
        )
        try await ring.start()
        fault.hangs = true
        let known = clock.pauses.count
        let call = Task { try await ring.generateDataKey(under: id, context: .empty) }
        while clock.pauses.count == known || clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(milliseconds: settings.tryDeadlineMilliseconds)
        await #expect(throws: KMSError.timedOut) { try await call.value }
    }

    @Test("refusing Sealgate itself: access is denied, not a key missing", arguments: Kind.allCases)
    func denied(kind: Kind) async throws {
        let fault = Fault()
        let provider = try provider(kind, over: fault)
        _ = try await provider.create(KeyCreation(id: id))
        fault.reply = KMSReply(
            status: kind == .aws ? 400 : 403,
            body: Array(#"{"__type":"AccessDeniedException","errors":["permission denied"]}"#.utf8)
        )
        await #expect(throws: KMSError.accessDenied) {
            try await provider.generateDataKey(under: id, context: .empty)
        }
    }
}

/// A server that fails to order.
private final class Fault: KMSTransport {
    private struct State {
        var inner: (any KMSTransport)?
        var error: KMSError?
        var reply: KMSReply?
        var hangs = false
    }

    private let state = Mutex(State())

    var inner: (any KMSTransport)? {
        get { state.withLock { $0.inner } }
        set { state.withLock { $0.inner = newValue } }
    }
    var error: KMSError? {
        get { state.withLock { $0.error } }
        set { state.withLock { $0.error = newValue } }
    }
    var reply: KMSReply? {
        get { state.withLock { $0.reply } }
        set { state.withLock { $0.reply = newValue } }
    }
    var hangs: Bool {
        get { state.withLock { $0.hangs } }
        set { state.withLock { $0.hangs = newValue } }
    }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        if let error { throw error }
        if let reply { return reply }
        if hangs {
            // Until the deadline cancels it.
            try? await Task.sleep(for: .seconds(3600))
            throw .cancelled
        }
        guard let inner else { throw .notConfigured }
        return try await inner.send(request)
    }
}
