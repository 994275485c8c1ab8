import Crypto
import Encoding
import Testing

@testable import KMS

/// What a provider in front of a retired one does.
struct ProviderChainTests {
    private let clock = ManualClock()
    private let context: EncryptionContext
    private let id: KeyID
    private let old: MemoryProvider
    private let new: MemoryProvider
    private let vault: VaultKeyProvider

    init() async throws {
        context = try EncryptionContext([("sealgate", "test")])
        id = try KeyID("default")
        old = MemoryProvider(clock: clock)
        new = MemoryProvider(clock: clock)
        vault = try FakeVault(clock: clock).provider()
        for provider in [old, new, vault] as [any KeyProvider] {
            _ = try await provider.create(KeyCreation(id: id))
        }
    }

    @Test("unwraps what a retired provider of the same kind wrapped, and wraps with the current")
    func sameKind() async throws {
        let chain = ProviderChain(new, retired: [old])
        let before = try await old.generateDataKey(under: id, context: context)
        let key = try await chain.decrypt(before.wrapped, under: id, context: context)
        #expect(key.isEqual(to: before.key))
        let moved = try await chain.rewrap(before.wrapped, under: id, context: context)
        let again = try await new.decrypt(moved.wrapped, under: id, context: context)
        #expect(again.isEqual(to: before.key))
        let made = try await chain.generateDataKey(under: id, context: context)
        #expect(
            try await new.decrypt(made.wrapped, under: id, context: context)
                .isEqual(to: made.key)
        )
    }

    @Test("asks nobody who can't have wrapped it")
    func otherKind() async throws {
        let chain = ProviderChain(vault, retired: [old])
        let before = try await old.generateDataKey(under: id, context: context)
        new.isDown = true
        let key = try await chain.decrypt(before.wrapped, under: id, context: context)
        #expect(key.isEqual(to: before.key))
        #expect(chain.recognize(before.wrapped) == .foreign)
        let calls = old.callCount
        let made = try await vault.generateDataKey(under: id, context: context)
        _ = try await chain.decrypt(made.wrapped, under: id, context: context)
        #expect(old.callCount == calls)
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await chain.decrypt([7, 7], under: id, context: context)
        }
    }

    @Test("says what hinders, not that it is another's, where one of the two is down")
    func down() async throws {
        let chain = ProviderChain(new, retired: [old])
        let before = try await old.generateDataKey(under: id, context: context)
        old.isDown = true
        await #expect(throws: KMSError.unreachable("down")) {
            try await chain.decrypt(before.wrapped, under: id, context: context)
        }
        old.isDown = false
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await chain.decrypt(before.wrapped, under: id, context: .empty)
        }
    }
}
