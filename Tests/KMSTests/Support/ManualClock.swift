import Encoding
import Synchronization

@testable import KMS

/// A clock that stands still until a test moves it.
final class ManualClock: Sendable {
    private struct Sleeper {
        var wakes: Int64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var milliseconds: Int64 = 1_700_000_000_000
        var ticket = 0
        var sleepers: [Int: Sleeper] = [:]
        var pauses: [Int64] = []
    }

    private let state = Mutex(State())

    var now: Timestamp { Timestamp(milliseconds: state.withLock { $0.milliseconds }) }

    /// Every sleep asked for so far, in milliseconds.
    var pauses: [Int64] { state.withLock { $0.pauses } }

    /// How many sleep now.
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// An environment of this clock, whose chance is the largest number there is.
    var environment: KeyRingEnvironment {
        KeyRingEnvironment(
            now: { self.now },
            sleep: { await self.sleep($0) },
            random: { $0 - 1 }
        )
    }

    func advance(seconds: Int64) { advance(milliseconds: seconds * 1000) }

    func advance(milliseconds: Int64) {
        let awake = state.withLock { state in
            state.milliseconds += milliseconds
            let now = state.milliseconds
            let awake = state.sleepers.filter { $0.value.wakes <= now }
            for ticket in awake.keys { state.sleepers.removeValue(forKey: ticket) }
            return awake.values.map(\.continuation)
        }
        for continuation in awake { continuation.resume(returning: true) }
    }

    private func sleep(_ milliseconds: Int64) async -> Bool {
        let ticket = state.withLock { state in
            state.ticket += 1
            state.pauses.append(milliseconds)
            return state.ticket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    let wakes = state.milliseconds + milliseconds
                    state.sleepers[ticket] = Sleeper(wakes: wakes, continuation: continuation)
                    return false
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: ticket) }
            sleeper?.continuation.resume(returning: false)
        }
    }
}
