import Daemon

/// The settings of the KMS.
enum GatewayKMSSettings {
    static let backendType = SettingKey.choice(
        "kms.backend_type",
        of: ["local", "vault", "aws"],
        default: "local",
        "The provider of keys."
    )
    static let defaultKeyID = SettingKey.text(
        "kms.default_key_id",
        default: "default",
        "Key of SSE-S3 and of SSE-KMS without a key id; made at the first start."
    )
    static let timeout = SettingKey.duration(
        "kms.timeout",
        in: .milliseconds(100)...(.seconds(60)),
        default: .seconds(5),
        "How long one call to the provider may take."
    )
    static let retries = SettingKey.integer(
        "kms.retry_attempts",
        in: 1...10,
        default: 3,
        "How often a call is tried that ends without an answer."
    )
    static let callsMax = SettingKey.integer(
        "kms.calls_in_flight_max",
        in: 1...1024,
        default: 64,
        "Calls to the provider at a time."
    )
    static let circuitFailures = SettingKey.integer(
        "kms.circuit_failures",
        in: 1...1000,
        default: 5,
        "Calls in a row without an answer after which none is made for kms.circuit_pause."
    )
    static let circuitPause = SettingKey.duration(
        "kms.circuit_pause",
        in: .milliseconds(10)...(.seconds(60)),
        default: .seconds(1),
        "How long a KMS that gives no answers is left alone; then one call tries."
    )
    static let rewrapsMax = SettingKey.integer(
        "kms.rewraps_in_flight_max",
        in: 1...256,
        default: 16,
        "Records, or objects, that a rewrap job has in hand at a time."
    )
    static let cache = SettingKey.boolean(
        "kms.enable_cache",
        default: true,
        "Whether unwrapped bucket and data keys are kept for a time."
    )
    static let cacheCountMax = SettingKey.integer(
        "kms.max_cached_keys",
        in: 1...65_536,
        default: 1024,
        "Bucket keys kept, and data keys kept, each at most so many."
    )
    static let lifetimeSSES3 = SettingKey.duration(
        "kms.bucket_key_ttl_sse_s3",
        in: .seconds(1)...(.seconds(86_400)),
        default: .seconds(3600),
        "How long an unwrapped bucket key serves SSE-S3."
    )
    static let lifetimeSSEKMS = SettingKey.duration(
        "kms.bucket_key_ttl_sse_kms",
        in: .seconds(1)...(.seconds(86_400)),
        default: .seconds(300),
        "How long an unwrapped bucket key serves SSE-KMS."
    )
    static let lifetimeDataKey = SettingKey.duration(
        "kms.cache_ttl",
        in: .seconds(1)...(.seconds(86_400)),
        default: .seconds(600),
        "How long an object's own unwrapped data key is kept."
    )
    static let stateDirectory = SettingKey.optionalPath(
        "kms.state_dir",
        "Folder, mode 0700, of what POST /kms/reconfigure sets; lost at a restart without one."
    )
    static let localDirectory = SettingKey.path(
        "kms.local.key_dir",
        default: "/var/lib/sealgate/kms",
        "Folder of key files, mode 0700."
    )
    static let localMasterKey = SettingKey.secret(
        "kms.local.master_key",
        "Master key, base64 of 32 bytes, that key files are sealed under."
    )
    static let localPassphraseFile = SettingKey.optionalPath(
        "kms.local.passphrase_file",
        "File of a passphrase that scrypt makes the master key of, instead of master_key."
    )

    static let keys: [any SettingDeclaring] =
        [
            backendType, defaultKeyID, timeout, retries, callsMax, circuitFailures, circuitPause,
            rewrapsMax, cache, cacheCountMax, lifetimeSSES3, lifetimeSSEKMS, lifetimeDataKey,
            stateDirectory, localDirectory, localMasterKey, localPassphraseFile,
        ] + VaultKMSSettings.keys + AWSKMSSettings.keys
}
