internal import Synchronization

/// Lets so many calls in at a time; others wait in line, and beyond the line are refused.
final class CallGate: Sendable {
    private enum Admission {
        case admitted
        case cancelled
        case refused
    }

    private struct Waiter {
        var ticket: UInt64
        var continuation: CheckedContinuation<Admission, Never>
    }

    private struct State {
        var inFlight = 0
        var ticket: UInt64 = 0
        var line: [Waiter] = []
    }

    private let callCountMax: Int
    private let waitingCountMax: Int
    private let state = Mutex(State())

    init(callCountMax: Int, waitingCountMax: Int) {
        self.callCountMax = callCountMax
        self.waitingCountMax = waitingCountMax
    }

    /// How many are in.
    var inFlight: Int { state.withLock { $0.inFlight } }

    /// How many wait in line.
    var waiting: Int { state.withLock { $0.line.count } }

    /// Returns once the caller is in; each success wants one `leave`.
    ///
    /// - Throws: `.overloaded` when the line is full, `.cancelled`.
    func enter() async throws(KMSError) {
        let ticket = state.withLock { state in
            state.ticket += 1
            return state.ticket
        }
        let admission = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let atOnce = admit(ticket, continuation)
                if let atOnce { continuation.resume(returning: atOnce) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.line.firstIndex(where: { $0.ticket == ticket }) else {
                    return nil
                }
                return state.line.remove(at: index)
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
        switch admission {
        case .admitted: return
        case .cancelled: throw .cancelled
        case .refused: throw .overloaded
        }
    }

    /// Lets the next in line in.
    func leave() {
        let next = state.withLock { state -> Waiter? in
            guard !state.line.isEmpty else {
                state.inFlight -= 1
                return nil
            }
            return state.line.removeFirst()
        }
        next?.continuation.resume(returning: .admitted)
    }

    private func admit(
        _ ticket: UInt64,
        _ continuation: CheckedContinuation<Admission, Never>
    ) -> Admission? {
        state.withLock { state in
            // The flag is set before the handler runs, so one of the two sees the cancellation.
            if Task.isCancelled { return .cancelled }
            if state.inFlight < callCountMax {
                state.inFlight += 1
                return .admitted
            }
            guard state.line.count < waitingCountMax else { return .refused }
            state.line.append(Waiter(ticket: ticket, continuation: continuation))
            return nil
        }
    }
}
