import ArgumentParser
import Daemon
import Foundation
import Gateway

/// `sealgate audit`: looks at audit files.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify audit files.",
        subcommands: [Verify.self]
    )

    /// `sealgate audit verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that no line of audit files was changed, taken out or moved.",
            discussion: """
                Name the files oldest first: those with numbers, then the one without. The KMS of \
                the settings unwraps the keys of the chain. One JSON object a line for each line \
                that doesn't hold, and a summary last. Lines cut off at the very end show against \
                a checkpoint of the gateway's log only.
                Exit codes: 0 all intact, 1 something isn't, 2 settings or usage.
                """
        )

        @Option(help: "SEQUENCE:CHAIN of the log that must stand in the files; more than once.")
        var checkpoint: [String] = []

        @Option(help: "Settings file, YAML; variables count, too.")
        var config: String?

        @Argument(help: "Audit files, oldest first.")
        var files: [String]

        func run() throws {
            let settings = try SettingOptions.load(config, flags: [])
            let checkpoints = try checkpoint.map(Self.parse)
            let files = files
            let summary = try Offline.wait {
                try await AuditProof.verify(
                    files,
                    checkpoints: checkpoints,
                    settings,
                    lines: Self.read
                ) { Offline.print($0.json) }
            }
            Offline.print(summary.json)
            guard summary.isIntact else { throw ExitCode(1) }
        }

        private static func parse(_ text: String) throws -> AuditLog.Checkpoint {
            let parts = text.split(separator: ":")
            guard parts.count == 2, let number = UInt64(parts[0]), parts[1].utf8.count == 64 else {
                throw ValidationError("\(text) is no checkpoint: SEQUENCE:CHAIN, as in the log")
            }
            return AuditLog.Checkpoint(sequence: number, code: parts[1].lowercased())
        }

        /// Reads a file's lines; one that is longer than any event is cut, and so holds no code.
        private static func read(_ path: String, _ take: ([UInt8]) throws -> Void) throws {
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw Offline.failure("\(path) can't be read", "name the audit files oldest first")
            }
            defer { try? file.close() }
            var line: [UInt8] = []
            while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                for byte in data {
                    if byte == 0x0a {
                        try take(line)
                        line.removeAll(keepingCapacity: true)
                    } else if line.count < 1 << 20 {
                        line.append(byte)
                    }
                }
            }
            if !line.isEmpty { try take(line) }
        }
    }
}
