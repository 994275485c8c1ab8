import Synchronization

/// What a check found.
public enum HealthState: Equatable, Sendable {
    /// All is well.
    case healthy
    /// Something is wrong; the reason in words, without secrets.
    case unhealthy(String)
}

/// The results of all checks at one time.
public struct HealthReport: Equatable, Sendable {
    /// Each check's name and result, in the order of registration.
    public let results: [Result]

    /// One check's result.
    public struct Result: Equatable, Sendable {
        /// The check's name.
        public let name: String
        /// What it found.
        public let state: HealthState
    }

    /// Whether every check found all well.
    public var isReady: Bool { results.allSatisfy { $0.state == .healthy } }

    /// One line for the whole, then one a check, as `/health/ready` answers.
    public var text: String {
        var text = isReady ? "ready\n" : "not ready\n"
        for result in results {
            switch result.state {
            case .healthy: text += "\(result.name): ok\n"
            case .unhealthy(let reason): text += "\(result.name): \(reason)\n"
            }
        }
        return text
    }
}

/// Named checks of what a process needs to serve.
///
/// `run` repeats them; `latest` is there for handlers on event loops, which can't wait.
public final class HealthRegistry: Sendable {
    private struct Check {
        var name: String
        var timeout: Duration
        var run: @Sendable () async -> HealthState
    }

    private struct State {
        var checks: [Check] = []
        var latest: [String: HealthState] = [:]
    }

    private let state = Mutex(State())

    /// A registry without checks, which is ready.
    public init() {}

    /// The answer of `/health/live`: the process runs.
    public static let liveText = "live\n"

    /// Adds a check; until it has run first, it counts as unhealthy.
    ///
    /// - Parameters:
    ///   - name: as `store` or `kms`.
    ///   - timeout: what takes longer is unhealthy; `check` is cancelled then, and must heed it.
    ///   - check: finds out, with no harm in being repeated.
    public func register(
        _ name: String,
        timeout: Duration = .seconds(5),
        check: @escaping @Sendable () async -> HealthState
    ) {
        state.withLock { $0.checks.append(Check(name: name, timeout: timeout, run: check)) }
    }

    /// What the checks found last.
    public var latest: HealthReport {
        state.withLock { state in
            HealthReport(
                results: state.checks.map { check in
                    let found = state.latest[check.name]
                    return .init(name: check.name, state: found ?? .unhealthy("not checked yet"))
                }
            )
        }
    }

    /// Runs every check once, side by side, and keeps what they found.
    @discardableResult
    public func check() async -> HealthReport {
        let checks = state.withLock(\.checks)
        await withTaskGroup(of: (String, HealthState).self) { group in
            for check in checks {
                group.addTask { (check.name, await Self.run(check)) }
            }
            for await (name, found) in group { state.withLock { $0.latest[name] = found } }
        }
        return latest
    }

    /// Runs the checks again and again until the task is cancelled.
    public func run(every interval: Duration = .seconds(5)) async {
        while !Task.isCancelled {
            await check()
            try? await Task.sleep(for: interval)
        }
    }

    private static func run(_ check: Check) async -> HealthState {
        await withTaskGroup(of: HealthState?.self) { group in
            group.addTask { await check.run() }
            group.addTask {
                try? await Task.sleep(for: check.timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .unhealthy("no answer within \(check.timeout)")
        }
    }
}
