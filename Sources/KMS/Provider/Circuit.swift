internal import Encoding

/// When a KMS that gives no answers is left alone, as a state machine without I/O.
///
/// After so many calls in a row without an answer none is made for a pause; then one call tries,
/// and its answer, or the lack of one, decides for all. Any answer is one, also a refusal.
public struct Circuit: Sendable {
    /// Whether calls are made.
    public enum State: Int64, CaseIterable, Sendable {
        /// They are.
        case closed = 0
        /// One is, to try.
        case trying = 1
        /// None is.
        case open = 2
    }

    /// How a call ended, as far as it matters here.
    enum Outcome {
        /// The KMS answered.
        case answered
        /// It didn't, in time or at all.
        case unanswered(KMSError)
        /// That can't be told: the caller gave it up.
        case unknown
    }

    private let failureCountMax: Int
    private let pauseMilliseconds: Int64
    private var failureCount = 0
    private var opened: Timestamp?
    private var isTrying = false
    private var reason = ""

    /// Calls that were refused while the circuit was open, and how often it opened.
    private(set) var refusedCount: UInt64 = 0
    private(set) var openedCount: UInt64 = 0

    /// A closed circuit.
    ///
    /// - Parameters:
    ///   - failureCountMax: the calls without an answer that open it.
    ///   - pauseMilliseconds: how long it stays open.
    init(failureCountMax: Int, pauseMilliseconds: Int64) {
        self.failureCountMax = failureCountMax
        self.pauseMilliseconds = pauseMilliseconds
    }

    /// Where it stands.
    var state: State {
        guard opened != nil else { return .closed }
        return isTrying ? .trying : .open
    }

    /// Lets a call be made; each wants one `ended`.
    ///
    /// - Throws: `.leftAlone`.
    mutating func begin(now: Timestamp) throws(KMSError) {
        guard let opened else { return }
        // A clock that was put back makes nobody wait.
        let isPausing = (0..<pauseMilliseconds).contains(now.milliseconds &- opened.milliseconds)
        guard !isTrying, !isPausing else {
            refusedCount += 1
            throw .leftAlone(reason)
        }
        isTrying = true
    }

    /// A call that was let in ended.
    mutating func ended(_ outcome: Outcome, now: Timestamp) {
        switch outcome {
        case .answered:
            failureCount = 0
            opened = nil
            isTrying = false
        case .unknown: isTrying = false
        case .unanswered(let error):
            failureCount = min(failureCount + 1, failureCountMax)
            reason = error.explanation
            isTrying = false
            guard failureCount >= failureCountMax else { return }
            if opened == nil { openedCount += 1 }
            opened = now
        }
    }
}
