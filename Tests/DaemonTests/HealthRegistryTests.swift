import Daemon
import Testing

@Suite
struct HealthRegistryTests {
    @Test("without checks a process is ready")
    func none() async {
        let registry = HealthRegistry()
        #expect(await registry.check().text == "ready\n")
    }

    @Test("a check that hasn't run counts as unhealthy")
    func before() {
        let registry = HealthRegistry()
        registry.register("store") { .healthy }
        #expect(registry.latest.text == "not ready\nstore: not checked yet\n")
    }

    @Test("one unhealthy check makes the process not ready, with its reason")
    func unhealthy() async {
        let registry = HealthRegistry()
        registry.register("store") { .healthy }
        registry.register("kms") { .unhealthy("sealed") }
        let report = await registry.check()
        #expect(!report.isReady)
        #expect(report.text == "not ready\nstore: ok\nkms: sealed\n")
        #expect(registry.latest == report)
    }

    @Test("a check that takes longer than its timeout is unhealthy")
    func timeout() async {
        let registry = HealthRegistry()
        registry.register("slow", timeout: .milliseconds(1)) {
            try? await Task.sleep(for: .seconds(3600))
            return .healthy
        }
        #expect(!(await registry.check().isReady))
    }

    @Test("running repeats the checks until it is cancelled")
    func run() async {
        let registry = HealthRegistry()
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        registry.register("store") {
            continuation.yield()
            return .healthy
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run(every: .milliseconds(1)) }
            var runs = 0
            for await _ in stream {
                runs += 1
                if runs == 3 { break }
            }
            group.cancelAll()
        }
        #expect(registry.latest.isReady)
    }
}
