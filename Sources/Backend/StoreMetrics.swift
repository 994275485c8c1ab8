internal import Daemon
internal import NIOCore

/// The metrics of the store, `sealgate_store_*`.
final class StoreMetrics: Sendable {
    private struct Key: Hashable {
        var operation: DialectOperation
        var statusClass: Int
    }

    let registry: MetricsRegistry
    private let requests: [Key: Counter]
    private let seconds: [DialectOperation: Histogram]

    init(_ registry: MetricsRegistry) {
        self.registry = registry
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
