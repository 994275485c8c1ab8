import NIOCore
import Testing
import Transport

@testable import SecureTransport

@Suite struct HTTP2BodyClockTests {
    let limits = HTTPServerLimits()

    private func time(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .seconds(seconds)
    }

    @Test func `bytes at the least rate are enough`() {
        var clock = HTTP2BodyClock(now: time(0))
        for second in 1...100 {
            clock.received(1024, now: time(Int64(second)))
            let broken = clock.check(
                owesRequest: true,
                owesWindow: false,
                now: time(Int64(second)),
                limits: limits
            )
            #expect(broken == nil)
        }
    }

    @Test func `time in which the client wasn't to act doesn't count`() {
        var clock = HTTP2BodyClock(now: time(0))
        func check(_ second: Int64, owes: Bool) -> TransportMetrics.Timeout? {
            clock.check(owesRequest: owes, owesWindow: false, now: time(second), limits: limits)
        }
        #expect(check(50, owes: false) == nil)
        #expect(check(59, owes: true) == nil)
        #expect(check(60, owes: true) == .bodyRate)
    }

    @Test func `resets are counted in each period anew`() {
        var guardian = HTTP2FloodGuard(
            resetsMax: 2,
            controlFramesMax: 1,
            period: .seconds(10),
            now: time(0)
        )
        var resets: [Bool] = []
        for second: Int64 in [1, 2, 9, 10] { resets.append(guardian.countReset(now: time(second))) }
        #expect(resets == [true, true, false, true])
        let frames = [
            guardian.countControlFrame(now: time(11)), guardian.countControlFrame(now: time(12)),
        ]
        #expect(frames == [true, false])
    }
}
