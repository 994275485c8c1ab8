public import Encoding
internal import Synchronization

/// The names of KMS keys, for rights: in a KMS with aliases a key has several.
///
/// They are kept as long as objects' own keys are: an alias that is moved counts from then on.
extension KeyRing {
    /// All names of a key, from memory; `nil` where they must be asked for.
    public func cachedNames(of id: KeyID, now: Timestamp) -> [KeyID]? {
        guard provider.hasAliases else { return [id] }
        let lifetime = settings.dataKeyLifetimeSeconds
        return state.withLock { $0.names.value(id, now: now, lifetimeSeconds: lifetime) }
    }

    /// All names of a key, asked for where they aren't in memory; of a key that isn't there, that.
    ///
    /// - Throws: what the KMS fails with: rights can't be told then.
    public func names(of id: KeyID) async throws(KMSError) -> [KeyID] {
        if let names = cachedNames(of: id, now: environment.now()) { return names }
        let generation = state.withLock(\.generation)
        return try await nameLoads.run(LoadName(name: id, generation: generation)) {
            () async throws(KMSError) in
            let (provider, calls) = self.work
            let names: [KeyID]
            do throws(KMSError) {
                names = try await calls.repeating { () async throws(KMSError) in
                    try await provider.names(of: id)
                }
            } catch .keyNotFound {
                return [id]
            }
            self.state.withLock { state in
                guard state.generation == generation else { return }
                state.names.insert(id, names, now: self.environment.now())
            }
            return names
        }
    }
}
