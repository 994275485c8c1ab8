import Crypto
import Encoding
import Testing

@testable import KMS

/// What every provider must do; each provider is a parameter.
struct KeyProviderConformanceTests {
    enum Kind: CaseIterable, Sendable {
        case aws
        case local
        case memory
        case vault
    }

    /// A provider, and what it needs to live.
    struct Subject {
        var provider: any KeyProvider
        var clock: ManualClock
        var directory: TemporaryDirectory?

        init(_ kind: Kind) async throws {
            let clock = ManualClock()
            self.clock = clock
            switch kind {
            case .aws: provider = FakeAWS(clock: clock).provider()
            case .memory: provider = MemoryProvider(clock: clock)
            case .vault: provider = try FakeVault(clock: clock).provider()
            case .local:
                let directory = TemporaryDirectory()
                self.directory = directory
                provider = try await LocalKeyProvider.initialize(
                    directory: "\(directory.path)/keys",
                    masterKeyFile: "\(directory.path)/master",
                    defaultKeyID: KeyID("zz-default"),
                    now: { clock.now }
                )
            }
        }
    }

    private let context: EncryptionContext
    private let id: KeyID

    init() throws {
        context = try EncryptionContext([("sealgate", "test"), ("bucket", "demo")])
        id = try KeyID("reports-2026")
    }

    @Test(
        "creates a key, describes it as made, and refuses its name a second time",
        arguments: Kind.allCases
    )
    func create(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let tags = [KeyTag("team", "red"), KeyTag("area", "x")]
        let made = try await subject.provider.create(
            KeyCreation(id: id, description: "Reports", tags: tags)
        )
        #expect(made.id == id)
        #expect(made.description == "Reports")
        #expect(made.state == .enabled)
        #expect(made.currentVersion == 1)
        #expect(made.created == subject.clock.now)
        #expect(made.tags == [KeyTag("area", "x"), KeyTag("team", "red")])
        #expect(try await subject.provider.describe(id) == made)
        await #expect(throws: KMSError.conflict(id)) {
            try await subject.provider.create(KeyCreation(id: id))
        }
    }

    @Test("lists keys in order, page by page", arguments: Kind.allCases)
    func list(kind: Kind) async throws {
        let subject = try await Subject(kind)
        for name in ["b", "a", "C", "d"] {
            _ = try await subject.provider.create(KeyCreation(id: KeyID(name)))
        }
        let first = try await subject.provider.list(limit: 3, after: nil)
        #expect(first.keys.map(\.id.name) == ["C", "a", "b"])
        #expect(first.nextMarker?.name == "b")
        let second = try await subject.provider.list(limit: 1000, after: first.nextMarker)
        #expect(second.keys.map(\.id.name).filter { $0 != "zz-default" } == ["d"])
        #expect(second.nextMarker == nil)
        #expect(second.unreadable.isEmpty)
    }

    @Test("unwraps what it wrapped, and never makes a key twice", arguments: Kind.allCases)
    func roundTrip(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        _ = try await provider.create(KeyCreation(id: id))
        let first = try await provider.generateDataKey(under: id, context: context)
        let second = try await provider.generateDataKey(under: id, context: context)
        #expect(first.key.withSpan { $0.count } == 32)
        #expect(first.keyVersion == 1)
        #expect(!first.key.isEqual(to: second.key))
        let unwrapped = try await provider.decrypt(first.wrapped, under: id, context: context)
        #expect(unwrapped.isEqual(to: first.key))
    }

    @Test("refuses another context, another key and every changed byte", arguments: Kind.allCases)
    func refusals(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        let other = try KeyID("other")
        _ = try await provider.create(KeyCreation(id: id))
        _ = try await provider.create(KeyCreation(id: other))
        let wrapped = try await provider.generateDataKey(under: id, context: context).wrapped
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await provider.decrypt(wrapped, under: id, context: .empty)
        }
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await provider.decrypt(wrapped, under: other, context: context)
        }
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 1
            await #expect(throws: KMSError.ciphertextInvalid) {
                try await provider.decrypt(changed, under: id, context: context)
            }
            await #expect(throws: KMSError.ciphertextInvalid) {
                try await provider.decrypt(Array(wrapped[..<index]), under: id, context: context)
            }
        }
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await provider.decrypt(wrapped + [0], under: id, context: context)
        }
    }

    @Test("says that a key is missing, whatever is asked of it", arguments: Kind.allCases)
    func missing(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        await #expect(throws: KMSError.keyNotFound(id)) { try await provider.describe(id) }
        await #expect(throws: KMSError.keyNotFound(id)) { try await provider.change(id, .disable) }
        await #expect(throws: KMSError.keyNotFound(id)) {
            try await provider.generateDataKey(under: id, context: context)
        }
        await #expect(throws: KMSError.keyNotFound(id)) {
            try await provider.decrypt([1, 2, 3], under: id, context: context)
        }
    }

    @Test("uses a disabled key for nothing until it is enabled", arguments: Kind.allCases)
    func disabled(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        _ = try await provider.create(KeyCreation(id: id))
        let wrapped = try await provider.generateDataKey(under: id, context: context).wrapped
        #expect(try await provider.change(id, .disable).state == .disabled)
        await #expect(throws: KMSError.keyDisabled(id)) {
            try await provider.generateDataKey(under: id, context: context)
        }
        await #expect(throws: KMSError.keyDisabled(id)) {
            try await provider.decrypt(wrapped, under: id, context: context)
        }
        await #expect(throws: KMSError.keyDisabled(id)) {
            try await provider.rewrap(wrapped, under: id, context: context)
        }
        #expect(try await provider.change(id, .enable).state == .enabled)
        _ = try await provider.decrypt(wrapped, under: id, context: context)
    }

    @Test("uses a key that waits for its deletion for nothing", arguments: Kind.allCases)
    func pendingDeletion(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        _ = try await provider.create(KeyCreation(id: id))
        let wrapped = try await provider.generateDataKey(under: id, context: context).wrapped
        let time = Timestamp(seconds: subject.clock.now.milliseconds / 1000 + 8 * 86_400)
        #expect(
            try await provider.change(id, .scheduleDeletion(time)).state == .pendingDeletion(time)
        )
        await #expect(throws: KMSError.keyPendingDeletion(id)) {
            try await provider.decrypt(wrapped, under: id, context: context)
        }
        for change in [KeyChange.enable, .disable, .rotate] {
            await #expect(throws: KMSError.keyPendingDeletion(id)) {
                try await provider.change(id, change)
            }
        }
        #expect(try await provider.change(id, .cancelDeletion).state == .disabled)
    }

    @Test(
        "wraps under the new version after a rotation and unwraps older ones",
        arguments: Kind.allCases
    )
    func rotation(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        _ = try await provider.create(KeyCreation(id: id))
        let old = try await provider.generateDataKey(under: id, context: context)
        // AWS shows no versions.
        let version: UInt32 = kind == .aws ? 1 : 2
        #expect(try await provider.change(id, .rotate).currentVersion == version)
        let new = try await provider.generateDataKey(under: id, context: context)
        #expect(new.keyVersion == version)
        let unwrapped = try await provider.decrypt(old.wrapped, under: id, context: context)
        #expect(unwrapped.isEqual(to: old.key))
        let rewrapped = try await provider.rewrap(old.wrapped, under: id, context: context)
        #expect(rewrapped.keyVersion == version)
        #expect(rewrapped.wrapped != old.wrapped)
        let again = try await provider.decrypt(rewrapped.wrapped, under: id, context: context)
        #expect(again.isEqual(to: old.key))
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await provider.rewrap(old.wrapped, under: id, context: .empty)
        }
    }

    @Test("wraps a key that another provider made, and knows its own", arguments: Kind.allCases)
    func wraps(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        _ = try await provider.create(KeyCreation(id: id))
        let key = DataKey(try SecretBytes.random(count: 32))
        let wrapped = try await provider.wrap(key, under: id, context: context)
        #expect(wrapped.keyVersion == 1)
        let again = try await provider.decrypt(wrapped.wrapped, under: id, context: context)
        #expect(again.isEqual(to: key))
        // The double of AWS wraps in the local form, which AWS never does.
        guard kind != .aws else { return }
        #expect(provider.recognize(wrapped.wrapped) == .version(1))
        #expect(provider.recognize(wrapped.wrapped + [0]) == .foreign)
        await #expect(throws: KMSError.keyNotFound(try KeyID("absent"))) {
            try await provider.wrap(key, under: KeyID("absent"), context: self.context)
        }
    }

    @Test("changes description and labels, within their limits", arguments: Kind.allCases)
    func labels(kind: Kind) async throws {
        let subject = try await Subject(kind)
        let provider = subject.provider
        _ = try await provider.create(KeyCreation(id: id, tags: [KeyTag("a", "1")]))
        let tagged = try await provider.change(id, .tag([KeyTag("b", "2"), KeyTag("a", "3")]))
        #expect(tagged.tags == [KeyTag("a", "3"), KeyTag("b", "2")])
        #expect(try await provider.change(id, .untag(["a", "none"])).tags == [KeyTag("b", "2")])
        #expect(try await provider.change(id, .description("new")).description == "new")
        let long = String(repeating: "x", count: 8193)
        await #expect(throws: KMSError.self) { try await provider.change(id, .description(long)) }
        let many = (0...50).map { KeyTag("t\($0)", "") }
        await #expect(throws: KMSError.self) { try await provider.change(id, .tag(many)) }
        await #expect(throws: KMSError.self) {
            try await provider.change(id, .tag([KeyTag("", "")]))
        }
    }
}
