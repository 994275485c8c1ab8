import Glibc
import Testing

@testable import Daemon

@Suite
struct ProcessTests {
    @Test("signals come to the receiver, and don't end the process")
    func signals() async {
        await #expect(processExitsWith: .success) {
            let (stream, continuation) = AsyncStream.makeStream(of: DaemonSignal.self)
            let signals = try Signals.start { continuation.yield($0) }
            for number in [SIGHUP, SIGTERM, SIGINT] { signals.send(number) }
            var received: Set<DaemonSignal> = []
            for await signal in stream {
                received.insert(signal)
                if received.count == 3 { exit(0) }
            }
            exit(1)
        }
    }

    @Test("SIGPIPE doesn't end the process once signals are taken")
    func pipes() async {
        await #expect(processExitsWith: .success) {
            try Signals.start { _ in }
            kill(getpid(), SIGPIPE)
        }
    }

    @Test("a hardened process forbids dumps and makes files for itself alone")
    func hardening() async {
        await #expect(processExitsWith: .success) {
            let hardening = ProcessHardening.apply()
            let mask = umask(0)
            exit(hardening.dumpsForbidden && mask == 0o077 ? 0 : 1)
        }
    }

    @Test("the hardening's summary says what failed")
    func summary() {
        let good = ProcessHardening(dumpsForbidden: true, runsAsRoot: false)
        #expect(good.summary == "no core dumps, no tracing, umask 077")
        let bad = ProcessHardening(dumpsForbidden: false, runsAsRoot: true)
        #expect(bad.summary == "core dumps could not be forbidden, umask 077, running as root")
    }

    @Test("the start summary has its values in one column")
    func startSummary() {
        var summary = StartSummary("sealgate 1.0.0")
        summary.add("listen", "https://127.0.0.1:9000")
        summary.add("kms", "local")
        #expect(
            summary.text == """
                sealgate 1.0.0
                  listen  https://127.0.0.1:9000
                  kms     local

                """
        )
    }
}
