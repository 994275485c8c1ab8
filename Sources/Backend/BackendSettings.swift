public import Daemon
internal import Logging

/// The settings of `sealgate-store`.
public enum BackendSettings {
    /// `data_dir`.
    public static let dataFolder = SettingKey<String>.path(
        "data_dir",
        default: "/var/lib/sealgate-store",
        "Folder that holds everything the store keeps; made with mode 0700."
    )
    /// `socket`.
    public static let socket = SettingKey<String>.path(
        "socket",
        default: "/run/sealgate/store.sock",
        "Unix socket that the gateway connects to."
    )
    /// `durability`.
    public static let durability = SettingKey<String>.choice(
        "durability",
        of: StoreIndex.Durability.allCases.map(\.rawValue),
        default: StoreIndex.Durability.full.rawValue,
        "full: an answered write outlives the power; relaxed: it outlives the process."
    )
    /// `inline_bytes_max`.
    public static let inlineBytesMax = SettingKey<Int>.bytes(
        "inline_bytes_max",
        in: 0...(1 << 20),
        default: StoreServices.Limits.inlineBytesDefault,
        "Bodies up to this size stand in the index, larger ones in files."
    )
    /// `direct_bytes_min`.
    public static let directBytesMin = SettingKey<Int>.bytes(
        "direct_bytes_min",
        in: 0...(1 << 40),
        default: 1 << 20,
        "Bodies from this size on are written past the page cache (O_DIRECT); 0 writes none so."
    )
    /// `reserve_bytes`.
    public static let reserveBytes = SettingKey<Int>.bytes(
        "reserve_bytes",
        in: 0...(1 << 40),
        default: 64 << 20,
        "Room kept free by refusing writes, for deleting; at most an eighth of the disk."
    )
    /// `threads`.
    public static let threads = SettingKey<Int>.integer(
        "threads",
        in: 0...256,
        default: 0,
        "Event loops; 0 takes one for each core."
    )
    /// `flush_threads`.
    public static let flushThreads = SettingKey<Int>.integer(
        "flush_threads",
        in: 1...64,
        default: 4,
        "Threads that write files past the page cache, flush files to the disk and delete them."
    )
    /// `read_threads`.
    public static let readThreads = SettingKey<Int>.integer(
        "read_threads",
        in: 1...256,
        default: 8,
        "Threads that get what is to be sent from the disk, where it isn't in memory."
    )
    /// `peer_uids`.
    public static let peerUserIDs = SettingKey<[String]>.list(
        "peer_uids",
        default: [],
        "Numeric ids of users, besides the store's own, that may connect."
    )
    /// `limits.connections`.
    public static let connectionsMax = SettingKey<Int>.integer(
        "limits.connections",
        in: 1...100_000,
        default: 1024,
        "Connections at a time; more are closed as they come."
    )
    /// `limits.pipeline`.
    public static let pipelineMax = SettingKey<Int>.integer(
        "limits.pipeline",
        in: 1...1000,
        default: StoreServices.Limits.pipelineMaxDefault,
        "Requests of one connection that are served at a time; with 1, gateways send none ahead."
    )
    /// `limits.queued_changes`.
    public static let queuedChangesMax = SettingKey<Int>.integer(
        "limits.queued_changes",
        in: 1...1_000_000,
        default: 4096,
        "Changes that may wait for the index; more are answered 503 SlowDown."
    )
    /// `limits.changes_per_commit`.
    public static let changesPerCommitMax = SettingKey<Int>.integer(
        "limits.changes_per_commit",
        in: 1...100_000,
        default: 256,
        "Changes that one flush of the index may make durable together."
    )
    /// `limits.direct_buffer_bytes`.
    public static let directBufferBytesMax = SettingKey<Int>.bytes(
        "limits.direct_buffer_bytes",
        in: 0...(16 << 30),
        default: 64 << 20,
        "Memory for writes past the page cache, 1 MiB a body; further ones go through the cache."
    )
    /// `limits.document_bytes`.
    public static let documentBytesMax = SettingKey<Int>.bytes(
        "limits.document_bytes",
        in: 65_536...(64 << 20),
        default: 2 << 20,
        "Largest XML document of a request."
    )
    /// `care.interval`.
    public static let careInterval = SettingKey<Duration>.duration(
        "care.interval",
        in: .seconds(1)...(.seconds(604_800)),
        default: .seconds(3600),
        "Time between rounds that delete orphaned files and old uploads, and count what is there."
    )
    /// `care.upload_age`.
    public static let uploadAge = SettingKey<Duration>.duration(
        "care.upload_age",
        in: .zero...(.seconds(315_360_000)),
        default: .seconds(604_800),
        "Multipart uploads are dropped when no part came for so long; 0s keeps them for ever."
    )
    /// `care.uploads_per_round`.
    public static let uploadsPerRoundMax = SettingKey<Int>.integer(
        "care.uploads_per_round",
        in: 1...1_000_000,
        default: 1000,
        "Old uploads that one round may drop; the others wait for the next."
    )
    /// `timeouts.body_idle`.
    public static let bodyIdle = SettingKey<Duration>.duration(
        "timeouts.body_idle",
        in: .seconds(1)...(.seconds(3600)),
        default: .seconds(60),
        "How long a peer may neither send nor take anything of a body."
    )
    /// `timeouts.keep_alive`.
    public static let keepAlive = SettingKey<Duration>.duration(
        "timeouts.keep_alive",
        in: .seconds(1)...(.seconds(86_400)),
        default: .seconds(300),
        "How long a connection may stay without a request."
    )
    /// `timeouts.drain`.
    public static let drain = SettingKey<Duration>.duration(
        "timeouts.drain",
        in: .zero...(.seconds(3600)),
        default: .seconds(20),
        "How long requests under way may take to finish when the store stops."
    )

    /// The table of the settings, in the order in which they are shown.
    public static let schema = SettingSchema(
        program: "sealgate-store",
        environmentPrefix: "SEALGATE_STORE",
        sections: [
            "limits": "What the store takes at a time.",
            "care": "What the store does by itself from time to time.",
            "timeouts": "What the store waits for.",
            "log": "Events, one JSON object a line, on standard error.",
        ],
        keys: [
            dataFolder, socket, durability, inlineBytesMax, directBytesMin, reserveBytes, threads,
            flushThreads, readThreads, peerUserIDs,
            connectionsMax, pipelineMax, queuedChangesMax, changesPerCommitMax,
            directBufferBytesMax, documentBytesMax,
            careInterval, uploadAge, uploadsPerRoundMax,
            bodyIdle, keepAlive, drain, LogSettings.level,
        ]
    )
}
