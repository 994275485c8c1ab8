import Synchronization

/// Counts of observed values by size; observing is lock-free and may come from any thread.
public final class Histogram: Sendable {
    /// Bounds for times of requests in seconds: 1 ms to 60 s.
    public static let requestSeconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    let bounds: [Double]
    // One behind the last bound, for what is greater than all.
    private let counts: [Counter]
    private let sumBits = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Counter() }
    }

    /// Counts a value: in the first bucket whose bound is no less; NaN isn't counted.
    public func observe(_ value: Double) {
        if value.isNaN { return }
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count].increment()
        var old = sumBits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + value).bitPattern
            let (exchanged, seen) = sumBits.weakCompareExchange(
                expected: old,
                desired: new,
                ordering: .relaxed
            )
            if exchanged { return }
            old = seen
        }
    }

    /// Counts a time, in seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18)
    }

    /// The counts of values up to each bound, the last being all.
    var cumulative: [UInt64] {
        var total: UInt64 = 0
        return counts.map { count in
            total &+= count.value
            return total
        }
    }

    /// The sum of all values.
    var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }
}
