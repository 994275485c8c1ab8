import S3Wire

/// Which load of settings requests wait for.
struct SettingsLoad: Hashable {
    var bucket: String
    var generation: UInt64
}

extension LoopContext {
    /// What was set for a bucket, where it is in memory.
    func settingsAtHand(of bucket: String) -> BucketSettings? {
        services.settings.known(bucket, now: services.clock())
    }

    /// Finds what was set for a bucket: at once from memory, else from the store; requests that
    /// wait for one bucket share a load.
    func settings(
        of bucket: String,
        then completion: @escaping (Result<BucketSettings, S3Error>) -> Void
    ) {
        if let known = settingsAtHand(of: bucket) { return completion(.success(known)) }
        // Who comes after a change doesn't wait for what was asked before it.
        let load = SettingsLoad(bucket: bucket, generation: services.settings.generation)
        guard settingsWaiters[load] == nil else {
            settingsWaiters[load]?.append(completion)
            return
        }
        settingsWaiters[load] = [completion]
        let store = services.settings
        perform { () async throws(S3Error) -> BucketSettings in
            try await store.load(bucket)
        } then: { [self] result in
            for waiter in settingsWaiters.removeValue(forKey: load) ?? [] { waiter(result) }
        }
    }
}
