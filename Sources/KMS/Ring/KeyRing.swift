public import Encoding
internal import Synchronization

/// The keys of the data path: attribute keys, bucket keys and objects' own data keys.
///
/// Synchronous methods answer from memory and take a lock for a moment, for use on event loops;
/// asynchronous ones read records and call the KMS under limits, and callers who want the same key
/// share one call. Without a cached key nothing here outlives the call that asked for it.
public final class KeyRing: Sendable {
    /// The limits and lifetimes.
    public let settings: KeyRingSettings
    /// The KMS, for the admin API; the data path goes through the ring.
    public let provider: any KeyProvider

    let records: any RecordStore
    let environment: KeyRingEnvironment
    let calls: ProviderCalls
    let state: Mutex<KeyRingState>
    private let wipeAlong = Mutex<(@Sendable () -> Void)?>(nil)
    let attributeKeyLoads = Coalescer<RecordID, AttributeKey>()
    let bucketKeyLoads = Coalescer<LoadName<BucketKeyName>, BucketKey>()
    let writerLoads = Coalescer<LoadName<BucketKeySlot>, BucketKey>()
    let recordLoads = Coalescer<BucketKeyName, BucketKeyRecord>()
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
        self.provider = provider
        self.records = records
        self.settings = settings
        self.environment = environment
        calls = ProviderCalls(settings: settings, environment: environment)
        state = Mutex(KeyRingState(settings: settings))
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
        let keyID = try resolve(nil)
        let context = try EncryptionContext([("sealgate", "probe1")])
        let provider = provider
        let generated = try await calls.once { () async throws(KMSError) in
            try await provider.generateDataKey(under: keyID, context: context)
        }
        let key = try await calls.once { () async throws(KMSError) in
            try await provider.decrypt(generated.wrapped, under: keyID, context: context)
        }
        guard key.isEqual(to: generated.key) else { throw .ciphertextInvalid }
    }

    func describe(_ keyID: KeyID) async throws(KMSError) -> KeyMetadata {
        let provider = provider
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
