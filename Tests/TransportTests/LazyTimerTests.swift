import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

@Suite struct LazyTimerTests {
    private final class Owner {
        var timer: LazyTimer?
        var firedCount = 0

        init(_ loop: EmbeddedEventLoop) {
            timer = LazyTimer(on: loop) { self.firedCount += 1 }
        }
    }

    @Test("fires at a deadline that was moved later, once")
    func later() {
        let loop = EmbeddedEventLoop()
        let owner = Owner(loop)
        owner.timer?.set(loop.now + .seconds(1))
        owner.timer?.set(loop.now + .seconds(3))
        loop.advanceTime(by: .seconds(2))
        #expect(owner.firedCount == 0)
        loop.advanceTime(by: .seconds(5))
        #expect(owner.firedCount == 1)
    }

    @Test("fires at a deadline that was moved forward")
    func earlier() {
        let loop = EmbeddedEventLoop()
        let owner = Owner(loop)
        owner.timer?.set(loop.now + .seconds(3))
        owner.timer?.set(loop.now + .seconds(1))
        loop.advanceTime(by: .seconds(1))
        #expect(owner.firedCount == 1)
    }

    @Test("doesn't fire once cleared or cancelled")
    func ended() {
        let loop = EmbeddedEventLoop()
        let owner = Owner(loop)
        owner.timer?.set(loop.now + .seconds(1))
        owner.timer?.clear()
        loop.advanceTime(by: .seconds(2))
        owner.timer?.set(loop.now + .seconds(1))
        owner.timer?.cancel()
        loop.advanceTime(by: .seconds(2))
        #expect(owner.firedCount == 0)
    }

    @Test("lets go of its owner when cancelled")
    func release() {
        let loop = EmbeddedEventLoop()
        weak var gone: Owner?
        do {
            let owner = Owner(loop)
            gone = owner
            owner.timer?.set(loop.now + .seconds(1))
            owner.timer?.cancel()
        }
        #expect(gone == nil)
    }
}
