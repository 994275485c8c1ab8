import Encoding

@testable import KMS

/// A key ring over a KMS and a store in memory, with a clock that a test moves.
struct RingFixture {
    let clock = ManualClock()
    let records = MemoryRecordStore()
    let provider: MemoryProvider
    let keyID: KeyID
    var settings: KeyRingSettings

    init() async throws {
        keyID = try KeyID("default")
        provider = MemoryProvider(clock: clock)
        settings = KeyRingSettings(defaultKeyID: keyID)
        _ = try await provider.create(KeyCreation(id: keyID))
    }

    /// A ring that isn't started, as after a restart of the process.
    func ring() -> KeyRing {
        KeyRing(
            provider: provider,
            records: records,
            settings: settings,
            environment: clock.environment
        )
    }

    func started() async throws -> KeyRing {
        let ring = ring()
        try await ring.start()
        return ring
    }

    /// Runs other tasks until `condition` holds.
    func until(_ condition: @Sendable () -> Bool) async {
        while !condition() { await Task.yield() }
    }
}
