import Encoding
import Testing

@testable import KMS

/// A ring that changes its provider while it works.
struct KeyRingReconfigureTests {
    @Test("seals under a bucket key of the new provider, and opens what the old one wrapped")
    func moves() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let old = try await ring.bucketKeyForWrite(
            bucket: "demo",
            keyID: fixture.keyID,
            use: .sseS3
        )
        let next = MemoryProvider(clock: fixture.clock)
        _ = try await next.create(KeyCreation(id: fixture.keyID))
        let chain = ProviderChain(next, retired: [fixture.provider])
        try await ring.prove(chain, fixture.settings)
        ring.reconfigure(chain, fixture.settings)
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 0)
        let new = try await ring.bucketKeyForWrite(
            bucket: "demo",
            keyID: fixture.keyID,
            use: .sseS3
        )
        #expect(new.id != old.id)
        let again = try await ring.bucketKey(id: old.id, bucket: "demo", use: .sseS3)
        #expect(again.key.isEqual(to: old.key))
        #expect(ring.attributeKey != nil)
    }

    @Test("keeps nothing of a load that began before the change")
    func underWay() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        fixture.provider.hold()
        async let key = ring.bucketKeyForWrite(
            bucket: "demo",
            keyID: fixture.keyID,
            use: .sseS3
        )
        await fixture.until { fixture.provider.heldCount == 1 }
        let next = MemoryProvider(clock: fixture.clock)
        _ = try await next.create(KeyCreation(id: fixture.keyID))
        ring.reconfigure(
            ProviderChain(next, retired: [fixture.provider]),
            fixture.settings
        )
        fixture.provider.release()
        let old = try await key
        let new = try await ring.bucketKeyForWrite(
            bucket: "demo",
            keyID: fixture.keyID,
            use: .sseS3
        )
        #expect(new.id != old.id)
    }

    @Test("a provider that doesn't work proves nothing")
    func refused() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let next = MemoryProvider(clock: fixture.clock)
        await #expect(throws: KMSError.keyNotFound(fixture.keyID)) {
            try await ring.prove(next, fixture.settings)
        }
        // A retired provider's word is no proof.
        await #expect(throws: KMSError.keyNotFound(fixture.keyID)) {
            try await ring.prove(
                ProviderChain(next, retired: [fixture.provider]),
                fixture.settings
            )
        }
    }
}
