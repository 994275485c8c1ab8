import Encoding
import Testing

@testable import KMS

struct KeyRingDataKeyTests {
    @Test("unwraps an object's key once within its lifetime, and again after it")
    func cache() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let context = try EncryptionContext.object(bucket: "demo", key: "a.txt")
        let made = try await ring.generateDataKey(under: fixture.keyID, context: context)
        func cached() -> DataKey? {
            ring.cachedDataKey(
                made.wrapped,
                under: fixture.keyID,
                context: context,
                now: fixture.clock.now
            )
        }
        func decrypted() async throws -> DataKey {
            try await ring.decryptDataKey(made.wrapped, under: fixture.keyID, context: context)
        }
        #expect(cached() == nil)
        let calls = fixture.provider.callCount
        #expect(try await decrypted().isEqual(to: made.key))
        #expect(try await decrypted().isEqual(to: made.key))
        #expect(cached() != nil)
        #expect(fixture.provider.callCount == calls + 1)
        fixture.clock.advance(seconds: 600)
        #expect(cached() == nil)
        _ = try await decrypted()
        #expect(fixture.provider.callCount == calls + 2)
    }

    @Test("gives no key out for another context, though the right one is in memory")
    func otherContext() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let context = try EncryptionContext.object(bucket: "demo", key: "a.txt")
        let other = try EncryptionContext.object(bucket: "demo", key: "b.txt")
        let wrapped = try await ring.generateDataKey(under: fixture.keyID, context: context).wrapped
        _ = try await ring.decryptDataKey(wrapped, under: fixture.keyID, context: context)
        await #expect(throws: KMSError.ciphertextInvalid) {
            try await ring.decryptDataKey(wrapped, under: fixture.keyID, context: other)
        }
    }

    @Test("knows defaults, aliases and Amazon resource names")
    func resolve() async throws {
        var fixture = try await RingFixture()
        let real = try KeyID("real")
        fixture.settings.resolveAlias = { $0 == "alias/reports" ? real : nil }
        let ring = fixture.ring()
        #expect(try ring.resolve(nil) == fixture.keyID)
        #expect(try ring.resolve("") == fixture.keyID)
        #expect(try ring.resolve("alias/reports") == real)
        #expect(try ring.resolve("arn:aws:kms:eu-1:000000000000:key/real") == real)
        #expect(try ring.resolve("real") == real)
        #expect(throws: KMSError.invalidKeyID("a b")) { try ring.resolve("a b") }
    }

    @Test("says before any body that a key can't be used")
    func requireUsable() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        try await ring.requireUsable(fixture.keyID)
        let missing = try KeyID("missing")
        await #expect(throws: KMSError.keyNotFound(missing)) {
            try await ring.requireUsable(missing)
        }
        _ = try await fixture.provider.change(fixture.keyID, .disable)
        await #expect(throws: KMSError.keyDisabled(fixture.keyID)) {
            try await ring.requireUsable(fixture.keyID)
        }
    }
}
