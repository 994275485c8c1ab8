public import Encoding
internal import Synchronization

/// The circuit of one provider, shared by its callers.
public final class ProviderCircuit: Sendable {
    private let circuit: Mutex<Circuit>
    private let now: @Sendable () -> Timestamp
    private let timeout: Duration
    private let changed: @Sendable (_ state: Circuit.State, _ hasOpened: Bool) -> Void

    /// A closed circuit.
    ///
    /// - Parameters:
    ///   - failureCountMax: the calls in a row without an answer that open it.
    ///   - pauseMilliseconds: how long it stays open.
    ///   - timeout: how long a call has.
    ///   - now: the clock.
    ///   - changed: told where it stands, and whether it opened just now, whenever that changes;
    ///     also of a closed one now.
    public init(
        failureCountMax: Int,
        pauseMilliseconds: Int64,
        timeout: Duration,
        now: @escaping @Sendable () -> Timestamp,
        changed: @escaping @Sendable (_ state: Circuit.State, _ hasOpened: Bool) -> Void
    ) {
        circuit = Mutex(
            Circuit(failureCountMax: failureCountMax, pauseMilliseconds: pauseMilliseconds)
        )
        self.now = now
        self.timeout = timeout
        self.changed = changed
        changed(.closed, false)
    }

    func begin() throws(KMSError) {
        try change { circuit throws(KMSError) in try circuit.begin(now: now()) }
    }

    /// A call ended so after so long.
    func ended(_ error: KMSError?, after duration: Duration) {
        let outcome: Circuit.Outcome =
            switch error {
            case .timedOut, .unreachable: .unanswered(error ?? .timedOut)
            // Deadlines end calls by cancelling them; a call that waited for its turn had less.
            case .cancelled: duration * 2 >= timeout ? .unanswered(.timedOut) : .unknown
            case .cryptographyFailed, .overloaded: .unknown
            default: .answered
            }
        change { $0.ended(outcome, now: now()) }
    }

    private func change<Failure: Error>(
        _ body: (inout Circuit) throws(Failure) -> Void
    ) throws(Failure) {
        try circuit.withLock { (circuit) throws(Failure) in
            let (state, openedCount) = (circuit.state, circuit.openedCount)
            defer {
                if circuit.state != state {
                    changed(circuit.state, circuit.openedCount != openedCount)
                }
            }
            try body(&circuit)
        }
    }
}
