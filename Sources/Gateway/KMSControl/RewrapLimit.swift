import Daemon
import KMS

/// How many records or objects a rewrap job has in hand at a time, and what became of them.
struct RewrapLimit: Sendable {
    private let countMax: Int
    private let inFlight: Gauge
    private let done: Counter
    private let failed: Counter

    init(_ settings: Settings, in registry: MetricsRegistry) {
        countMax = settings[GatewayKMSSettings.rewrapsMax]
        inFlight = registry.gauge(
            "sealgate_kms_rewraps_in_flight",
            help: "Records and objects that a rewrap job has in hand now."
        )
        let name = "sealgate_kms_rewraps_total"
        let help = "Records and objects that rewrap jobs looked at, by outcome."
        done = registry.counter(name, help: help, labels: ["outcome": "done"])
        failed = registry.counter(name, help: help, labels: ["outcome": "failed"])
    }

    /// Does the work for each, at most so many at a time, and gives the outcomes in order.
    func each<Element: Sendable>(
        of elements: [Element],
        _ work: @escaping @Sendable (Element) async throws(Failed) -> Rewrapped
    ) async -> [Result<Rewrapped, Failed>] {
        await elements.mapConcurrently(limit: countMax) { element in
            inFlight.add(1)
            defer { inFlight.add(-1) }
            do throws(Failed) {
                let rewrapped = try await work(element)
                done.increment()
                return .success(rewrapped)
            } catch {
                failed.increment()
                return .failure(error)
            }
        }
    }
}

/// Why one of many couldn't be wrapped anew.
struct Failed: Error {
    var text: String
}
