import Daemon
import HTTPWire
import NIOCore
import Transport

/// The limits of one gateway, each a setting.
enum GatewayLimitSettings {
    static let connections = SettingKey.integer(
        "limits.connections",
        in: 1...1_000_000,
        default: 10_000,
        "Client connections; more are closed as they come."
    )
    static let streams = SettingKey.integer(
        "limits.streams_per_connection",
        in: 1...1000,
        default: 128,
        "Requests at a time on one HTTP/2 connection."
    )
    static let headBytes = SettingKey.bytes(
        "limits.header_bytes",
        in: 8192...(1 << 20),
        default: 65_536,
        "Bytes of a request's header fields, decoded."
    )
    static let headFields = SettingKey.integer(
        "limits.header_fields",
        in: 32...1000,
        default: 128,
        "Header fields of a request."
    )
    static let handshakeTimeout = SettingKey.duration(
        "limits.handshake_timeout",
        in: .milliseconds(100)...(.seconds(300)),
        default: .seconds(10),
        "How long a TLS handshake may take."
    )
    static let headTimeout = SettingKey.duration(
        "limits.header_timeout",
        in: .milliseconds(100)...(.seconds(300)),
        default: .seconds(15),
        "How long a request's head may take."
    )
    static let bodyIdleTimeout = SettingKey.duration(
        "limits.body_idle_timeout",
        in: .milliseconds(100)...(.seconds(3600)),
        default: .seconds(60),
        "How long a client may send nothing of a body it owes, or take nothing of a response."
    )
    static let keepAliveTimeout = SettingKey.duration(
        "limits.keep_alive_timeout",
        in: .milliseconds(100)...(.seconds(3600)),
        default: .seconds(75),
        "How long a connection may stay without a request."
    )
    static let lingerTimeout = SettingKey.duration(
        "limits.linger_timeout",
        in: .milliseconds(10)...(.seconds(60)),
        default: .seconds(2),
        "How long a client that was answered before the end of its request may go on sending."
    )
    static let bodyRate = SettingKey.bytes(
        "limits.body_bytes_per_second_min",
        in: 0...(1 << 30),
        default: 1024,
        "Least bytes a second of a request's body."
    )
    static let resets = SettingKey.integer(
        "limits.http2_resets_max",
        in: 1...100_000,
        default: 100,
        "Streams that a client may reset in 10 seconds."
    )
    static let continuations = SettingKey.integer(
        "limits.http2_continuation_frames",
        in: 1...1000,
        default: 8,
        "CONTINUATION frames of one header block."
    )
    static let drainTimeout = SettingKey.duration(
        "limits.drain_timeout",
        in: .zero...(.seconds(3600)),
        default: .seconds(30),
        "How long requests may go on after SIGTERM."
    )
    static let storeConnections = SettingKey.integer(
        "limits.store_connections",
        in: 1...10_000,
        default: 256,
        "Connections to the store of one event loop."
    )
    static let storeFiles = SettingKey.integer(
        "limits.store_files",
        in: 0...100_000,
        default: 4096,
        "Files that one event loop takes from the store to read bodies from, a quarter of what "
            + "the process may open in all; 0 has it send them."
    )
    static let storePipeline = SettingKey.integer(
        "limits.store_pipeline",
        in: 1...1000,
        default: 16,
        "Small requests that a connection to the store carries at a time, if the store takes that."
    )
    static let storeQueue = SettingKey.integer(
        "limits.store_queue",
        in: 0...100_000,
        default: 1024,
        "Requests of one event loop that wait for a connection to the store."
    )
    static let storeTimeout = SettingKey.duration(
        "limits.store_timeout",
        in: .milliseconds(100)...(.seconds(600)),
        default: .seconds(30),
        "How long the store may answer nothing."
    )
    static let answerInterval = SettingKey.duration(
        "limits.answer_interval",
        in: .milliseconds(10)...(.seconds(300)),
        default: .seconds(5),
        "How long a copy or Complete may take until its answer begins, and its client hears again."
    )
    static let documentBytes = SettingKey.bytes(
        "limits.xml_bytes",
        in: 65_536...(16 << 20),
        default: 2 << 20,
        "Bytes of an XML or JSON body."
    )
    static let formBytes = SettingKey.bytes(
        "limits.form_bytes",
        in: 4096...(1 << 20),
        default: 20_480,
        "Bytes of a POST form before its file."
    )
    static let formFields = SettingKey.integer(
        "limits.form_fields",
        in: 16...1000,
        default: 100,
        "Fields of a POST form."
    )
    static let formFileBytes = SettingKey.bytes(
        "limits.form_file_bytes",
        in: 0...(16 << 20),
        default: 262_144,
        "The most of a form held in memory: up to so much, other fields may follow the file."
    )
    static let bucketCache = SettingKey.integer(
        "limits.bucket_cache",
        in: 1...1_000_000,
        default: 4096,
        "Buckets that one event loop remembers to exist, for 5 seconds."
    )
    static let uploadCache = SettingKey.integer(
        "limits.upload_cache",
        in: 1...1_000_000,
        default: 1024,
        "Multipart uploads whose envelopes one event loop remembers."
    )
    static let objectCache = SettingKey.integer(
        "limits.object_cache",
        in: 0...16_384,
        default: 4096,
        "Objects whose opened envelopes, with their keys, are remembered; 0 remembers none."
    )

    static let bucketSettingsCache = SettingKey.integer(
        "limits.bucket_settings_cache",
        in: 1...1_000_000,
        default: 4096,
        "Buckets whose settings (encryption, policy, CORS) are remembered, or that have none."
    )
    static let bucketSettingsLifetime = SettingKey.duration(
        "limits.bucket_settings_lifetime",
        in: .zero...(.seconds(300)),
        default: .seconds(5),
        "How long they are remembered: a change through another gateway holds here then."
    )

    static let keys: [any SettingDeclaring] = [
        connections, streams, headBytes, headFields, handshakeTimeout, headTimeout,
        bodyIdleTimeout, keepAliveTimeout, lingerTimeout, bodyRate, resets, continuations,
        drainTimeout, storeConnections, storeQueue, storePipeline, storeFiles, storeTimeout,
        answerInterval, documentBytes, formBytes, formFields, formFileBytes, bucketCache,
        uploadCache, objectCache, bucketSettingsCache, bucketSettingsLifetime,
        DigestThreads.backlog,
    ]

    static func bucketSettings(_ settings: Settings) -> BucketSettingsStore.Limits {
        BucketSettingsStore.Limits(
            countMax: settings[bucketSettingsCache],
            lifetimeMilliseconds: settings[bucketSettingsLifetime].wholeMilliseconds
        )
    }

    static func server(_ settings: Settings) -> HTTPServerLimits {
        var limits = HTTPServerLimits()
        limits.connectionsMax = settings[connections]
        limits.streamsMax = settings[streams]
        limits.message.headBytesMax = settings[headBytes]
        limits.message.fieldsMax = settings[headFields]
        limits.handshakeTimeout = TimeAmount(settings[handshakeTimeout])
        limits.headTimeout = TimeAmount(settings[headTimeout])
        limits.bodyIdleTimeout = TimeAmount(settings[bodyIdleTimeout])
        limits.keepAliveTimeout = TimeAmount(settings[keepAliveTimeout])
        limits.lingerTimeout = TimeAmount(settings[lingerTimeout])
        limits.bodyBytesPerSecondMin = settings[bodyRate]
        limits.resetsMax = settings[resets]
        limits.continuationFramesMax = settings[continuations]
        return limits
    }

    /// The files of one event loop; connections keep three quarters of what may be open.
    static func storeFiles(
        _ settings: Settings,
        loopCount: Int,
        openMax: Int = OpenFileLimit.current
    ) -> Int {
        min(settings[storeFiles], openMax / 4 / max(loopCount, 1))
    }

    static func store(_ settings: Settings) -> HTTPClientLimits {
        var limits = HTTPClientLimits()
        limits.connectionsMax = settings[storeConnections]
        limits.queueMax = settings[storeQueue]
        limits.pipelineMax = settings[storePipeline]
        limits.responseTimeout = TimeAmount(settings[storeTimeout])
        return limits
    }
}
