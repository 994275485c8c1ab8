import ArgumentParser
import Daemon
import Foundation
import Gateway

/// `sealgate kms rewrap`: begins a job at a gateway that runs, and follows it.
struct RewrapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap",
        abstract: "Wrap keys anew at a gateway that runs, and follow the job.",
        discussion: """
            The job goes on when this ends; --job follows one that runs.
            Exit codes: 0 all is wrapped anew, 1 something isn't, 2 settings or usage.
            """
    )

    @Flag(help: "Objects that have a data key of their own too.")
    var objects = false

    @Flag(help: "Count, and change nothing.")
    var dryRun = false

    @Option(help: "Only this bucket.")
    var bucket: String?

    @Option(help: "Only keys that begin so.")
    var prefix: String?

    @Option(help: "Only what this KMS key wraps.")
    var fromKey: String?

    @Option(help: "The KMS key that is to wrap it.")
    var toKey: String?

    @Option(help: "Objects a second, at most.")
    var rate: Int64?

    @Option(help: "A job that runs, to be followed.")
    var job: String?

    @Option(help: "The admin API, as https://host:port; that of the settings when left out.")
    var admin: String?

    @Option(help: "Authorities that its certificate is checked against; else the system's.")
    var caFile: String?

    @OptionGroup var options: SettingOptions

    func run() throws {
        let command = self
        try Offline.run(with: options) { settings in
            let client = try await RewrapClient.open(
                settings,
                address: command.admin,
                authoritiesFile: command.caFile
            )
            do {
                try await command.follow(client)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }

    private func follow(_ client: RewrapClient) async throws {
        let bar = ProgressBar()
        var progress =
            if let job { try await client.find(job) } else { try await client.begin(wanted) }
        while progress.isRunning {
            bar.show(progress.fraction, progress.text)
            try await Task.sleep(for: .milliseconds(200))
            progress = try await client.find(progress.id)
        }
        bar.show(progress.fraction, progress.text)
        bar.end()
        Offline.print(progress.json)
        guard progress.isDone else { throw ExitCode(1) }
    }

    private var wanted: RewrapClient.Job {
        var wanted = RewrapClient.Job()
        wanted.flags = [("objects", objects), ("dry_run", dryRun)]
        wanted.texts = [
            ("bucket", bucket), ("prefix", prefix), ("from_key", fromKey), ("to_key", toKey),
        ]
        wanted.rate = rate
        return wanted
    }
}

/// A line on the terminal that is written over; nothing where standard error is none.
struct ProgressBar {
    private static let width = 30
    private let isTerminal = isatty(2) == 1

    func show(_ fraction: Double, _ text: String) {
        guard isTerminal else { return }
        let done = Int(fraction * Double(Self.width))
        let bar =
            String(repeating: "#", count: done)
            + String(repeating: "-", count: Self.width - done)
        FileHandle.standardError.write(Data("\r[\(bar)] \(text)\u{1b}[K".utf8))
    }

    func end() {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\n".utf8))
    }
}
