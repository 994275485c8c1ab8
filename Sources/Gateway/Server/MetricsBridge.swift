import Daemon
import KMS
import SecureTransport
import Synchronization
import Transport

/// Makes the counters of transport, KMS and audit stream readable at `/metrics`.
enum MetricsBridge {
    static func register(
        _ transport: TransportMetrics,
        _ secure: SecureTransportMetrics,
        _ kms: TransportMetrics,
        _ ring: KeyRing,
        _ audit: AuditLog,
        in registry: MetricsRegistry
    ) {
        connections(transport, registry)
        store(transport, registry)
        tls(secure, registry)
        remoteKMS(kms, registry)
        keys(ring, registry)
        self.audit(audit, registry)
    }

    private static func audit(_ audit: AuditLog, _ registry: MetricsRegistry) {
        registry.counter(
            "sealgate_audit_dropped_total",
            help: "Audit events lost because their queue was full."
        ) { audit.recordsDropped }
        registry.counter(
            "sealgate_audit_failed_writes_total",
            help: "Writes to the audit file that failed; tried again."
        ) { audit.failedWrites }
        registry.gauge(
            "sealgate_audit_queue_bytes",
            help: "Bytes of audit events that wait to be written."
        ) { Double(audit.queuedBytes) }
        registry.gauge(
            "sealgate_audit_sequence",
            help: "The number of the last event in the audit file."
        ) { Double(audit.checkpoint?.sequence ?? 0) }
    }

    private static func connections(_ metrics: TransportMetrics, _ registry: MetricsRegistry) {
        registry.gauge("sealgate_connections", help: "Client connections that are open.") {
            Double(metrics.connectionsOpen.load(ordering: .relaxed))
        }
        registry.counter(
            "sealgate_connections_refused_total",
            help: "Client connections closed at once, over limits.connections."
        ) { UInt64(metrics.connectionsRefused.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_malformed_requests_total",
            help: "Messages that broke HTTP's rules or limits."
        ) { UInt64(metrics.parseErrors.load(ordering: .relaxed)) }
        for timeout in TransportMetrics.Timeout.allCases {
            registry.counter(
                "sealgate_timeouts_total",
                help: "Limits in time that were broken, by kind.",
                labels: ["kind": "\(timeout)"]
            ) { UInt64(metrics.total(of: timeout)) }
        }
    }

    private static func store(_ metrics: TransportMetrics, _ registry: MetricsRegistry) {
        registry.gauge("sealgate_store_connections", help: "Connections to the store.") {
            Double(metrics.poolOpen.load(ordering: .relaxed))
        }
        registry.gauge(
            "sealgate_store_queue",
            help: "Requests that wait for a connection to the store."
        ) { Double(metrics.poolQueued.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_connect_failures_total",
            help: "Connections to the store that couldn't be made."
        ) { UInt64(metrics.connectFailures.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_requests_ahead_total",
            help: "Small requests sent to the store before the one in front of them was answered."
        ) { UInt64(metrics.exchangesAhead.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_files_received_total",
            help: "Files that the store passed to read bodies from, instead of sending those."
        ) { UInt64(metrics.filesReceived.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_file_waits_total",
            help: "Times that bytes of such files had to be waited for, not being in memory."
        ) { UInt64(metrics.fileReadsFromDisk.load(ordering: .relaxed)) }
    }

    /// Connections to a KMS on the network.
    private static func remoteKMS(_ metrics: TransportMetrics, _ registry: MetricsRegistry) {
        registry.gauge("sealgate_kms_connections", help: "Connections to the KMS.") {
            Double(metrics.poolOpen.load(ordering: .relaxed))
        }
        registry.counter(
            "sealgate_kms_connect_failures_total",
            help: "Connections to the KMS that couldn't be made."
        ) { UInt64(metrics.connectFailures.load(ordering: .relaxed)) }
    }

    private static func tls(_ metrics: SecureTransportMetrics, _ registry: MetricsRegistry) {
        registry.counter("sealgate_tls_handshakes_total", help: "TLS handshakes completed.") {
            UInt64(metrics.handshakes.load(ordering: .relaxed))
        }
        registry.counter(
            "sealgate_tls_record_takeovers_total",
            help: "TLS handshakes after which records were made without OpenSSL's copies."
        ) { UInt64(metrics.recordTakeOvers.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_tls_handshake_failures_total",
            help: "TLS handshakes that failed."
        ) { UInt64(metrics.handshakeFailures.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_http2_floods_total",
            help: "HTTP/2 connections ended for resets, pings or CONTINUATION frames."
        ) { UInt64(metrics.http2Floods.load(ordering: .relaxed)) }
    }

    private static func keys(_ ring: KeyRing, _ registry: MetricsRegistry) {
        registry.gauge("sealgate_kms_up", help: "Whether the last call to the KMS succeeded.") {
            ring.lastError == nil ? 1 : 0
        }
        registry.gauge(
            "sealgate_kms_token_expires_seconds",
            help: "How long the KMS token lives; -1 where there is none that ends."
        ) { Double(ring.provider.tokenExpiresInSeconds ?? -1) }
        registry.gauge(
            "sealgate_kms_reads_survive_seconds",
            help: "How long keys in memory serve reads without the KMS; 0 without any."
        ) { Double(ring.statistics(now: SystemClock.now).readsSurviveOutageSeconds ?? 0) }
        registry.gauge("sealgate_kms_cached_keys", help: "Bucket and data keys in memory.") {
            Double(ring.statistics(now: SystemClock.now).entryCount)
        }
        registry.gauge("sealgate_kms_calls_in_flight", help: "Calls to the KMS now.") {
            Double(ring.statistics(now: SystemClock.now).callsInFlight)
        }
        registry.counter("sealgate_kms_cache_hits_total", help: "Look-ups that memory answered.") {
            ring.statistics(now: SystemClock.now).hitCount
        }
        registry.counter("sealgate_kms_cache_misses_total", help: "Look-ups that it didn't.") {
            ring.statistics(now: SystemClock.now).missCount
        }
        registry.counter("sealgate_kms_calls_total", help: "Calls to the KMS, each try counted.") {
            ring.statistics(now: SystemClock.now).callCount
        }
        registry.counter("sealgate_kms_failed_calls_total", help: "Calls to the KMS that failed.") {
            ring.statistics(now: SystemClock.now).failedCallCount
        }
    }
}
