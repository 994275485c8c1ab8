public import Encoding

/// Limits and lifetimes of a `KeyRing`.
public struct KeyRingSettings: Sendable {
    /// The key of SSE-S3, of attribute keys, and of SSE-KMS where a request names none.
    public var defaultKeyID: KeyID?
    /// Other names of keys: what a client may say, and the key meant; asked before anything else.
    public var resolveAlias: @Sendable (String) -> KeyID?
    /// Whether bucket and data keys are kept at all.
    public var cacheEnabled = true
    /// Bucket keys kept, and data keys kept, each at most so many.
    public var cachedKeyCountMax = 1024
    /// How long a bucket key serves SSE-S3 before it is unwrapped again, in seconds.
    public var bucketKeyLifetimeSSES3Seconds: Int64 = 3600
    /// How long a bucket key serves SSE-KMS before it is unwrapped again, in seconds.
    public var bucketKeyLifetimeSSEKMSSeconds: Int64 = 300
    /// How long an object's own data key is kept, in seconds.
    public var dataKeyLifetimeSeconds: Int64 = 600
    /// The age at which a bucket key seals no more objects, in seconds: 7 days.
    public var bucketKeyEpochSeconds: Int64 = 7 * 86_400
    /// How many objects a bucket key seals in one process.
    public var bucketKeyUseCountMax = 1 << 24
    /// Calls to the provider at a time.
    public var callCountMax = 64
    /// Calls that wait for their turn; one more is refused at once.
    public var waitingCallCountMax = 1024
    /// How long one try may take, its wait included, in milliseconds.
    public var tryDeadlineMilliseconds: Int64 = 5000
    /// How often a call is tried that ends without an answer.
    public var tryCountMax = 3
    /// The longest pause before the second try, in milliseconds; it doubles from try to try.
    public var pauseMilliseconds: Int64 = 100

    /// The settings that the limits of the design name.
    public init(
        defaultKeyID: KeyID?,
        resolveAlias: @escaping @Sendable (String) -> KeyID? = { _ in nil }
    ) {
        self.defaultKeyID = defaultKeyID
        self.resolveAlias = resolveAlias
    }
}

/// Time and chance, as a `KeyRing` sees them.
public struct KeyRingEnvironment: Sendable {
    /// The time of day.
    public var now: @Sendable () -> Timestamp
    /// Returns after so many milliseconds with `true`, or with `false` once the task is cancelled.
    public var sleep: @Sendable (Int64) async -> Bool
    /// A random number from 0 to below the bound, which is above 0.
    public var random: @Sendable (Int64) -> Int64

    /// An environment with this clock, and the system's sleep and chance unless others are given.
    public init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Int64) async -> Bool = { milliseconds in
            do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return false }
            return true
        },
        random: @escaping @Sendable (Int64) -> Int64 = { bound in Int64.random(in: 0..<bound) }
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }
}

/// What a bucket key is wanted for; it decides how long an unwrapped one may serve.
public enum BucketKeyUse: Hashable, Sendable {
    /// SSE-S3.
    case sseS3
    /// SSE-KMS with `x-amz-server-side-encryption-bucket-key-enabled`.
    case sseKMS
}

/// An unwrapped bucket key.
public struct BucketKey: Sendable {
    /// Its id, for the envelope.
    public var id: RecordID
    /// The KMS key that wraps it, for the envelope's context and the answer's header.
    public var keyID: KeyID
    /// The version of the KMS key that wraps it.
    public var keyVersion: UInt32
    /// The key.
    public var key: DataKey
}

/// An unwrapped attribute key.
public struct AttributeKey: Sendable {
    /// Its id, for the envelope.
    public var id: RecordID
    /// The key.
    public var key: DataKey
}

/// Counters and gauges of a `KeyRing`.
public struct KeyRingStatistics: Equatable, Sendable {
    /// Bucket and data keys in memory.
    public var entryCount = 0
    /// Attribute keys in memory.
    public var attributeKeyCount = 0
    /// Look-ups that a key in memory answered.
    public var hitCount: UInt64 = 0
    /// Look-ups that none answered.
    public var missCount: UInt64 = 0
    /// Calls to the provider, each try counted.
    public var callCount: UInt64 = 0
    /// Tries that failed.
    public var failedCallCount: UInt64 = 0
    /// Calls to the provider now.
    public var callsInFlight = 0
    /// When the first key in memory ends, in seconds from now; `nil` when there is none.
    public var oldestExpiresInSeconds: Int64?
    /// How long every bucket key in memory goes on to serve reads, in seconds; `nil` without one.
    public var readsSurviveOutageSeconds: Int64?
}
