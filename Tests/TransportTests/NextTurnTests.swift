import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite struct NextTurnTests {
    @Test("a turn that is asked for again and again lets sockets have theirs")
    func fairness() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let folder = try TemporaryFolder()
        let server = try await serve(
            EchoApplication(),
            on: .unix(path: folder.file("s"), allowedUserIDs: [getuid()])
        )
        let client = try await SocketClient(.unix(path: folder.file("s")), on: loop)
        final class Busy {
            var turns: NextTurn?
            var count = 0
            var isOver = false
        }
        let busy = try await loop.submit {
            let busy = Busy()
            busy.turns = NextTurn(on: loop) {
                busy.count += 1
                if !busy.isOver { busy.turns?.ask() }
            }
            return NIOLoopBound(busy, eventLoop: loop)
        }.get()
        while try await !loop.submit({ busy.value.turns?.isReady ?? true }).get() {}
        try await loop.submit { busy.value.turns?.ask() }.get()
        for _ in 0..<20 {
            let response = try await client.exchange(.put, "/", body: ByteBuffer(string: "hello"))
            #expect(response.body == Array("hello".utf8))
        }
        let count = try await loop.submit {
            busy.value.isOver = true
            let count = busy.value.count
            busy.value.turns = nil
            return count
        }.get()
        #expect(count > 20)
        client.close()
        await server.drain(deadline: .seconds(5))
        try await group.shutdownGracefully()
    }
}
