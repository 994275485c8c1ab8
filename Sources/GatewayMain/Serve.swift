import ArgumentParser
import Daemon
import Foundation
import Gateway
import Logging
import Synchronization

/// `sealgate serve`: runs the gateway in the foreground.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in the foreground until SIGTERM or SIGINT."
    )

    @OptionGroup var options: SettingOptions

    @Option(help: "File that is made when the gateway serves: name=value, a line each.")
    var readyFile: String?

    @Flag(help: "Print no summary at the start.")
    var quiet = false

    func run() throws {
        let hardening = ProcessHardening.apply()
        OpenFileLimit.raise()
        AllocatorTuning.apply()
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
        let level = settings[LogSettings.level]
        let log = Logger(label: "sealgate") { _ in JSONLogHandler(sink: sink, level: level) }
        for warning in settings.warnings { log.warning("\(warning)") }
        let gateway: GatewayServer
        do throws(GatewayStartError) {
            gateway = try await GatewayServer.start(settings, log: log)
        } catch {
            sink.flush()
            let hints = error.hint.map { ["sealgate: hint: \($0)"] } ?? []
            Terminal.write(["sealgate: error: \(error.problem)"] + hints)
            throw ExitCode(1)
        }
        await gateway.check()
        if !quiet { Terminal.write([gateway.summary(hardening, version: GatewayServer.version)]) }
        try announce(gateway)
        log.info("ready")
        let watch = Task { await gateway.watch() }
        await follow(signals, gateway, log)
        ServiceNotification.stopping.send()
        log.info("stopping")
        watch.cancel()
        await gateway.stop()
        log.info("stopped")
        sink.close()
    }

    private func follow(
        _ signals: AsyncStream<DaemonSignal>,
        _ gateway: GatewayServer,
        _ log: Logger
    ) async {
        for await signal in signals {
            guard signal == .hangUp else { return }
            if let reason = gateway.reloadCertificate() {
                log.error(
                    "certificate kept, the new one is refused",
                    metadata: ["reason": "\(reason)"]
                )
            } else {
                log.notice("certificate read anew")
            }
            if let reason = gateway.reopenAudit() {
                log.error("audit file kept", metadata: ["reason": "\(reason)"])
            }
        }
    }

    private func announce(_ gateway: GatewayServer) throws {
        ServiceNotification.ready.send()
        guard let readyFile else { return }
        let lines = [
            "endpoint=\(gateway.endpoint)", "admin=\(gateway.adminEndpoint)",
            "region=\(gateway.region)", "default_kms_key_id=\(gateway.defaultKeyID)",
        ]
        let text = lines.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
    }
}
