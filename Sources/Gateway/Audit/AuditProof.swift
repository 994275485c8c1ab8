public import Daemon
import Encoding
import KMS
import NIOCore
import NIOPosix
import Synchronization
import Transport

/// What of audit files holds: `sealgate audit verify`.
public enum AuditProof {
    /// A line that doesn't hold.
    public struct Finding: Sendable {
        /// The file as it was named.
        public var file: String
        /// Its line, from 1.
        public var line: Int
        /// What is wrong with it.
        public var problem: AuditVerification.Problem

        /// The finding as one JSON object.
        public var json: [UInt8] {
            let value: JSONValue = [
                "file": .string(file), "line": .integer(Int64(line)),
                "problem": .string(problem.explanation),
            ]
            return value.encode()
        }
    }

    /// Reads the lines of a file one by one.
    public typealias Lines = (_ file: String, _ take: ([UInt8]) throws -> Void) throws -> Void

    /// Verifies files in the order in which they are named.
    ///
    /// - Parameters:
    ///   - files: oldest first.
    ///   - checkpoints: events that must stand in them.
    ///   - settings: where the KMS is that unwraps the keys of the chain.
    ///   - lines: reads a file; called twice for each.
    ///   - report: told of each line that doesn't hold.
    /// - Returns: what the lines amount to.
    /// - Throws: `GatewayStartError` where the KMS can't be used; what `lines` throws.
    public static func verify(
        _ files: [String],
        checkpoints: [AuditLog.Checkpoint],
        _ settings: Settings,
        lines: Lines,
        report: @escaping (Finding) -> Void
    ) async throws -> AuditVerification.Summary {
        var wrapped: [[UInt8]: String] = [:]
        for file in files {
            try lines(file) { line in
                if let key = AuditVerification.wrappedKey(in: line) {
                    wrapped[key.wrapped] = key.keyID
                }
            }
        }
        let codes = try await unwrap(wrapped, settings)
        var verification = AuditVerification(codes: codes, checkpoints: checkpoints)
        var before: (file: String, line: Int)?
        for file in files {
            var number = 0
            try lines(file) { line in
                number += 1
                for (isAboutLineBefore, problem) in verification.take(line) {
                    let place = isAboutLineBefore ? before ?? (file, number) : (file, number)
                    report(Finding(file: place.0, line: place.1, problem: problem))
                }
                before = (file, number)
            }
        }
        if let problem = verification.finish(), let before {
            report(Finding(file: before.file, line: before.line, problem: problem))
        }
        return verification.summary
    }

    /// The keys that can be had; the lines under others are told as such.
    private static func unwrap(
        _ wrapped: [[UInt8]: String],
        _ settings: Settings
    ) async throws(GatewayStartError) -> [[UInt8]: AuditSeal.Code] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let provider = try await KMSBackends.open(
            settings,
            try KMSBackends.folder(settings, isReadOnly: true),
            log: nil,
            KeyServices.opening(on: group.next(), TransportMetrics(), isReadOnly: true)
        ).provider
        var codes: [[UInt8]: AuditSeal.Code] = [:]
        for (bytes, name) in wrapped {
            do throws(KMSError) {
                let key = try await provider.decrypt(
                    bytes,
                    under: try KeyID(name),
                    context: try AuditSeal.context()
                )
                codes[bytes] = AuditSeal.code(under: key)
            } catch .ciphertextInvalid {
                // Not a key of this KMS, or made up: its lines are told.
            } catch {
                throw GatewayStartError(
                    "the key of the chain can't be had",
                    hint: error.explanation
                )
            }
        }
        try? await group.shutdownGracefully()
        return codes
    }
}

extension AuditVerification.Summary {
    /// Whether every line holds, and every checkpoint is there.
    public var isIntact: Bool { problemCount == 0 && missingCheckpoints.isEmpty }

    /// The summary as one JSON object.
    public var json: [UInt8] {
        let value: JSONValue = [
            "intact": .boolean(isIntact),
            "lines": .integer(Int64(lineCount)),
            "problems": .integer(Int64(problemCount)),
            "first_sequence": firstSequence.map { .integer(Int64(clamping: $0)) } ?? nil,
            "last_sequence": .integer(Int64(clamping: lastSequence)),
            "last_chain": .string(lastCode),
            "open_ends": .integer(Int64(openEndCount)),
            "torn_lines": .integer(Int64(tornCount)),
            "lost_events": .integer(lostCount),
            "missing_checkpoints": .array(
                missingCheckpoints.map { .string("\($0.sequence):\($0.code)") }
            ),
        ]
        return value.encode()
    }
}
