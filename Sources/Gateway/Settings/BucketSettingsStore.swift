import Daemon
import Encoding
import KMS
import S3Wire
import SealedObject
import Synchronization

/// Where settings' records live: the store's reserved namespace.
protocol SettingRecords: RecordStore {
    /// Removes a record, whether it is there or not.
    ///
    /// - Throws: `.unavailable`.
    func remove(_ name: String) async throws(RecordStoreError)
}

/// Buckets' settings: sealed records in the store, remembered for a short time.
///
/// A change through this process holds at once, one through another gateway when the time is over.
/// That a bucket has no settings is remembered too. Shared by all event loops; the lock is held for
/// a look into a dictionary.
final class BucketSettingsStore: Sendable {
    /// How many are remembered, and for how long.
    struct Limits: Sendable {
        var countMax: Int
        var lifetimeMilliseconds: Int64
    }

    private struct Entry {
        var settings: BucketSettings
        var loaded: Timestamp
    }

    private struct State {
        var entries: BoundedCache<String, Entry>
        // Counts changes: what was loaded while one happened may be older than it.
        var generation: UInt64 = 0
    }

    private let records: any SettingRecords
    private let keys: KeyRing
    private let limits: Limits
    private let metrics: BucketSettingsMetrics
    private let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    init(
        _ records: any SettingRecords,
        keys: KeyRing,
        limits: Limits,
        metrics: BucketSettingsMetrics,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.records = records
        self.keys = keys
        self.limits = limits
        self.metrics = metrics
        self.clock = clock
        state = Mutex(State(entries: BoundedCache(limit: limits.countMax)))
    }

    /// A bucket's settings from memory; `nil` where they must be loaded.
    func known(_ bucket: String, now: Timestamp) -> BucketSettings? {
        let found = state.withLock { state -> BucketSettings? in
            guard let entry = state.entries[bucket],
                now.milliseconds &- entry.loaded.milliseconds < limits.lifetimeMilliseconds
            else { return nil }
            return entry.settings
        }
        if found != nil { metrics.hits.increment() }
        return found
    }

    /// Counts changes through this process: a load that began with another number may be stale.
    var generation: UInt64 { state.withLock { $0.generation } }

    /// A bucket's settings as the store has them now.
    ///
    /// - Throws: `ServiceUnavailable` where the store doesn't answer, `InternalError` where a key
    ///   can't be had: without its settings a bucket isn't served.
    func load(_ bucket: String) async throws(S3Error) -> BucketSettings {
        metrics.misses.increment()
        let generation = generation
        let loaded = clock()
        let settings = try await read(bucket)
        state.withLock { state in
            guard state.generation == generation else { return }
            state.entries.insert(bucket, Entry(settings: settings, loaded: loaded))
        }
        return settings
    }

    /// Stores a setting's document; it holds when this returns.
    ///
    /// - Throws: `ServiceUnavailable`, `InternalError`; what holds then isn't known.
    func set(
        _ kind: BucketSettingKind,
        of bucket: String,
        _ document: [UInt8]
    ) async throws(S3Error) {
        guard let key = keys.attributeKey else { throw S3Error(.internalError) }
        let sealed: SealedSetting
        do throws(SealedObjectError) {
            sealed = try SealedSetting(
                sealing: document,
                of: .init(bucket: bucket, kind: kind.rawValue),
                attributeKey: key.key.bytes,
                attributeKeyID: Identifier(key.id)
            )
        } catch {
            throw S3Error(.internalError)
        }
        defer { forget(bucket) }
        do throws(RecordStoreError) {
            let name = kind.recordName(bucket: bucket)
            _ = try await records.put(name, sealed.bytes, ifAbsent: false)
        } catch {
            throw KMSErrorMapping.retryable(.serviceUnavailable)
        }
    }

    /// Removes a setting, whether there is one or not.
    ///
    /// - Throws: `ServiceUnavailable`.
    func remove(_ kind: BucketSettingKind, of bucket: String) async throws(S3Error) {
        defer { forget(bucket) }
        do throws(RecordStoreError) {
            try await records.remove(kind.recordName(bucket: bucket))
        } catch {
            throw KMSErrorMapping.retryable(.serviceUnavailable)
        }
    }

    /// Removes all settings of a bucket that is no more.
    ///
    /// - Throws: `ServiceUnavailable`.
    func removeAll(of bucket: String) async throws(S3Error) {
        for kind in BucketSettingKind.allCases { try await remove(kind, of: bucket) }
    }

    private func forget(_ bucket: String) {
        state.withLock { state in
            state.generation += 1
            state.entries.remove(bucket)
        }
    }

    private func read(_ bucket: String) async throws(S3Error) -> BucketSettings {
        async let encryption = setting(.encryption, of: bucket) { bytes throws(S3Error) in
            try BucketEncryption(xml: bytes)
        }
        async let policy = setting(.policy, of: bucket) { bytes throws(S3Error) in
            try BucketPolicy(json: bytes, bucket: bucket)
        }
        async let cors = setting(.cors, of: bucket) { bytes throws(S3Error) in
            try CORSConfiguration(xml: bytes)
        }
        return BucketSettings(
            encryption: try await encryption.get(),
            policy: try await policy.get(),
            cors: try await cors.get()
        )
    }

    // A result, since what `async let` awaits throws no typed error.
    private func setting<Value: Sendable>(
        _ kind: BucketSettingKind,
        of bucket: String,
        _ parse: @Sendable ([UInt8]) throws(S3Error) -> Value
    ) async -> Result<BucketSetting<Value>, S3Error> {
        do throws(S3Error) {
            return .success(try await read(kind, of: bucket, parse))
        } catch {
            return .failure(error)
        }
    }

    private func read<Value: Sendable>(
        _ kind: BucketSettingKind,
        of bucket: String,
        _ parse: @Sendable ([UInt8]) throws(S3Error) -> Value
    ) async throws(S3Error) -> BucketSetting<Value> {
        let bytes: [UInt8]?
        do throws(RecordStoreError) {
            bytes = try await records.get(kind.recordName(bucket: bucket))
        } catch {
            throw KMSErrorMapping.retryable(.serviceUnavailable)
        }
        guard let bytes else { return .absent }
        guard let document = try await open(bytes, kind, bucket), let value = try? parse(document)
        else {
            metrics.faults.increment()
            return .broken("the bucket's \(kind.rawValue) setting does not open")
        }
        return .set(value)
    }

    /// The document of a record; `nil` where it isn't what this deployment stored there.
    private func open(
        _ bytes: [UInt8],
        _ kind: BucketSettingKind,
        _ bucket: String
    ) async throws(S3Error) -> [UInt8]? {
        guard let sealed = try? SealedSetting(parsing: bytes) else { return nil }
        let id = RecordID(sealed.attributeKeyID)
        let key: AttributeKey
        do throws(KMSError) {
            key = try await keys.loadAttributeKey(id: id)
        } catch {
            switch error {
            case .ciphertextInvalid, .recordInvalid, .recordMissing: return nil
            case .storeUnavailable: throw KMSErrorMapping.retryable(.serviceUnavailable)
            default: throw KMSErrorMapping.retryable(.internalError)
            }
        }
        return try? sealed.open(
            of: .init(bucket: bucket, kind: kind.rawValue),
            attributeKey: key.key.bytes
        )
    }
}

/// The counters of settings that are remembered.
struct BucketSettingsMetrics: Sendable {
    /// Requests whose bucket's settings were remembered.
    let hits: Counter
    /// Loads from the store.
    let misses: Counter
    /// Records that didn't open.
    let faults: Counter

    init(_ registry: MetricsRegistry) {
        hits = registry.counter(
            "sealgate_bucket_settings_cache_hits_total",
            help: "Requests whose bucket's settings were remembered."
        )
        misses = registry.counter(
            "sealgate_bucket_settings_cache_misses_total",
            help: "Loads of a bucket's settings from the store."
        )
        faults = registry.counter(
            "sealgate_bucket_setting_faults_total",
            help: "Records of buckets' settings that were refused because they do not verify."
        )
    }
}
