import Testing

@testable import KMS

struct AWSKeyProviderTests {
    /// An answer of the service, and what it means.
    struct Fault: Sendable, CustomTestStringConvertible {
        var status = 400
        var type: String
        var error: KMSError

        var testDescription: String { "\(status) \(type)" }
    }

    private let service = FakeAWS(clock: ManualClock())
    private let id: KeyID

    init() throws { id = try KeyID("k") }

    static func known() throws -> [Fault] {
        let id = try KeyID("k")
        return [
            Fault(type: "DisabledException", error: .keyDisabled(id)),
            Fault(type: "KMSInvalidStateException", error: .keyPendingDeletion(id)),
            Fault(type: "NotFoundException", error: .keyNotFound(id)),
            Fault(type: "com.amazonaws.kms#IncorrectKeyException", error: .ciphertextInvalid),
            Fault(type: "InvalidCiphertextException", error: .ciphertextInvalid),
            Fault(type: "AccessDeniedException", error: .accessDenied),
            Fault(type: "ExpiredTokenException", error: .accessDenied),
            Fault(status: 403, type: "", error: .accessDenied),
            Fault(type: "ThrottlingException", error: .overloaded),
            Fault(type: "KeyUnavailableException", error: .unreachable("KeyUnavailableException")),
            Fault(status: 500, type: "", error: .unreachable("status 500 : no")),
            Fault(type: "Odd", error: .misconfigured("status 400 Odd: no")),
        ]
    }

    @Test("knows what each exception means", arguments: try AWSKeyProviderTests.known())
    func faults(fault: Fault) async throws {
        service.answer(fault.status, #"{"__type":"\#(fault.type)","message":"no"}"#)
        await #expect(throws: fault.error) {
            try await service.provider().decrypt([1], under: id, context: .empty)
        }
    }

    @Test(
        "answers that are none end as unreachable, and never trap",
        arguments: ["", "<xml/>", "[]", #"{"Plaintext":1}"#, #"{"Plaintext":"AAAA"}"#]
    )
    func nonsense(body: String) async throws {
        service.answer(200, body)
        await #expect {
            try await service.provider().decrypt([1], under: id, context: .empty)
        } throws: {
            if case .unreachable = $0 as? KMSError { true } else { false }
        }
    }

    @Test(
        "takes ids and ARNs as they are, and other names as aliases",
        arguments: [
            ("k", "alias/k"), ("alias/k", "alias/k"),
            ("arn:aws:kms:eu-1:1:key/x", "arn:aws:kms:eu-1:1:key/x"),
            ("0af4a2b0-0000-4000-8000-00000000000f", "0af4a2b0-0000-4000-8000-00000000000f"),
            ("mrk-1", "mrk-1"), ("0af4a2b0-0000-4000-8000", "alias/0af4a2b0-0000-4000-8000"),
        ]
    )
    func names(name: String, reference: String) throws {
        #expect(AWSKeyName.reference(try KeyID(name)) == reference)
    }

    @Test("keys without an alias are listed by their ids")
    func unnamed() async throws {
        let provider = service.provider()
        let made = try await provider.create(KeyCreation())
        #expect(try await provider.list(limit: 10, after: nil).keys == [made])
        #expect(!AWSKeyName.isAlias(made.id))
    }

    @Test("tells all names of a key, whichever is asked for; a ring keeps them for a time")
    func names() async throws {
        let clock = ManualClock()
        let service = FakeAWS(clock: clock)
        let provider = service.provider()
        _ = try await provider.create(KeyCreation(id: id))
        let other = try await provider.create(KeyCreation(id: KeyID("other")))
        let all = try await provider.names(of: id)
        #expect(all.count == 3 && all[0] == id && all[2] == id)
        let own = try await provider.names(of: all[1])
        #expect(own == [all[1], all[1], id])
        #expect(try await !provider.names(of: other.id).contains(id))
        let ring = KeyRing(
            provider: provider,
            records: MemoryRecordStore(),
            settings: KeyRingSettings(defaultKeyID: id),
            environment: clock.environment
        )
        #expect(ring.cachedNames(of: id, now: clock.now) == nil)
        #expect(try await ring.names(of: id) == all)
        #expect(ring.cachedNames(of: id, now: clock.now) == all)
        ring.clear()
        #expect(ring.cachedNames(of: id, now: clock.now) == nil)
        let absent = try KeyID("absent")
        #expect(try await ring.names(of: absent) == [absent])
        #expect(ring.cachedNames(of: absent, now: clock.now) == nil)
        // What can't be told allows nothing.
        service.answer(400, #"{"__type":"AccessDeniedException"}"#)
        await #expect(throws: KMSError.accessDenied) { try await ring.names(of: id) }
    }
}
