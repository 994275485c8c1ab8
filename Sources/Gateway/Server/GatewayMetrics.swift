import Daemon
import S3Wire

/// The gateway's own counters; the transport's and the KMS' stand beside them.
final class GatewayMetrics: Sendable {
    /// Stored objects that didn't verify.
    let objectFaults: Counter
    /// Envelopes that were opened before.
    let objectCacheHits: Counter
    /// Envelopes that had to be opened.
    let objectCacheMisses: Counter
    /// Answers that were begun before they were known.
    let slowAnswers: Counter
    /// Time from a request's head to its end.
    let duration: Histogram
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        objectFaults = registry.counter(
            "sealgate_object_faults_total",
            help: "Stored objects that were refused because they do not verify."
        )
        objectCacheHits = registry.counter(
            "sealgate_object_cache_hits_total",
            help: "Reads of objects whose envelope was opened before."
        )
        objectCacheMisses = registry.counter(
            "sealgate_object_cache_misses_total",
            help: "Reads of objects whose envelope had to be opened."
        )
        slowAnswers = registry.counter(
            "sealgate_slow_answers_total",
            help: "Answers of copies and Completes that were begun before their outcome was known."
        )
        duration = registry.histogram(
            "sealgate_request_seconds",
            help: "Time from a request's head to its end.",
            bounds: Histogram.requestSeconds
        )
    }

    /// The counter of requests that ended so; takes a lock.
    func requests(_ operation: S3Operation?, statusClass: Int, mode: SSEMode?) -> Counter {
        registry.counter(
            "sealgate_requests_total",
            help: "Requests by operation, status class and encryption mode.",
            labels: [
                "operation": operation?.rawValue ?? "", "status": "\(statusClass)xx",
                "mode": mode?.label ?? "",
            ]
        )
    }
}

/// The counters of requests that one event loop has used, at hand without a lock.
final class RequestCounters {
    private struct Name: Hashable {
        var operation: S3Operation?
        var statusClass: Int
        var mode: SSEMode?
    }

    private let metrics: GatewayMetrics
    private var counters: [Name: Counter] = [:]

    init(_ metrics: GatewayMetrics) { self.metrics = metrics }

    /// Counts a request that ended; 0 is the status of one that was never answered.
    func count(_ operation: S3Operation?, status: Int, mode: SSEMode?) {
        let name = Name(operation: operation, statusClass: status / 100, mode: mode)
        if let counter = counters[name] { return counter.increment() }
        let counter = metrics.requests(operation, statusClass: name.statusClass, mode: mode)
        counters[name] = counter
        counter.increment()
    }
}
