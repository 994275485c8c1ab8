internal import Crypto
internal import Encoding

extension KeyRing {
    func recordBytes(_ name: String) async throws(KMSError) -> [UInt8] {
        let bytes: [UInt8]?
        do throws(RecordStoreError) { bytes = try await records.get(name) } catch {
            throw .storeUnavailable
        }
        guard let bytes else { throw .recordMissing(name) }
        return bytes
    }

    func recordNames(prefix: String) async throws(KMSError) -> [String] {
        do throws(RecordStoreError) { return try await records.list(prefix: prefix) } catch {
            throw .storeUnavailable
        }
    }

    /// How many records a KMS key wraps; records that can't be read count for every key.
    ///
    /// - Complexity: one request to the store for each record there is.
    func recordCounts(
        under keyID: KeyID
    ) async throws(KMSError) -> (bucketKeys: Int, attributeKeys: Int) {
        var counts = (bucketKeys: 0, attributeKeys: 0)
        for name in try await recordNames(prefix: "bk/") {
            let record = try? BucketKeyRecord(decoding: try await recordBytes(name))
            if record?.keyID ?? keyID == keyID { counts.bucketKeys += 1 }
        }
        for name in try await recordNames(prefix: AttributeKeyRecord.prefix) {
            let record = try? AttributeKeyRecord(decoding: try await recordBytes(name))
            if record?.keyID ?? keyID == keyID { counts.attributeKeys += 1 }
        }
        return counts
    }

    /// Stores a record that isn't there yet: before its key is first used.
    func storeNew(_ name: String, _ bytes: [UInt8]) async throws(KMSError) {
        let isStored: Bool
        do throws(RecordStoreError) {
            isStored = try await records.put(name, bytes, ifAbsent: true)
        } catch {
            throw .storeUnavailable
        }
        guard isStored else { throw .recordInvalid("\(name) exists already") }
    }

    func bucketKeyRecord(_ name: BucketKeyName) async throws(KMSError) -> BucketKeyRecord {
        guard BucketKeyRecord.isBucketValid(name.bucket) else {
            throw .recordInvalid("no bucket can be named so: \(name.bucket)")
        }
        let path = BucketKeyRecord.name(bucket: name.bucket, id: name.id)
        let bytes = try await recordBytes(path)
        let record: BucketKeyRecord
        do throws(KeyRecordError) { record = try BucketKeyRecord(decoding: bytes) } catch {
            throw .recordInvalid(path)
        }
        // One moved here from another bucket says so itself; a relabelled one doesn't unwrap.
        guard record.id == name.id, record.bucket == name.bucket else {
            throw .recordInvalid(path)
        }
        return record
    }

    func generate(
        under keyID: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        let (provider, calls) = work
        let generated = try await calls.repeating { () async throws(KMSError) in
            try await provider.generateDataKey(under: keyID, context: context)
        }
        guard generated.key.bytes.count == 32,
            (1...GeneratedDataKey.wrappedCountMax).contains(generated.wrapped.count)
        else { throw .unreachable("the KMS answered with a key of a wrong length") }
        return generated
    }

    /// Unwraps a key; `withRetired`, also what a retired provider wrapped.
    func unwrap(
        _ wrapped: [UInt8],
        under keyID: KeyID,
        context: EncryptionContext,
        withRetired: Bool = true
    ) async throws(KMSError) -> DataKey {
        let work = work
        let (provider, calls) = (withRetired ? work.provider : work.provider.wrapping, work.calls)
        let key = try await calls.repeating { () async throws(KMSError) in
            try await provider.decrypt(wrapped, under: keyID, context: context)
        }
        guard key.bytes.count == 32 else { throw .ciphertextInvalid }
        return key
    }
}
