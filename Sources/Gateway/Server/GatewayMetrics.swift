import Daemon
import S3Wire

/// The gateway's own counters; the transport's and the KMS' stand beside them.
final class GatewayMetrics: Sendable {
    /// Stored objects that didn't verify.
    let objectFaults: Counter
    private let registry: MetricsRegistry
    private let duration: Histogram

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        objectFaults = registry.counter(
            "sealgate_object_faults_total",
            help: "Stored objects that were refused because they do not verify."
        )
        duration = registry.histogram(
            "sealgate_request_seconds",
            help: "Time from a request's head to its end.",
            bounds: Histogram.requestSeconds
        )
    }

    /// Counts a request that ended.
    func finished(_ operation: S3Operation?, status: Int, mode: String?, milliseconds: Int64) {
        registry.counter(
            "sealgate_requests_total",
            help: "Requests by operation, status class and encryption mode.",
            labels: [
                "operation": operation?.rawValue ?? "", "status": "\(status / 100)xx",
                "mode": mode ?? "",
            ]
        ).increment()
        duration.observe(Double(milliseconds) / 1000)
    }
}
