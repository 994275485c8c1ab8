internal import Daemon
internal import NIOCore
internal import Synchronization
internal import Transport

/// The metrics of the store, `sealgate_store_*`.
final class StoreMetrics: Sendable {
    private struct Key: Hashable {
        var operation: DialectOperation
        var statusClass: Int
    }

    let registry: MetricsRegistry
    /// Files of bodies that were passed to clients.
    let passedFiles: Counter
    /// Bytes of bodies in those files.
    let passedBytes: Counter
    private let requests: [Key: Counter]
    private let seconds: [DialectOperation: Histogram]

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        passedFiles = registry.counter(
            "sealgate_store_passed_files_total",
            help: "Open files that were passed to a gateway instead of their bytes."
        )
        passedBytes = registry.counter(
            "sealgate_store_passed_bytes_total",
            help: "Bytes of bodies that were passed in files rather than sent."
        )
        var requests: [Key: Counter] = [:]
        var seconds: [DialectOperation: Histogram] = [:]
        for operation in DialectOperation.allCases {
            // Class 0: the connection ended before an answer.
            for statusClass in [0, 2, 4, 5] {
                requests[Key(operation: operation, statusClass: statusClass)] = registry.counter(
                    "sealgate_store_requests_total",
                    help: "Requests by operation and class of status; none without an answer.",
                    labels: [
                        "operation": operation.rawValue,
                        "status": statusClass == 0 ? "none" : "\(statusClass)xx",
                    ]
                )
            }
            seconds[operation] = registry.histogram(
                "sealgate_store_request_seconds",
                help: "Time from a request's head to the end of its exchange.",
                labels: ["operation": operation.rawValue]
            )
        }
        self.requests = requests
        self.seconds = seconds
    }

    /// An exchange is over; status 0 where it had no answer.
    func finished(_ operation: DialectOperation, status: Int, after time: TimeAmount) {
        requests[Key(operation: operation, statusClass: status / 100)]?.increment()
        seconds[operation]?.observe(Double(time.nanoseconds) / 1e9)
    }
}

extension StoreMetrics {
    /// Adds what the index and the files count.
    func add(_ statistics: StoreStatistics, queueCount: @escaping @Sendable () -> Int) {
        registry.counter(
            "sealgate_store_commits_total",
            help: "Transactions of the index that were committed."
        ) { UInt64(clamping: statistics.transactionCount) }
        registry.counter(
            "sealgate_store_changes_total",
            help: "Changes that were committed, several in a transaction."
        ) { UInt64(clamping: statistics.changeCount) }
        registry.counter(
            "sealgate_store_orphans_deleted_total",
            help: "Files deleted that the index did not name."
        ) { UInt64(clamping: statistics.orphanCount) }
        registry.counter(
            "sealgate_store_files_undeleted_total",
            help: "Files that could not be deleted, or not during a backup; a sweep does."
        ) { UInt64(clamping: statistics.undeletedCount) }
        registry.counter(
            "sealgate_store_disk_reads_total",
            help: "Pieces of files, 1 MiB or less, that were not in the page cache to be sent."
        ) { UInt64(clamping: statistics.diskReadCount) }
        registry.gauge(
            "sealgate_store_changes_queued",
            help: "Changes that wait for the index."
        ) { Double(queueCount()) }
    }

    /// Adds what writes past the page cache hold.
    func add(_ buffers: DirectBuffers) {
        registry.gauge(
            "sealgate_store_direct_buffer_bytes",
            help: "Memory in use by bodies that are written past the page cache."
        ) { Double(buffers.lentBytes) }
    }

    /// Adds what rounds of care count, and the room that `files` and the index have and take.
    func addCare(_ statistics: StoreStatistics, files: BodyFiles, indexPath: String) {
        registry.counter(
            "sealgate_store_uploads_expired_total",
            help: "Uploads dropped because nothing came for them for too long."
        ) { UInt64(clamping: statistics.expiredCount) }
        let gauges: [(String, String, @Sendable () -> Int64)] = [
            (
                "strange_files", "Files among the bodies whose names are not the store's.",
                { statistics.strangeCount }
            ),
            (
                "objects", "Objects, at the last round of care.",
                { statistics.lastTotals.objectCount }
            ),
            (
                "objects_inline", "Objects whose bodies stand in the index, at the last round.",
                { statistics.lastTotals.inlineCount }
            ),
            (
                "object_bytes", "Bytes of all objects, at the last round of care.",
                { statistics.lastTotals.byteCount }
            ),
            (
                "uploads", "Multipart uploads under way, at the last round of care.",
                { statistics.lastTotals.uploadCount }
            ),
            (
                "index_bytes", "Bytes of the index and its log.",
                { StoreIndex.fileBytes(at: indexPath) }
            ),
            (
                "free_bytes", "Bytes free on the disk of the data folder.",
                { [weak files] in files?.freeBytes ?? 0 }
            ),
            (
                "writes_refused", "1 while the disk has no room for writes, as of the last one.",
                { [weak files] in files?.isRefusing ?? false ? 1 : 0 }
            ),
        ]
        for (name, help, read) in gauges {
            registry.gauge("sealgate_store_\(name)", help: help) { Double(read()) }
        }
    }

    /// Adds what the transport counts.
    func add(_ transport: TransportMetrics) {
        registry.gauge(
            "sealgate_store_connections_open",
            help: "Connections that are open."
        ) { Double(transport.connectionsOpen.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_connections_total",
            help: "Connections that were accepted."
        ) { UInt64(clamping: transport.connectionsTotal.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_connections_refused_total",
            help: "Connections closed at once: too many, or of a user who may not connect."
        ) { UInt64(clamping: transport.connectionsRefused.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_pipelined_requests_total",
            help: "Requests that came before the one in front of them was answered."
        ) { UInt64(clamping: transport.requestsAhead.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_received_bytes_total",
            help: "Bytes read from connections."
        ) { UInt64(clamping: transport.bytesIn.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_sent_bytes_total",
            help: "Bytes written to connections."
        ) { UInt64(clamping: transport.bytesOut.load(ordering: .relaxed)) }
        registry.counter(
            "sealgate_store_malformed_requests_total",
            help: "Requests that broke HTTP's rules."
        ) { UInt64(clamping: transport.parseErrors.load(ordering: .relaxed)) }
    }
}
