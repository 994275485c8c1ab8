import Synchronization

/// A number that only grows; increments are lock-free and may come from any thread.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// Adds to it.
    public func increment(by amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    /// What it has come to.
    public var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down; changes are lock-free and may come from any thread.
public final class Gauge: Sendable {
    private let level = Atomic<Int64>(0)

    init() {}

    /// Adds to it; a negative amount takes away.
    public func add(_ amount: Int64) { level.wrappingAdd(amount, ordering: .relaxed) }

    /// Sets it.
    public func set(_ value: Int64) { level.store(value, ordering: .relaxed) }

    /// What it is.
    public var value: Int64 { level.load(ordering: .relaxed) }
}
