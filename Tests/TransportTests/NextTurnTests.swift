import Glibc
import HTTPWire
import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite struct NextTurnTests {
    /// Asks for a turn in each turn, until it is over.
    private final class Busy {
        static let countMax = 1_000_000
        var turns: NextTurn?
        var count = 0
        var isOver = false

        func called() {
            count += 1
            if !isOver, count < Self.countMax { turns?.ask() }
        }
    }

    @Test("a turn that is asked for again and again lets sockets have theirs")
    func fairness() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let server = try await serve(
            EchoApplication(),
            on: .unix(path: path, allowedUserIDs: [getuid()])
        )
        // All of it on the loop: it spins no longer than the exchange takes.
        let (count, body) = try await loop.flatSubmit {
            let pool = HTTP1ClientPool(
                target: .unix(path: path),
                eventLoop: loop,
                metrics: TransportMetrics()
            )
            let promise = loop.makePromise(of: WholeResponse.self)
            let handler = WholeHandler(ByteBuffer(string: "hello"), partBytes: 2, promise)
            let busy = Busy()
            busy.turns = NextTurn(on: loop) { busy.called() }
            busy.turns?.ask()
            handler.exchange = pool.begin(
                .init(method: .put, target: "/", authority: "h", bodyLength: .known(5)),
                handler: handler
            )
            handler.send()
            let bound = NIOLoopBound((busy, pool), eventLoop: loop)
            return promise.futureResult.map { response in
                let (busy, pool) = bound.value
                busy.isOver = true
                busy.turns = nil
                pool.close()
                return (busy.count, response.body)
            }
        }.get()
        #expect(body == Array("hello".utf8))
        #expect((1..<Busy.countMax).contains(count))
        await server.drain(deadline: .seconds(5))
        try await group.shutdownGracefully()
    }
}
