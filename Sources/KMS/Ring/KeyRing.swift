public import Encoding
internal import Synchronization

/// The keys of the data path: attribute keys, bucket keys and objects' own data keys.
///
/// Synchronous methods answer from memory and take a lock for a moment, for use on event loops;
/// asynchronous ones read records and call the KMS under limits, and callers who want the same key
/// share one call. Without a cached key nothing here outlives the call that asked for it.
public final class KeyRing: Sendable {
    let records: any RecordStore
    let environment: KeyRingEnvironment
    let state: Mutex<KeyRingState>
    private let current: Mutex<KeyRingConfiguration>
    private let wipeAlong = Mutex<(@Sendable () -> Void)?>(nil)
    let attributeKeyLoads = Coalescer<RecordID, AttributeKey>()
    let bucketKeyLoads = Coalescer<LoadName<BucketKeyName>, BucketKey>()
    let writerLoads = Coalescer<LoadName<BucketKeySlot>, BucketKey>()
    let recordLoads = Coalescer<BucketKeyName, BucketKeyRecord>()
    let nameLoads = Coalescer<LoadName<KeyID>, [KeyID]>()
    let dataKeyLoads = Coalescer<LoadName<[UInt8]>, DataKey>()

    /// A ring that holds no keys yet; `start` loads the attribute keys.
    ///
    /// - Parameters:
    ///   - provider: the KMS.
    ///   - records: where bucket key and attribute key records live.
    ///   - settings: limits and lifetimes.
    ///   - environment: the clock, and sleep and chance.
    public init(
        provider: any KeyProvider,
        records: any RecordStore,
        settings: KeyRingSettings,
        environment: KeyRingEnvironment
    ) {
        self.records = records
        self.environment = environment
        current = Mutex(KeyRingConfiguration(settings, provider, environment))
        state = Mutex(KeyRingState(settings: settings))
    }

    /// The limits and lifetimes in force.
    public var settings: KeyRingSettings { configuration.settings }
    /// The KMS, for the admin API; the data path goes through the ring.
    public var provider: any KeyProvider { configuration.provider }

    var calls: ProviderCalls { configuration.calls }
    /// The provider, and the limits of calls to it, of one configuration.
    var work: (provider: any KeyProvider, calls: ProviderCalls) {
        let configuration = configuration
        return (configuration.provider, configuration.calls)
    }
    private var configuration: KeyRingConfiguration { current.withLock { $0 } }

    /// Works with another provider or other settings from now on, and wipes bucket and data keys.
    ///
    /// Calls under way end with what they began with, and keep nothing in memory. Attribute keys
    /// stay.
    ///
    /// - Parameters:
    ///   - provider: the KMS; it, or a retired one behind it, unwraps the records there are.
    ///   - settings: limits and lifetimes.
    public func reconfigure(_ provider: any KeyProvider, _ settings: KeyRingSettings) {
        let next = KeyRingConfiguration(settings, provider, environment)
        // The generation moves with the configuration: what was loaded before it isn't kept.
        state.withLock { state in
            current.withLock { $0 = next }
            state.resize(for: settings)
        }
        wipeAlong.withLock { $0 }?()
    }

    /// Has a provider wrap and unwrap a data key, as this ring would have it do.
    ///
    /// - Throws: what that fails with.
    public func prove(
        _ provider: any KeyProvider,
        _ settings: KeyRingSettings
    ) async throws(KMSError) {
        try await KeyRingConfiguration(settings, provider, environment).probe()
    }

    /// Whether keys that aren't in memory are loaded.
    public var isRunning: Bool { state.withLock { $0.isRunning } }

    /// What the last call to the KMS failed with; `nil` after a success.
    public var lastError: KMSError? { calls.counts.lastError }

    /// Names of attribute key records that couldn't be opened at the last start.
    public var unreadableRecords: [String] { state.withLock { $0.unreadableRecords } }

    /// Goes on with attribute keys alone: bucket and data keys are wiped and no more are loaded.
    ///
    /// Keys that a request holds now live until it lets go.
    public func stop() {
        state.withLock { $0.isRunning = false }
        clear()
    }

    /// Wipes every bucket and data key in memory; attribute keys stay.
    public func clear() {
        state.withLock { state in
            state.generation += 1
            state.bucketKeys.removeAll()
            state.dataKeys.removeAll()
            state.names.removeAll()
        }
        wipeAlong.withLock { $0 }?()
    }

    /// Has `body` called whenever keys are wiped at once: for what was unwrapped with them.
    public func whenCleared(_ body: @escaping @Sendable () -> Void) {
        wipeAlong.withLock { $0 = body }
    }

    /// Wipes bucket and data keys that `keyID` wraps: after it was disabled.
    public func forget(_ keyID: KeyID) {
        state.withLock { state in
            state.generation += 1
            state.bucketKeys.removeAll { $0.key.keyID == keyID }
            state.dataKeys.removeAll { $0.keyID == keyID }
        }
        wipeAlong.withLock { $0 }?()
    }

    /// Wipes keys whose lifetime is over; to be called every few seconds.
    public func removeExpired(now: Timestamp) {
        state.withLock { state in
            state.bucketKeys.removeExpired(now: now, lifetimeSeconds: lifetimeSeconds)
            state.dataKeys.removeExpired(now: now) { _ in settings.dataKeyLifetimeSeconds }
            state.names.removeExpired(now: now) { _ in settings.dataKeyLifetimeSeconds }
        }
    }

    /// The counters and gauges at `now`.
    public func statistics(now: Timestamp) -> KeyRingStatistics {
        var statistics = KeyRingStatistics()
        let counts = calls.counts
        statistics.callCount = counts.callCount
        statistics.failedCallCount = counts.failedCallCount
        statistics.callsInFlight = calls.inFlight
        state.withLock { state in
            statistics.entryCount = state.bucketKeys.count + state.dataKeys.count
            statistics.attributeKeyCount = state.attributeKeys.count
            statistics.hitCount = state.hitCount
            statistics.missCount = state.missCount
            let bucketKey = state.bucketKeys.firstExpirySeconds(
                now: now,
                lifetimeSeconds: lifetimeSeconds
            )
            let dataKey = state.dataKeys.firstExpirySeconds(now: now) { _ in
                settings.dataKeyLifetimeSeconds
            }
            statistics.readsSurviveOutageSeconds = bucketKey
            statistics.oldestExpiresInSeconds = [bucketKey, dataKey].compactMap { $0 }.min()
        }
        return statistics
    }

    /// The key that a request's name means.
    ///
    /// - Parameter name: what the client said: a name, an alias or an Amazon resource name; `nil`
    ///   or empty for the default key.
    /// - Returns: the key's own name; whether it exists is not looked at.
    /// - Throws: `.invalidKeyID`, `.notConfigured` where there is no default key.
    public func resolve(_ name: String?) throws(KMSError) -> KeyID {
        guard let name, !name.isEmpty else {
            guard let keyID = settings.defaultKeyID else { throw .notConfigured }
            return keyID
        }
        if let keyID = settings.resolveAlias(name) { return keyID }
        guard provider.kind != .aws else { return try KeyID(name) }
        // `arn:aws:kms:region:account:key/name`, as AWS clients write them.
        let parts = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        if parts.count == 6, parts[0] == "arn", parts[2] == "kms", parts[5].hasPrefix("key/") {
            return try KeyID(String(parts[5].dropFirst(4)))
        }
        return try KeyID(name)
    }

    /// Nothing for a key that exists and may be used: asked before a body is read.
    ///
    /// - Throws: `.keyNotFound`, `.keyDisabled`, `.keyPendingDeletion`, and what every call to the
    ///   KMS may throw.
    public func requireUsable(_ keyID: KeyID) async throws(KMSError) {
        try requireRunning()
        try await describe(keyID).requireUsable()
    }

    /// Wraps and unwraps a data key under the default key: whether the KMS does its work.
    ///
    /// - Throws: what that fails with.
    public func probe() async throws(KMSError) {
        try await configuration.probe()
    }

    func describe(_ keyID: KeyID) async throws(KMSError) -> KeyMetadata {
        let (provider, calls) = work
        return try await calls.repeating { () async throws(KMSError) in
            try await provider.describe(keyID)
        }
    }

    func requireRunning() throws(KMSError) {
        guard isRunning else { throw .stopped }
    }

    func lifetimeSeconds(_ key: KeyRingState.CachedBucketKey) -> Int64 {
        lifetimeSeconds(key.servesSSEKMS ? .sseKMS : .sseS3)
    }

    func lifetimeSeconds(_ use: BucketKeyUse) -> Int64 {
        switch use {
        case .sseS3: settings.bucketKeyLifetimeSSES3Seconds
        case .sseKMS: settings.bucketKeyLifetimeSSEKMSSeconds
        }
    }
}
