import Encoding
import Synchronization
import Testing

@testable import KMS

struct CircuitTests {
    private static let start = Timestamp(seconds: 1_000_000)

    private static func after(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: start.milliseconds + milliseconds)
    }

    private func opened(failures: Int = 3) throws -> Circuit {
        var circuit = Circuit(failureCountMax: failures, pauseMilliseconds: 1000)
        for _ in 0..<failures {
            try circuit.begin(now: Self.start)
            circuit.ended(.unanswered(.timedOut), now: Self.start)
        }
        return circuit
    }

    @Test("opens after so many calls in a row without an answer, and says what they ended with")
    func opens() throws {
        var circuit = Circuit(failureCountMax: 3, pauseMilliseconds: 1000)
        for outcome in [Circuit.Outcome.unanswered(.timedOut), .unanswered(.timedOut), .answered] {
            try circuit.begin(now: Self.start)
            circuit.ended(outcome, now: Self.start)
            #expect(circuit.state == .closed)
        }
        circuit = try opened()
        #expect(circuit.state == .open)
        #expect(circuit.openedCount == 1)
        #expect(throws: KMSError.leftAlone(KMSError.timedOut.explanation)) {
            try circuit.begin(now: Self.after(999))
        }
        #expect(circuit.refusedCount == 1)
    }

    @Test("lets one call try after the pause, whose answer closes it")
    func closes() throws {
        var circuit = try opened()
        try circuit.begin(now: Self.after(1000))
        #expect(circuit.state == .trying)
        #expect(throws: KMSError.self) { try circuit.begin(now: Self.after(1000)) }
        circuit.ended(.answered, now: Self.after(1500))
        #expect(circuit.state == .closed)
        try circuit.begin(now: Self.after(1500))
    }

    @Test("pauses anew when the call that tries gets no answer")
    func staysOpen() throws {
        var circuit = try opened()
        try circuit.begin(now: Self.after(1000))
        circuit.ended(.unanswered(.unreachable("x")), now: Self.after(3000))
        #expect(throws: KMSError.self) { try circuit.begin(now: Self.after(3999)) }
        try circuit.begin(now: Self.after(4000))
        #expect(circuit.openedCount == 1)
    }

    @Test("lets the next call try where the one before was given up")
    func givenUp() throws {
        var circuit = try opened()
        try circuit.begin(now: Self.after(1000))
        circuit.ended(.unknown, now: Self.after(1001))
        #expect(circuit.state == .open)
        try circuit.begin(now: Self.after(1002))
    }

    @Test("closes for an answer that comes late, to a call from before it opened")
    func lateAnswer() throws {
        var circuit = try opened()
        circuit.ended(.answered, now: Self.after(1))
        #expect(circuit.state == .closed)
    }

    @Test("makes nobody wait because a clock was put back")
    func clock() throws {
        var circuit = try opened()
        try circuit.begin(now: Self.after(-1))
        #expect(circuit.state == .trying)
    }

    @Test("a provider isn't called while its circuit is open, and refusals are answers")
    func provider() async throws {
        let clock = ManualClock()
        let inner = MemoryProvider(clock: clock)
        let id = try KeyID("k")
        _ = try await inner.create(KeyCreation(id: id))
        let states = States()
        let circuit = ProviderCircuit(
            failureCountMax: 2,
            pauseMilliseconds: 500,
            timeout: .seconds(1),
            now: { clock.now },
            changed: { state, _ in states.add(state) }
        )
        let provider = MeteredProvider(inner, circuit: circuit) { _ in }
        func ask() async throws {
            _ = try await provider.generateDataKey(under: id, context: .empty)
        }
        inner.fail(.timedOut, .accessDenied, .timedOut, .unreachable("x"))
        for _ in 0..<4 { await #expect(throws: KMSError.self) { try await ask() } }
        let calls = inner.callCount
        await #expect(throws: KMSError.leftAlone(KMSError.unreachable("x").explanation)) {
            try await ask()
        }
        #expect(inner.callCount == calls)
        clock.advance(milliseconds: 500)
        try await ask()
        try await ask()
        #expect(states.all == [.closed, .open, .trying, .closed])
    }
}

private final class States: Sendable {
    private let states = Mutex<[Circuit.State]>([])

    var all: [Circuit.State] { states.withLock { $0 } }

    func add(_ state: Circuit.State) { states.withLock { $0.append(state) } }
}
