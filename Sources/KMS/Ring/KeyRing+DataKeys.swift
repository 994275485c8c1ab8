internal import Crypto
public import Encoding
internal import Synchronization

extension KeyRing {
    /// A fresh data key for one object: SSE-KMS without a bucket key.
    ///
    /// - Parameters:
    ///   - keyID: the KMS key, resolved.
    ///   - context: the object's context.
    /// - Returns: the data key, in the clear and wrapped.
    /// - Throws: `.stopped`, `.keyNotFound`, `.keyDisabled`, `.keyPendingDeletion`, `.overloaded`
    ///   and what every call to the KMS may throw.
    public func generateDataKey(
        under keyID: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        try requireRunning()
        return try await generate(under: keyID, context: context)
    }

    /// An object's own data key, from memory.
    public func cachedDataKey(
        _ wrapped: [UInt8],
        under keyID: KeyID,
        context: EncryptionContext,
        now: Timestamp
    ) -> DataKey? {
        let name = Self.name(wrapped, keyID, context)
        return state.withLock { state in
            let key = peek(name, now, in: &state)
            state.count(hit: key != nil)
            return key
        }
    }

    /// An object's own data key, unwrapped where it isn't in memory.
    ///
    /// - Parameters:
    ///   - wrapped: the wrapped key out of the envelope.
    ///   - keyID: the KMS key out of the envelope.
    ///   - context: the object's context.
    /// - Returns: the data key.
    /// - Throws: `.stopped`, `.ciphertextInvalid`, `.keyNotFound`, `.keyDisabled`,
    ///   `.keyPendingDeletion`, `.overloaded` and what every call to the KMS may throw.
    public func decryptDataKey(
        _ wrapped: [UInt8],
        under keyID: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        let name = Self.name(wrapped, keyID, context)
        let now = environment.now()
        let (cached, generation) = state.withLock { state in
            (peek(name, now, in: &state), state.generation)
        }
        if let cached { return cached }
        try requireRunning()
        let load = LoadName(name: name, generation: generation)
        return try await dataKeyLoads.run(load) { () async throws(KMSError) in
            let key = try await self.unwrap(wrapped, under: keyID, context: context)
            self.keep(key, name, keyID, generation)
            return key
        }
    }

    private func keep(_ key: DataKey, _ name: [UInt8], _ keyID: KeyID, _ generation: UInt64) {
        let now = environment.now()
        state.withLock { state in
            guard state.generation == generation, state.isRunning else { return }
            state.dataKeys.removeExpired(now: now) { _ in settings.dataKeyLifetimeSeconds }
            let cached = KeyRingState.CachedDataKey(key: key, keyID: keyID)
            state.dataKeys.insert(name, cached, now: now)
        }
    }

    private func peek(
        _ name: [UInt8],
        _ now: Timestamp,
        in state: inout KeyRingState
    ) -> DataKey? {
        let lifetime = settings.dataKeyLifetimeSeconds
        return state.dataKeys.value(name, now: now, lifetimeSeconds: lifetime)?.key
    }

    private static func name(
        _ wrapped: [UInt8],
        _ keyID: KeyID,
        _ context: EncryptionContext
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(prefixed: keyID.name.utf8)
        bytes.append(prefixed: wrapped)
        bytes.append(prefixed: context.canonical)
        return HashFunction.sha256.digest(bytes)
    }
}
