internal import Encoding

/// Proves a chain of events, line by line, over one file or several in their order.
///
/// A line that doesn't fit is told once; the next one is held against what that line claims, so
/// that one change shows where it was made.
public struct AuditVerification: Sendable {
    /// What is wrong with a line.
    public enum Problem: Equatable, Sendable {
        /// Its sequence number isn't the next one: lines are missing, or stand elsewhere.
        case outOfOrder(found: UInt64, due: UInt64)
        /// Its code isn't that of the line and the one before it.
        case changed
        /// It is no event of a chain.
        case malformed
        /// The key that seals it isn't there, or no line before it names one.
        case sealMissing

        /// In words.
        public var explanation: String {
            switch self {
            case .changed: "the line, or the one before it, isn't what was written"
            case .malformed: "no event of a chain: cut, or put in"
            case .outOfOrder(let found, let due):
                found > due
                    ? "event \(found) where \(due) is due: \(found - due) missing before it"
                    : "event \(found) where \(due) is due: it was moved or repeated"
            case .sealMissing: "the key of the chain can't be had"
            }
        }
    }

    /// What the lines so far amount to.
    public struct Summary: Equatable, Sendable {
        /// Lines that hold.
        public var lineCount = 0
        /// Lines that don't.
        public var problemCount = 0
        /// The number of the first event.
        public var firstSequence: UInt64?
        /// The number of the last event.
        public var lastSequence: UInt64 = 0
        /// The code of the last event, hexadecimal.
        public var lastCode = ""
        /// Torn lines that the gateway found itself, after a crash.
        public var tornCount = 0
        /// Times that a run ended without a last event: killed, or lines cut off behind it.
        public var openEndCount = 0
        /// Events that the gateway couldn't write, by its own count.
        public var lostCount: Int64 = 0
        /// Whether every checkpoint that was given stands in the chain.
        public var missingCheckpoints: [AuditLog.Checkpoint] = []
    }

    private var codes: [[UInt8]: AuditSeal.Code]
    private var code: AuditSeal.Code?
    private var chain: AuditChain?
    private var endedWell = true
    private var torn: Int?
    /// What is known so far.
    public private(set) var summary = Summary()

    /// A verification with the codes of wrapped keys.
    ///
    /// - Parameters:
    ///   - codes: what makes codes, by the wrapped key that lines name.
    ///   - checkpoints: events that must be there with these codes.
    public init(codes: [[UInt8]: AuditSeal.Code], checkpoints: [AuditLog.Checkpoint] = []) {
        self.codes = codes
        summary.missingCheckpoints = checkpoints
    }

    /// The wrapped key that a line begins to seal with; `nil` for most lines.
    public static func wrappedKey(in line: [UInt8]) -> (keyID: String, wrapped: [UInt8])? {
        AuditLine(line)?.wrappedKey
    }

    /// Takes the next line.
    ///
    /// - Parameter text: the line without its line feed.
    /// - Returns: what is wrong; `nil` where it holds. A line that isn't one is told by the call
    ///   after it, for the gateway itself may have torn it: `isAbout` the line before, then.
    public mutating func take(_ text: [UInt8]) -> [(isAboutLineBefore: Bool, Problem)] {
        var problems: [(Bool, Problem)] = []
        guard let line = AuditLine(text) else {
            if torn != nil { problems.append((true, .malformed)) }
            torn = text.count
            return counted(problems)
        }
        if let count = torn {
            if line.operation == AuditEvent.begin, line.tornCount == count, holds(line) {
                summary.tornCount += 1
            } else {
                problems.append((true, .malformed))
            }
            torn = nil
        }
        if let problem = judge(line) { problems.append((false, problem)) }
        return counted(problems)
    }

    /// Ends the verification.
    ///
    /// - Returns: what is wrong with the last line; `nil` where it holds.
    public mutating func finish() -> Problem? {
        if !endedWell { summary.openEndCount += 1 }
        guard torn != nil else { return nil }
        torn = nil
        summary.problemCount += 1
        return .malformed
    }

    private mutating func counted(
        _ problems: [(Bool, Problem)]
    ) -> [(isAboutLineBefore: Bool, Problem)] {
        summary.problemCount += problems.count
        return problems.map { (isAboutLineBefore: $0.0, $0.1) }
    }

    private func seal(of line: AuditLine) -> AuditSeal.Code? {
        guard line.operation == AuditEvent.begin else { return code }
        return line.wrappedKey.flatMap { codes[$0.wrapped] }
    }

    /// Whether the line's code is that of the line behind the last one.
    private func holds(_ line: AuditLine) -> Bool {
        guard let seal = seal(of: line) else { return false }
        let previous = chain?.code ?? line.previous ?? AuditChain().code
        guard let expected = seal(previous, line.bytes) else { return false }
        return zip(expected, line.code).reduce(expected.count == line.code.count) { same, pair in
            pair.0 == pair.1 && same
        }
    }

    private mutating func judge(_ line: AuditLine) -> Problem? {
        let due = chain.map { $0.sequence &+ 1 } ?? line.sequence
        let problem: Problem? =
            if line.sequence != due {
                .outOfOrder(found: line.sequence, due: due)
            } else if seal(of: line) == nil {
                .sealMissing
            } else if !holds(line) {
                .changed
            } else {
                nil
            }
        if line.operation == AuditEvent.begin {
            code = seal(of: line)
            if !endedWell, line.endsCrash { summary.openEndCount += 1 }
        }
        chain = line.chain
        endedWell = line.operation == AuditEvent.end
        summary.firstSequence = summary.firstSequence ?? line.sequence
        summary.lastSequence = line.sequence
        summary.lastCode = Hex.encode(line.code)
        if problem == nil {
            summary.lineCount += 1
            summary.lostCount += line.lostCount
            summary.missingCheckpoints.removeAll {
                $0.sequence == line.sequence && $0.code == summary.lastCode
            }
        }
        return problem
    }
}
