import Daemon
import Encoding
import KMS

/// Calls to KMS providers, by provider and operation, at `/metrics`.
struct ProviderMetrics: Sendable {
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) { self.registry = registry }

    /// The circuit of a provider on the network, as its metrics show it.
    func circuit(
        of kind: KeyProviderKind,
        _ settings: Settings,
        now: @escaping @Sendable () -> Timestamp
    ) -> ProviderCircuit? {
        guard kind != .local else { return nil }
        let labels = ["provider": kind.rawValue]
        let state = registry.gauge(
            "sealgate_kms_circuit_state",
            help: "Whether the KMS is called: 0 yes, 1 by one call that tries, 2 no.",
            labels: labels
        )
        let opened = registry.counter(
            "sealgate_kms_circuit_opened_total",
            help: "How often the KMS was left alone because it gave no answers.",
            labels: labels
        )
        return ProviderCircuit(
            failureCountMax: settings[GatewayKMSSettings.circuitFailures],
            pauseMilliseconds: settings[GatewayKMSSettings.circuitPause].wholeMilliseconds,
            timeout: settings[GatewayKMSSettings.timeout],
            now: now
        ) { changed, hasOpened in
            if hasOpened { opened.increment() }
            state.set(changed.rawValue)
        }
    }

    /// Counts a call; takes a lock, beside a call that takes far longer.
    func count(_ call: ProviderCall) {
        let labels = ["provider": call.kind.rawValue, "operation": call.operation.rawValue]
        if call.outcome != .leftAlone {
            registry.histogram(
                "sealgate_kms_call_seconds",
                help: "Time of calls to the KMS, by provider and operation.",
                labels: labels,
                bounds: Histogram.requestSeconds
            ).observe(call.duration)
        }
        registry.counter(
            "sealgate_kms_provider_calls_total",
            help: "Calls to the KMS, by provider, operation and outcome.",
            labels: labels.merging(["outcome": call.outcome.rawValue]) { $1 }
        ).increment()
    }
}
