import Testing
import Transport

@Suite struct TransportMetricsTests {
    @Test("counts each limit in time apart")
    func timeouts() {
        let metrics = TransportMetrics()
        for timeout in TransportMetrics.Timeout.allCases {
            #expect(metrics.total(of: timeout) == 0)
            metrics.count(timeout)
            #expect(metrics.total(of: timeout) == 1)
        }
    }
}
