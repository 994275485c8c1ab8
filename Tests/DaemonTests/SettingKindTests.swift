import Testing

@testable import Daemon

@Suite
struct SettingKindTests {
    @Test(
        "sizes are read and written in the largest whole unit",
        arguments: [
            ("0", 0), ("1", 1), ("64KiB", 65_536), ("1MiB", 1 << 20), ("5GiB", 5 << 30),
            ("2TiB", 2 << 40), ("1000", 1000),
        ]
    )
    func sizes(text: String, bytes: Int) {
        #expect(SettingKind.size(text) == bytes)
        #expect(SettingKind.sizeText(bytes) == text)
    }

    @Test(
        "other forms of sizes are refused",
        arguments: [
            "", "KiB", "-1", "+1", "1.5KiB", "64 KiB", "64kib", "64K", "99999999TiB",
            "9999999999999999999",
        ]
    )
    func wrongSizes(text: String) { #expect(SettingKind.size(text) == nil) }

    @Test(
        "times are read and written in the largest whole unit",
        arguments: [
            ("0s", Duration.zero), ("500ms", .milliseconds(500)), ("15s", .seconds(15)),
            ("5m", .seconds(300)), ("1h", .seconds(3600)), ("7d", .seconds(604_800)),
            ("1500ms", .milliseconds(1500)),
        ]
    )
    func durations(text: String, duration: Duration) {
        #expect(SettingKind.duration(text) == duration)
        #expect(SettingKind.durationText(duration) == text)
    }

    @Test(
        "other forms of times are refused",
        arguments: ["", "s", "15", "-1s", "1.5s", "15 s", "1h30m", "999999999999999999d"]
    )
    func wrongDurations(text: String) { #expect(SettingKind.duration(text) == nil) }

    @Test("hosts with ports are read and written", arguments: ["a:1", "[::1]:0", "1.2.3.4:65535"])
    func hostPorts(text: String) { #expect(HostPort(text)?.description == text) }

    @Test(
        "other forms of hosts with ports are refused",
        arguments: [
            "", "a", ":1", "a:", "a:-1", "a:+1", "a:65536", "::1:80", "[::1]", "[]:1", "[a]:1",
            "a b:1", "http://a:1",
        ]
    )
    func wrongHostPorts(text: String) { #expect(HostPort(text) == nil) }

    @Test("control characters are refused in every kind")
    func controls() {
        for kind in [SettingKind.text, .path, .secret, .list] {
            #expect(kind.value(of: "a\nb") == nil)
        }
    }

    @Test("the nearest name is found within a third of the length")
    func nearest() {
        let names = ["listen.address", "listen.idle", "kms.provider"]
        #expect(NearestName.find("listen.adress", among: names) == "listen.address")
        #expect(NearestName.find("idle", among: names) == "listen.idle")
        #expect(NearestName.find("colour", among: names) == nil)
        #expect(NearestName.edits(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    }
}
