import ArgumentParser
import Backend
import Daemon
import Foundation
import Synchronization

/// `sealgate-store serve`: runs the store in the foreground.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the store in the foreground until SIGTERM or SIGINT."
    )

    @OptionGroup var options: SettingOptions

    @Option(help: "Descriptor that gets a line `ready` when the store answers, then is closed.")
    var readyFd: Int32?

    @Option(help: "File that is made with a line `ready` when the store answers.")
    var readyFile: String?

    @Flag(help: "Print no summary at the start.")
    var quiet = false

    func run() throws {
        let hardening = ProcessHardening.apply()
        OpenFileLimit.raise()
        // Before any other thread is made: only later ones leave the signals to their own thread.
        let signals = try Signals.stream()
        let settings = try options.load()
        let ended = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Void, any Error>>(.success(()))
        Task {
            do {
                try await serve(settings, signals, hardening)
            } catch {
                result.withLock { $0 = .failure(error) }
            }
            ended.signal()
        }
        ended.wait()
        try result.withLock { try $0.get() }
    }

    private func serve(
        _ settings: Settings,
        _ signals: AsyncStream<DaemonSignal>,
        _ hardening: ProcessHardening
    ) async throws {
        let sink = try LineSink(descriptor: 2)
        if !quiet { summarize(settings, hardening) }
        let store: BackendServer
        do {
            store = try await BackendServer.start(settings, log: sink)
        } catch {
            sink.flush()
            throw Terminal.failure(error)
        }
        try announce()
        for await signal in signals {
            if signal != .hangUp { break }
            store.reload()
        }
        await store.stop(deadline: settings[BackendSettings.drain])
        sink.close()
    }

    private func summarize(_ settings: Settings, _ hardening: ProcessHardening) {
        var summary = StartSummary("sealgate-store \(BackendServer.version)")
        summary.add("data", settings[BackendSettings.dataFolder])
        summary.add("socket", settings[BackendSettings.socket])
        summary.add("durability", settings[BackendSettings.durability])
        summary.add("config", options.config ?? "none")
        summary.add("process", hardening.summary)
        Terminal.write([summary.text])
    }

    private func announce() throws {
        let line = Data("ready\n".utf8)
        if let readyFile { try line.write(to: URL(fileURLWithPath: readyFile), options: .atomic) }
        if let readyFd {
            try FileHandle(fileDescriptor: readyFd, closeOnDealloc: true).write(contentsOf: line)
        }
    }
}
