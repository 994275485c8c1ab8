import Encoding
import Synchronization

@testable import Daemon

/// A seal of a toy code: enough to see every bit of a line and of the code before it.
enum ToySeal {
    static func make(_ key: UInt8 = 7) -> AuditSeal {
        AuditSeal(keyID: "default", wrappedKey: [key], code: code(key))
    }

    static func code(_ key: UInt8) -> AuditSeal.Code {
        { previous, line in
            var lanes: [UInt64] = [1, 2, 3, 4].map { $0 &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(key) }
            for byte in previous + line {
                for lane in lanes.indices {
                    lanes[lane] = (lanes[lane] ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
                    lanes[lane] ^= lanes[lane] >> 29
                }
            }
            return lanes.flatMap { lane in
                (0..<8).map { UInt8(truncatingIfNeeded: lane >> ($0 * 8)) }
            }
        }
    }
}

/// A seal that can be switched off, as a disk that is full.
final class SwitchedSeal: Sendable {
    private let isOff = Atomic(false)

    func set(off: Bool) { isOff.store(off, ordering: .relaxed) }

    var seal: AuditSeal {
        AuditSeal(keyID: "default", wrappedKey: [7]) { [self] previous, line in
            isOff.load(ordering: .relaxed) ? nil : ToySeal.code(7)(previous, line)
        }
    }
}

extension AuditLog {
    /// Records as many events as `names` has, and writes them.
    func add(_ names: [String]) {
        for name in names {
            record(
                AuditRecord(
                    time: Timestamp(milliseconds: 0),
                    requestID: name,
                    principal: "alice",
                    operation: "s3:GetObject",
                    outcome: .success,
                    sourceAddress: "127.0.0.1"
                )
            )
        }
        flush()
    }
}

/// What a verification says of lines: `LINE:PROBLEM`, and the summary.
func verified(
    _ texts: [String],
    keys: [UInt8] = [7],
    checkpoints: [AuditLog.Checkpoint] = []
) -> (problems: [String], summary: AuditVerification.Summary) {
    var codes: [[UInt8]: AuditSeal.Code] = [:]
    for key in keys { codes[[key]] = ToySeal.code(key) }
    var verification = AuditVerification(codes: codes, checkpoints: checkpoints)
    var problems: [String] = []
    var number = 0
    for text in texts {
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            number += 1
            for (isAboutLineBefore, problem) in verification.take(Array(line.utf8)) {
                problems.append("\(isAboutLineBefore ? number - 1 : number):\(problem)")
            }
        }
    }
    if let problem = verification.finish() { problems.append("\(number):\(problem)") }
    return (problems, verification.summary)
}
