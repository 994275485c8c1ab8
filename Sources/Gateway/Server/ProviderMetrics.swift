import Daemon
import KMS

/// Calls to KMS providers, by provider and operation, at `/metrics`.
struct ProviderMetrics: Sendable {
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) { self.registry = registry }

    /// Counts a call; takes a lock, beside a call that takes far longer.
    func count(_ call: ProviderCall) {
        let labels = ["provider": call.kind.rawValue, "operation": call.operation.rawValue]
        registry.histogram(
            "sealgate_kms_call_seconds",
            help: "Time of calls to the KMS, by provider and operation.",
            labels: labels,
            bounds: Histogram.requestSeconds
        ).observe(call.duration)
        registry.counter(
            "sealgate_kms_provider_calls_total",
            help: "Calls to the KMS, by provider, operation and outcome.",
            labels: labels.merging(["outcome": call.outcome.rawValue]) { $1 }
        ).increment()
    }
}
