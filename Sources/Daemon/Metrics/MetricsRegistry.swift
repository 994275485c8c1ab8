import Synchronization

/// The metrics of a process, and their text for Prometheus.
///
/// Metrics are made at start and kept; each has its labels fixed. Asking again for the same name
/// and labels gives the same metric. A name, label or bucket that the format doesn't allow, and a
/// name used for two types, trap: they are part of the program.
public final class MetricsRegistry: Sendable {
    private enum Source {
        case counter(Counter)
        case counterRead(@Sendable () -> UInt64)
        case gauge(Gauge)
        case gaugeRead(@Sendable () -> Double)
        case histogram(Histogram)

        var type: String {
            switch self {
            case .counter, .counterRead: "counter"
            case .gauge, .gaugeRead: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private struct Family {
        var help: String
        var type: String
        var order: [[String: String]] = []
        var sources: [[String: String]: Source] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    /// A registry without metrics.
    public init() {}

    /// A counter; its name ends in `_total` by custom.
    public func counter(
        _ name: String,
        help: String,
        labels: [String: String] = [:]
    ) -> Counter {
        let source = register(name, help, labels, .counter(Counter()))
        if case .counter(let counter) = source { return counter }
        preconditionFailure("\(name) is read from elsewhere")
    }

    /// A counter that is read from elsewhere when the text is made.
    public func counter(
        _ name: String,
        help: String,
        labels: [String: String] = [:],
        read: @escaping @Sendable () -> UInt64
    ) {
        _ = register(name, help, labels, .counterRead(read))
    }

    /// A gauge.
    public func gauge(_ name: String, help: String, labels: [String: String] = [:]) -> Gauge {
        let source = register(name, help, labels, .gauge(Gauge()))
        if case .gauge(let gauge) = source { return gauge }
        preconditionFailure("\(name) is read from elsewhere")
    }

    /// A gauge that is read from elsewhere when the text is made.
    public func gauge(
        _ name: String,
        help: String,
        labels: [String: String] = [:],
        read: @escaping @Sendable () -> Double
    ) {
        _ = register(name, help, labels, .gaugeRead(read))
    }

    /// A histogram; its bounds ascend, and `+Inf` is added.
    public func histogram(
        _ name: String,
        help: String,
        labels: [String: String] = [:],
        bounds: [Double] = Histogram.requestSeconds
    ) -> Histogram {
        let ascending = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
        precondition(ascending && bounds.allSatisfy(\.isFinite), "bounds of \(name)")
        let source = register(name, help, labels, .histogram(Histogram(bounds: bounds)))
        if case .histogram(let histogram) = source { return histogram }
        preconditionFailure("\(name) is not a histogram")
    }

    /// All metrics in Prometheus' text format, version 0.0.4, by name.
    ///
    /// Its media type is `text/plain; version=0.0.4`.
    public func exposition() -> String {
        // Copied first: what is read from elsewhere must not run under the lock.
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(MetricName.help(family.help))\n"
            text += "# TYPE \(name) \(family.type)\n"
            for labels in family.order {
                guard let source = family.sources[labels] else { continue }
                Self.append(name, labels, source, to: &text)
            }
        }
        return text
    }

    private func register(
        _ name: String,
        _ help: String,
        _ labels: [String: String],
        _ source: Source
    ) -> Source {
        precondition(MetricName.isValid(metric: name), "metric name \(name)")
        precondition(labels.keys.allSatisfy { MetricName.isValid(label: $0) }, "labels of \(name)")
        return families.withLock { families in
            var family = families[name] ?? Family(help: help, type: source.type)
            precondition(family.type == source.type, "\(name) has two types")
            if let existing = family.sources[labels] { return existing }
            family.order.append(labels)
            family.sources[labels] = source
            families[name] = family
            return source
        }
    }

    private static func append(
        _ name: String,
        _ labels: [String: String],
        _ source: Source,
        to text: inout String
    ) {
        let suffix = MetricName.labels(labels)
        switch source {
        case .counter(let counter): text += "\(name)\(suffix) \(counter.value)\n"
        case .counterRead(let read): text += "\(name)\(suffix) \(read())\n"
        case .gauge(let gauge): text += "\(name)\(suffix) \(gauge.value)\n"
        case .gaugeRead(let read): text += "\(name)\(suffix) \(MetricName.number(read()))\n"
        case .histogram(let histogram):
            let counts = histogram.cumulative
            for (bound, count) in zip(histogram.bounds, counts) {
                let bucket = MetricName.labels(labels, le: MetricName.number(bound))
                text += "\(name)_bucket\(bucket) \(count)\n"
            }
            let total = counts.last ?? 0
            text += "\(name)_bucket\(MetricName.labels(labels, le: "+Inf")) \(total)\n"
            text += "\(name)_sum\(suffix) \(MetricName.number(histogram.sum))\n"
            text += "\(name)_count\(suffix) \(total)\n"
        }
    }
}
