import Testing

@testable import Daemon

@Suite
struct MetricsRegistryTests {
    @Test("the text has help, type and samples in order of names")
    func exposition() {
        let registry = MetricsRegistry()
        let errors = registry.counter("b_total", help: "Errors.", labels: ["code": "a\"b\\\n"])
        errors.increment()
        errors.increment(by: 2)
        registry.counter("b_total", help: "Errors.", labels: ["code": "x"]) { 7 }
        let gauge = registry.gauge("a_open", help: "Open\nnow.")
        gauge.add(5)
        gauge.add(-2)
        registry.gauge("c_ratio", help: "Ratio.") { 0.5 }
        #expect(
            registry.exposition() == #"""
                # HELP a_open Open\nnow.
                # TYPE a_open gauge
                a_open 3
                # HELP b_total Errors.
                # TYPE b_total counter
                b_total{code="a\"b\\\n"} 3
                b_total{code="x"} 7
                # HELP c_ratio Ratio.
                # TYPE c_ratio gauge
                c_ratio 0.5

                """#
        )
    }

    @Test("a histogram counts into its buckets, cumulatively")
    func histogram() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram(
            "h_seconds",
            help: "H.",
            labels: ["op": "get"],
            bounds: [0.5, 1]
        )
        for value in [0.25, 0.5, 0.75, 3, .nan] { histogram.observe(value) }
        histogram.observe(Duration.milliseconds(1500))
        #expect(
            registry.exposition() == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{op="get",le="0.5"} 2
                h_seconds_bucket{op="get",le="1"} 3
                h_seconds_bucket{op="get",le="+Inf"} 5
                h_seconds_sum{op="get"} 6
                h_seconds_count{op="get"} 5

                """
        )
    }

    @Test("the same name and labels give the same metric")
    func same() {
        let registry = MetricsRegistry()
        registry.counter("a", help: "A.", labels: ["x": "1"]).increment()
        #expect(registry.counter("a", help: "A.", labels: ["x": "1"]).value == 1)
        #expect(registry.counter("a", help: "A.", labels: ["x": "2"]).value == 0)
    }

    @Test("increments from many tasks are all counted")
    func concurrent() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("a", help: "A.")
        let histogram = registry.histogram("h", help: "H.", bounds: [1])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        histogram.observe(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 8000)
        #expect(histogram.sum == 4000)
    }

    @Test("names that the format doesn't allow are told")
    func names() {
        for name in ["a", "_a", "a:b", "A9"] { #expect(MetricName.isValid(metric: name)) }
        for name in ["", "9a", "a-b", "a b", "é"] { #expect(!MetricName.isValid(metric: name)) }
        for name in ["", "a:b", "__a", "le", "1"] { #expect(!MetricName.isValid(label: name)) }
        #expect(MetricName.number(.infinity) == "+Inf")
        #expect(MetricName.number(.nan) == "NaN")
        #expect(MetricName.number(12) == "12")
    }

    @Test("a wrong name traps")
    func wrongName() async {
        await #expect(processExitsWith: .failure) {
            _ = MetricsRegistry().counter("a-b", help: "A.")
        }
    }

    @Test("one name for two types traps")
    func twoTypes() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricsRegistry()
            _ = registry.counter("a", help: "A.")
            _ = registry.gauge("a", help: "A.")
        }
    }
}
