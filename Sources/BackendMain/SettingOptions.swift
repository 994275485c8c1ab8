import ArgumentParser
import Backend
import Daemon
import Foundation

/// What the command line says of the settings.
struct SettingOptions: ParsableArguments {
    @Option(help: "Configuration file, YAML.")
    var config: String?

    @Option(help: "Folder that holds everything the store keeps.")
    var data: String?

    @Option(help: "Unix socket to listen on.")
    var socket: String?

    @Option(help: "full, or relaxed: answered writes may be lost with the power.")
    var durability: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(name: .customLong("set"), help: "Any setting, as --set flush_threads=8; repeatable.")
    var assignments: [String] = []

    /// Reads the settings; what is wrong with them goes to standard error, and the process ends.
    func load() throws -> Settings {
        var flags: [SettingFlag] = []
        for (name, value) in [
            ("--data-dir", data), ("--socket", socket), ("--durability", durability),
            ("--log-level", logLevel),
        ] {
            if let value { flags.append(SettingFlag(name: name, value: value)) }
        }
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--set takes name=value, not \(assignment)")
            }
            let name = parts[0].map { $0 == "." || $0 == "_" ? "-" : $0 }
            flags.append(SettingFlag(name: "--" + String(name), value: parts[1]))
        }
        do {
            return try BackendSettings.schema.load(
                file: config,
                environment: ProcessInfo.processInfo.environment,
                flags: flags
            )
        } catch {
            Terminal.write(error.lines(program: "sealgate-store"))
            throw ExitCode(2)
        }
    }
}

/// How a command tells what it did.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Print the report as one JSON object.")
    var json = false

    @Flag(help: "Print no progress.")
    var quiet = false

    /// A line of progress.
    func progress(_ line: String) {
        if !quiet { Terminal.write(["sealgate-store: \(line)"]) }
    }

    /// The report: `document` where JSON was asked for.
    func show(_ document: [UInt8], _ lines: [String]) {
        print(json ? String(decoding: document, as: UTF8.self) : lines.joined(separator: "\n"))
    }
}

/// Standard error, for people.
enum Terminal {
    static func write(_ lines: [String]) {
        let text = lines.map { $0 + "\n" }.joined()
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
    /// Runs `work`; a start error is told, and ends the process.
    static func failing<Value>(_ work: () throws(BackendStartError) -> Value) throws -> Value {
        do throws(BackendStartError) {
            return try work()
        } catch {
            throw failure(error)
        }
    }

    /// Tells of an error; answers the exit code that it ends the process with.
    static func failure(_ error: BackendStartError) -> ExitCode {
        write([
            "sealgate-store: error: \(error.message)", "sealgate-store: hint: \(error.hint)",
        ])
        return ExitCode(error.exitCode)
    }
}
