import Testing

@testable import KMS

struct VaultKeyProviderTests {
    /// An answer of the server, and what it means.
    struct Fault: Sendable, CustomTestStringConvertible {
        var status: Int
        var text: String
        var error: KMSError

        var testDescription: String { "\(status) \(text)" }
    }

    private let vault: FakeVault
    private let provider: VaultKeyProvider
    private let id: KeyID

    init() async throws {
        vault = FakeVault(clock: ManualClock())
        provider = try vault.provider()
        id = try KeyID("k")
        _ = try await provider.create(KeyCreation(id: id))
    }

    @Test(
        "knows what each answer means",
        arguments: [
            Fault(status: 503, text: "Vault is sealed", error: .sealed),
            Fault(status: 503, text: "", error: .unreachable("status 503")),
            Fault(status: 500, text: "boom", error: .unreachable("status 500: boom")),
            Fault(status: 429, text: "rate limit", error: .overloaded),
            Fault(status: 473, text: "", error: .unreachable("status 473")),
            Fault(status: 307, text: "", error: .misconfigured("status 307")),
            Fault(
                status: 404,
                text: "no handler for route",
                error: .misconfigured("status 404: no handler for route")
            ),
            Fault(status: 400, text: "bad\nword", error: .misconfigured("status 400: bad word")),
            Fault(
                status: 400,
                text: "ciphertext or signature version is disallowed by policy (too old)",
                error: .ciphertextInvalid
            ),
            Fault(
                status: 400,
                text: "invalid ciphertext: version is too new",
                error: .ciphertextInvalid
            ),
        ]
    )
    func faults(fault: Fault) async throws {
        let reply = KMSReply.error(fault.status, fault.text)
        vault.answer("transit/datakey", .success(reply))
        await #expect(throws: fault.error) {
            try await provider.generateDataKey(under: id, context: .empty)
        }
    }

    @Test(
        "answers that are none end as unreachable, and never trap",
        arguments: [
            "", "{", "[]", #"{"data":null}"#, #"{"data":{"ciphertext":1}}"#,
            #"{"data":{"ciphertext":"vault:v1:"# + String(repeating: "A", count: 80)
                + #"","plaintext":"AAAA"}}"#,
        ]
    )
    func nonsense(body: String) async throws {
        vault.answer("transit/datakey", 200, body)
        await #expect {
            try await provider.generateDataKey(under: id, context: .empty)
        } throws: {
            if case .unreachable = $0 as? KMSError { true } else { false }
        }
    }

    @Test("refuses a key that would ignore the context, before it wraps anything")
    func underived() async throws {
        vault.state.withLock { _ = $0.underived.insert("other") }
        let other = try KeyID("other")
        await #expect(throws: KMSError.self) { try await provider.create(KeyCreation(id: other)) }
        await #expect {
            try await provider.generateDataKey(under: other, context: .empty)
        } throws: {
            if case .misconfigured(let reason) = $0 as? KMSError {
                reason.contains("derived=true")
            } else {
                false
            }
        }
        #expect(vault.count("transit/datakey") == 0)
        #expect(try await provider.list(limit: 10, after: nil).unreadable == ["other"])
    }

    @Test("asks for a key's kind once, and again after it was deleted")
    func checkedOnce() async throws {
        let provider = try vault.provider()
        let before = vault.count("transit/keys/k")
        for _ in 0..<3 { _ = try await provider.generateDataKey(under: id, context: .empty) }
        #expect(vault.count("transit/keys/k") == before + 1)
        vault.state.withLock { _ = $0.keys.removeValue(forKey: "k") }
        for _ in 0..<2 {
            await #expect(throws: KMSError.keyNotFound(id)) {
                try await provider.generateDataKey(under: id, context: .empty)
            }
        }
        #expect(vault.count("transit/datakey/plaintext/k") == 4)
    }

    @Test("names that no path takes are no keys", arguments: ["a/b", ".a", "a-", "a:b"])
    func names(name: String) async throws {
        let id = try KeyID(name)
        await #expect(throws: KMSError.invalidKeyID(name)) { try await provider.describe(id) }
    }

    @Test("without a KV mount a key has neither words nor labels nor a date of deletion")
    func plain() async throws {
        var settings = vault.settings
        settings.metadataMount = nil
        let provider = try vault.provider(settings)
        let other = try KeyID("other")
        await #expect(throws: KMSError.notSupported) {
            try await provider.create(KeyCreation(id: other, description: "x"))
        }
        #expect(try await provider.create(KeyCreation(id: other)).description.isEmpty)
        for change in [KeyChange.description("x"), .tag([KeyTag("a", "b")]), .cancelDeletion] {
            await #expect(throws: KMSError.notSupported) {
                try await provider.change(other, change)
            }
        }
        #expect(try await provider.change(other, .disable).state == .disabled)
    }

    @Test("a server without soft deletion can't disable")
    func hashiCorp() async throws {
        vault.answer("transit/keys/k/soft-delete", 404, #"{"errors":["unsupported path"]}"#)
        await #expect(throws: KMSError.notSupported) { try await provider.change(id, .disable) }
    }

    @Test("two who change the labels at the same time don't overwrite each other")
    func checkAndSet() async throws {
        vault.answer("kv/data", 404, #"{"errors":[]}"#)
        vault.answer("kv/data", 404, #"{"errors":[]}"#)
        vault.answer("kv/data", .success(.error(400, "check-and-set parameter did not match")))
        await #expect {
            try await provider.change(id, .description("x"))
        } throws: {
            ($0 as? KMSError)?.isTransient == true
        }
    }

    @Test("damaged labels make a key unreadable, not unlabelled")
    func damagedLabels() async throws {
        vault.answer("kv/data", 200, #"{"data":{"data":{"x":1},"metadata":{"version":1}}}"#)
        await #expect(throws: KMSError.keyUnreadable(id)) { try await provider.describe(id) }
    }
}
