public import Encoding
internal import Synchronization

extension KeyRing {
    /// How many of a bucket's youngest records are looked through for one to go on with.
    static let candidateCountMax = 64
    /// How far ahead of this machine's clock a record may have been made, in milliseconds.
    static let clockSkewMax: Int64 = 300_000

    /// The bucket key of that id, from memory; `nil` where it must be loaded.
    public func cachedBucketKey(
        id: RecordID,
        bucket: String,
        use: BucketKeyUse,
        now: Timestamp
    ) -> BucketKey? {
        let name = BucketKeyName(bucket: bucket, id: id)
        return state.withLock { state in
            let key = peek(name, use, now, in: &state)
            state.count(hit: key != nil)
            return key
        }
    }

    /// The bucket key that seals a new object, from memory; `nil` where it must be loaded or made.
    ///
    /// Counts one use of the key.
    public func cachedBucketKeyForWrite(
        bucket: String,
        keyID: KeyID,
        use: BucketKeyUse,
        now: Timestamp
    ) -> BucketKey? {
        let slot = BucketKeySlot(bucket: bucket, keyID: keyID)
        return state.withLock { state in
            let key = writer(slot, now, in: &state).flatMap {
                peek(BucketKeyName(bucket: bucket, id: $0.id), use, now, in: &state)
            }
            state.count(hit: key != nil)
            if key != nil { state.writers.update(slot) { $0.useCount += 1 } }
            return key
        }
    }

    /// The bucket key of that id, loaded where it isn't in memory.
    ///
    /// - Throws: `.stopped`, `.recordMissing`, `.recordInvalid`, `.storeUnavailable`,
    ///   `.ciphertextInvalid`, `.keyNotFound`, `.keyDisabled`, `.keyPendingDeletion`, `.overloaded`
    ///   and what every call to the KMS may throw.
    public func bucketKey(
        id: RecordID,
        bucket: String,
        use: BucketKeyUse
    ) async throws(KMSError) -> BucketKey {
        let name = BucketKeyName(bucket: bucket, id: id)
        let now = environment.now()
        let (cached, generation) = state.withLock { state in
            (peek(name, use, now, in: &state), state.generation)
        }
        if let cached { return cached }
        try requireRunning()
        let load = LoadName(name: name, generation: generation)
        return try await bucketKeyLoads.run(load) { () async throws(KMSError) in
            let record = try await self.bucketKeyRecord(name)
            return try await self.open(record, use, generation)
        }
    }

    /// The bucket key that seals a new object: loaded, or made where none is young enough.
    ///
    /// A new key's record is stored before the key is given out. Counts one use of the key.
    ///
    /// - Throws: as `bucketKey`.
    public func bucketKeyForWrite(
        bucket: String,
        keyID: KeyID,
        use: BucketKeyUse
    ) async throws(KMSError) -> BucketKey {
        let slot = BucketKeySlot(bucket: bucket, keyID: keyID)
        let now = environment.now()
        let (current, cached, generation) = state.withLock { state in
            let current = writer(slot, now, in: &state)
            let cached = current.flatMap {
                peek(BucketKeyName(bucket: bucket, id: $0.id), use, now, in: &state)
            }
            return (current, cached, state.generation)
        }
        var key = cached
        if key == nil {
            try requireRunning()
            let load = LoadName(name: slot, generation: generation)
            key = try await writerLoads.run(load) { () async throws(KMSError) in
                try await self.loadWriter(slot, current?.id, use, generation)
            }
        }
        guard let key else { throw .cancelled }
        state.withLock { $0.writers.update(slot) { $0.useCount += 1 } }
        return key
    }

    /// The KMS key that wraps a bucket key, from memory.
    ///
    /// Needs no KMS and is no proof: what is derived with it proves itself.
    public func cachedKeyID(ofBucketKey id: RecordID, bucket: String) -> KeyID? {
        let name = BucketKeyName(bucket: bucket, id: id)
        // Owners don't expire: a record's KMS key never changes.
        return state.withLock {
            $0.owners.value(name, now: Timestamp(seconds: 0), lifetimeSeconds: 1)
        }
    }

    /// The KMS key that wraps a bucket key, from its record; no call to the KMS.
    ///
    /// - Throws: `.recordMissing`, `.recordInvalid`, `.storeUnavailable`.
    public func keyID(
        ofBucketKey id: RecordID,
        bucket: String
    ) async throws(KMSError) -> KeyID {
        if let keyID = cachedKeyID(ofBucketKey: id, bucket: bucket) { return keyID }
        let name = BucketKeyName(bucket: bucket, id: id)
        let record = try await recordLoads.run(name) { () async throws(KMSError) in
            try await self.bucketKeyRecord(name)
        }
        state.withLock { remember(record.keyID, of: name, in: &$0) }
        return record.keyID
    }

    private func loadWriter(
        _ slot: BucketKeySlot,
        _ current: RecordID?,
        _ use: BucketKeyUse,
        _ generation: UInt64
    ) async throws(KMSError) -> BucketKey {
        if let current {
            let name = BucketKeyName(bucket: slot.bucket, id: current)
            do throws(KMSError) {
                let record = try await bucketKeyRecord(name)
                return try await openToSeal(record, use, generation)
            } catch {
                // A key whose record was deleted or damaged seals nothing more; another takes over.
                guard error.concernsOneRecord else { throw error }
            }
        }
        let key: BucketKey
        if let stored = try await youngestStored(slot, use, generation) {
            key = stored
        } else {
            key = try await makeBucketKey(slot, use, generation)
        }
        let now = environment.now()
        state.withLock { state in
            guard state.generation == generation else { return }
            let writer = KeyRingState.Writer(id: key.id, created: key.id.created)
            state.writers.insert(slot, writer, now: now)
        }
        return key
    }

    /// The youngest key of the bucket's records that may still seal, if any.
    private func youngestStored(
        _ slot: BucketKeySlot,
        _ use: BucketKeyUse,
        _ generation: UInt64
    ) async throws(KMSError) -> BucketKey? {
        guard BucketKeyRecord.isBucketValid(slot.bucket) else { return nil }
        let prefix = BucketKeyRecord.prefix(bucket: slot.bucket)
        let now = environment.now()
        // A key that sealed its share of objects, and those before it, aren't taken up again.
        let exhausted = state.withLock {
            $0.writers.value(
                slot,
                now: now,
                lifetimeSeconds: settings.bucketKeyEpochSeconds
            )?.created ?? Timestamp(milliseconds: -1)
        }
        let candidates = try await recordNames(prefix: prefix)
            .compactMap { RecordID(hex: $0.dropFirst(prefix.count)) }
            .filter { isYoung($0.created, now) && $0.created > exhausted }
            .sorted { $0.created > $1.created }
            .prefix(Self.candidateCountMax)
        for id in candidates {
            do throws(KMSError) {
                let name = BucketKeyName(bucket: slot.bucket, id: id)
                let record = try await bucketKeyRecord(name)
                guard record.keyID == slot.keyID, record.created == id.created else { continue }
                return try await openToSeal(record, use, generation)
            } catch {
                // A record that doesn't open is passed over. A key that may not be used ends it.
                guard error.concernsOneRecord else { throw error }
            }
        }
        return nil
    }

    private func makeBucketKey(
        _ slot: BucketKeySlot,
        _ use: BucketKeyUse,
        _ generation: UInt64
    ) async throws(KMSError) -> BucketKey {
        guard BucketKeyRecord.isBucketValid(slot.bucket) else {
            throw .recordInvalid("no bucket can be named so: \(slot.bucket)")
        }
        let id = try RecordID.make(now: environment.now())
        let context = try EncryptionContext.bucketKey(id, bucket: slot.bucket)
        let generated = try await generate(under: slot.keyID, context: context)
        let record = BucketKeyRecord(
            id: id,
            bucket: slot.bucket,
            keyID: slot.keyID,
            created: id.created,
            keyVersion: generated.keyVersion,
            wrapped: generated.wrapped
        )
        try await storeNew(record.name, record.encode())
        return keep(generated.key, of: record, use, generation)
    }

    /// Opens a record whose key is to seal: only if the provider that wraps now wrapped it.
    private func openToSeal(
        _ record: BucketKeyRecord,
        _ use: BucketKeyUse,
        _ generation: UInt64
    ) async throws(KMSError) -> BucketKey {
        guard provider.wrapping.recognize(record.wrapped) != .foreign else {
            throw .recordInvalid(record.name)
        }
        return try await open(record, use, generation, toSeal: true)
    }

    private func open(
        _ record: BucketKeyRecord,
        _ use: BucketKeyUse,
        _ generation: UInt64,
        toSeal: Bool = false
    ) async throws(KMSError) -> BucketKey {
        let context = try EncryptionContext.bucketKey(record.id, bucket: record.bucket)
        let key = try await unwrap(
            record.wrapped,
            under: record.keyID,
            context: context,
            withRetired: !toSeal
        )
        return keep(key, of: record, use, generation)
    }

    private func keep(
        _ key: DataKey,
        of record: BucketKeyRecord,
        _ use: BucketKeyUse,
        _ generation: UInt64
    ) -> BucketKey {
        let now = environment.now()
        let name = BucketKeyName(bucket: record.bucket, id: record.id)
        let key = BucketKey(
            id: record.id,
            keyID: record.keyID,
            keyVersion: record.keyVersion,
            key: key
        )
        state.withLock { state in
            remember(record.keyID, of: name, in: &state)
            // What was loaded across a clearing serves its callers and isn't kept.
            guard state.generation == generation, state.isRunning else { return }
            state.bucketKeys.removeExpired(now: now, lifetimeSeconds: lifetimeSeconds)
            let cached = KeyRingState.CachedBucketKey(key: key, servesSSEKMS: use == .sseKMS)
            state.bucketKeys.insert(name, cached, now: now)
        }
        return key
    }

    private func remember(
        _ keyID: KeyID,
        of name: BucketKeyName,
        in state: inout KeyRingState
    ) {
        state.owners.insert(name, keyID, now: Timestamp(seconds: 0))
    }

    private func peek(
        _ name: BucketKeyName,
        _ use: BucketKeyUse,
        _ now: Timestamp,
        in state: inout KeyRingState
    ) -> BucketKey? {
        let lifetime = lifetimeSeconds(use)
        guard let cached = state.bucketKeys.value(name, now: now, lifetimeSeconds: lifetime) else {
            return nil
        }
        if use == .sseKMS, !cached.servesSSEKMS {
            state.bucketKeys.update(name) { $0.servesSSEKMS = true }
        }
        return cached.key
    }

    private func writer(
        _ slot: BucketKeySlot,
        _ now: Timestamp,
        in state: inout KeyRingState
    ) -> KeyRingState.Writer? {
        guard
            let writer = state.writers.value(
                slot,
                now: now,
                lifetimeSeconds: settings.bucketKeyEpochSeconds
            ), isYoung(writer.created, now), writer.useCount < settings.bucketKeyUseCountMax
        else { return nil }
        return writer
    }

    private func isYoung(_ created: Timestamp, _ now: Timestamp) -> Bool {
        let age = now.milliseconds - created.milliseconds
        return age >= -Self.clockSkewMax && age / 1000 < settings.bucketKeyEpochSeconds
    }
}
