import HTTPWire
import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

@Suite struct HTTP1ClientPoolTests {
    private let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"

    @Test("uses a connection again after both sides ended")
    func reuse() throws {
        let client = ClientFixture()
        for target in ["/a", "/b"] {
            let (_, handler) = client.begin(.get, target)
            #expect(try client.sent() == "GET \(target) HTTP/1.1\r\nhost: h\r\n\r\n")
            try client.receive(ok)
            #expect(handler.head?.status == 200)
            #expect(handler.body == Array("ab".utf8))
            #expect(handler.trailers == HTTPFields())
        }
        #expect(client.channels.count == 1)
        #expect(client.metrics.poolOpenNow == 1)
        #expect(client.metrics.poolIdleNow == 1)
    }

    @Test("begins an exchange on the connection just freed, from within the end of another")
    func reuseWithinEnd() throws {
        let client = ClientFixture { $0.connectionsMax = 1 }
        let (_, first) = client.begin(.get, "/a")
        first.onEnd = {
            client.pool.begin(
                .init(method: .get, target: "/b", authority: "h"),
                handler: RecordingHandler()
            )
        }
        try client.receive(ok)
        #expect(try client.sent().contains("GET /b"))
        #expect(client.channels.count == 1)
    }

    @Test("sends bodies by length and in chunks, also what came before the connection")
    func bodies() throws {
        let client = ClientFixture()
        client.holdsConnections = true
        let (known, _) = client.begin(.put, "/k", .known(5))
        known.sendBody(ByteBuffer(string: "hello"))
        known.sendEnd(trailers: nil)
        let (chunked, _) = client.begin(.put, "/c", .unknown)
        chunked.sendBody(ByteBuffer(string: "abc"))
        client.completeConnections()
        chunked.sendBody(ByteBuffer(string: "de"))
        chunked.sendEnd(trailers: HTTPFields([("x", "y")]))
        #expect(
            try client.sent(0)
                == "PUT /k HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello"
        )
        #expect(
            try client.sent(1)
                == "PUT /c HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\nx: y\r\n\r\n"
        )
    }

    @Test("bounds what is queued before the connection, and tells when there is room")
    func queuedBodyIsBounded() {
        let client = ClientFixture { $0.writeHighWaterBytes = 10 }
        client.holdsConnections = true
        let (exchange, handler) = client.begin(.put, "/", .unknown)
        #expect(exchange.isWritable)
        exchange.sendBody(ByteBuffer(string: "0123456789"))
        #expect(!exchange.isWritable)
        #expect(handler.writableCount == 0)
        client.completeConnections()
        client.loop.run()
        #expect(handler.writableCount == 1)
    }

    @Test("hands over no more of a response than the window, until it is consumed")
    func window() throws {
        let client = ClientFixture { $0.bodyWindowBytes = 100 }
        let (exchange, handler) = client.begin(.get, "/")
        let body = String(repeating: "x", count: 250)
        try client.receive("HTTP/1.1 200 OK\r\ncontent-length: 250\r\n\r\n" + body)
        #expect(handler.body.count == 100)
        #expect(client.fronts[0].reads == 0)
        exchange.consume(60)
        #expect(handler.body.count == 160)
        // What was read before the server closed is handed over all the same.
        try client.close()
        #expect(handler.error == nil)
        exchange.consume(100)
        #expect(handler.body.count == 250)
        #expect(handler.trailers != nil)
        #expect(client.metrics.poolOpenNow == 0)
    }

    @Test("passes over interim responses")
    func interim() throws {
        let client = ClientFixture()
        let (_, handler) = client.begin(.get, "/")
        try client.receive("HTTP/1.1 100 Continue\r\n\r\n" + ok)
        #expect(handler.head?.status == 200)
    }

    @Test("closes a connection whose response ended before its request")
    func earlyResponse() throws {
        let client = ClientFixture()
        let (exchange, handler) = client.begin(.put, "/", .known(10))
        exchange.sendBody(ByteBuffer(string: "01234"))
        try client.receive("HTTP/1.1 507 x\r\ncontent-length: 0\r\n\r\n")
        #expect(handler.head?.status == 507)
        #expect(handler.trailers != nil)
        #expect(!client.channels[0].isActive)
        exchange.sendBody(ByteBuffer(string: "56789"))
        exchange.sendEnd(trailers: nil)
        #expect(client.metrics.poolOpenNow == 0)
    }

    @Test(
        "closes a connection that brings more than was asked for",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nx", "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        ]
    )
    func unclean(response: String) throws {
        let client = ClientFixture()
        client.begin(.get, "/")
        try client.receive(response)
        if client.channels[0].isActive { try client.close() }
        #expect(client.metrics.poolIdleNow == 0)
        #expect(client.metrics.poolOpenNow == 0)
    }

    @Test("fails an exchange whose response breaks the rules")
    func invalidResponse() throws {
        let client = ClientFixture()
        let (_, handler) = client.begin(.get, "/")
        try client.receive("HTTP/1.1 200 OK\n\n")
        #expect(handler.error == .responseInvalid)
        #expect(!client.channels[0].isActive)
    }

    @Test("sends again what a stale kept connection didn't take, once")
    func retry() throws {
        let client = ClientFixture()
        client.begin(.get, "/a")
        try client.receive(ok)
        let (_, handler) = client.begin(.get, "/b")
        try client.close(0)
        #expect(client.channels.count == 2)
        #expect(client.metrics.retriesNow == 1)
        #expect(try client.sent(1) == "GET /b HTTP/1.1\r\nhost: h\r\n\r\n")
        try client.close(1)
        #expect(handler.error == .connectionClosed)
        #expect(client.channels.count == 2)
        #expect(client.metrics.poolOpenNow == 0)
    }

    @Test("sends nothing again on a fresh connection, after a body or after a response began")
    func noRetry() throws {
        let fresh = ClientFixture()
        let (_, first) = fresh.begin(.get, "/")
        try fresh.close()
        #expect(first.error == .connectionClosed)

        let body = ClientFixture()
        body.begin(.get, "/")
        try body.receive(ok)
        let (exchange, second) = body.begin(.put, "/", .unknown)
        exchange.sendBody(ByteBuffer(string: "x"))
        try body.close()
        #expect(second.error == .connectionClosed)

        let begun = ClientFixture()
        begun.begin(.get, "/")
        try begun.receive(ok)
        let (_, third) = begun.begin(.get, "/")
        try begun.receive("HTTP/1.1 2")
        try begun.close()
        #expect(third.error == .connectionClosed)
        #expect(fresh.channels.count + body.channels.count + begun.channels.count == 3)
    }

    @Test("fails an exchange that is waited for 30 seconds without progress")
    func deadline() throws {
        let client = ClientFixture()
        let (_, handler) = client.begin(.get, "/")
        client.advance(29)
        try client.receive("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
        client.advance(29)
        #expect(handler.error == nil)
        client.advance(1)
        #expect(handler.error == .timedOut)
        #expect(client.metrics.total(of: .response) == 1)
        #expect(!client.channels[0].isActive)
    }

    @Test("doesn't hold the caller's own delays against the server")
    func callerSlow() throws {
        let client = ClientFixture { $0.bodyWindowBytes = 1 }
        let (exchange, handler) = client.begin(.put, "/", .unknown)
        client.advance(1000)
        #expect(handler.error == nil)
        exchange.sendEnd(trailers: nil)
        client.advance(29)
        try client.receive(ok)
        client.advance(1000)
        #expect(handler.error == nil)
        exchange.consume(1)
        #expect(handler.trailers != nil)
    }

    @Test("bounds connections and queue")
    func queue() throws {
        let client = ClientFixture {
            $0.connectionsMax = 1
            $0.queueMax = 1
        }
        client.begin(.get, "/a")
        let (waiting, waitingHandler) = client.begin(.get, "/b")
        let (_, refused) = client.begin(.get, "/c")
        #expect(refused.error == .queueFull)
        #expect(client.metrics.poolQueuedNow == 1)
        try client.receive(ok)
        #expect(try client.sent().contains("GET /b"))
        #expect(client.metrics.poolQueuedNow == 0)
        waiting.cancel()
        #expect(waitingHandler.error == nil)
        #expect(!client.channels[0].isActive)
        let (_, next) = client.begin(.get, "/d")
        #expect(client.channels.count == 2)
        #expect(next.error == nil)
    }

    @Test("fails what waits for a connection longer than 30 seconds")
    func queueDeadline() {
        let client = ClientFixture()
        client.holdsConnections = true
        let (_, handler) = client.begin(.get, "/")
        client.advance(30)
        #expect(handler.error == .timedOut)
        #expect(client.metrics.poolQueuedNow == 0)
        client.completeConnections()
        #expect(client.metrics.poolIdleNow == 1)
    }

    @Test("takes a cancelled exchange out of the queue")
    func cancelQueued() {
        let client = ClientFixture()
        client.holdsConnections = true
        let (exchange, handler) = client.begin(.get, "/")
        exchange.cancel()
        #expect(client.metrics.poolQueuedNow == 0)
        client.completeConnections()
        #expect(handler.error == nil)
        #expect(client.metrics.poolIdleNow == 1)
    }

    @Test("tells who waits that no connection can be made, and tries again for the next")
    func connectFails() {
        let client = ClientFixture()
        client.connectError = HTTPClientError.peerNotTrusted("expired")
        let (_, first) = client.begin(.get, "/")
        #expect(first.error == .peerNotTrusted("expired"))
        client.connectError = ChannelError.connectTimeout(.seconds(5))
        let (_, second) = client.begin(.get, "/")
        guard case .connectFailed = second.error else {
            Issue.record("\(String(describing: second.error))")
            return
        }
        #expect(client.metrics.connectFailuresNow == 2)
        #expect(client.metrics.poolOpenNow == 0)
        client.connectError = nil
        client.begin(.get, "/")
        #expect(client.channels.count == 1)
    }

    @Test("passes on what a handler below says of the peer")
    func peerNotTrusted() throws {
        let client = ClientFixture()
        let (_, handler) = client.begin(.get, "/")
        client.channels[0].pipeline.fireErrorCaught(HTTPClientError.peerNotTrusted("name"))
        client.loop.run()
        #expect(handler.error == .peerNotTrusted("name"))
    }

    @Test("closes connections idle for 60 seconds, and all idle ones with the pool")
    func idle() throws {
        let client = ClientFixture()
        client.begin(.get, "/")
        try client.receive(ok)
        client.advance(59)
        #expect(client.channels[0].isActive)
        client.advance(1)
        #expect(!client.channels[0].isActive)
        client.begin(.get, "/")
        try client.receive(ok, 1)
        let (_, busy) = client.begin(.get, "/")
        let (_, other) = client.begin(.get, "/")
        try client.receive(ok, 2)
        #expect(other.trailers != nil)
        client.pool.close()
        #expect(!client.channels[2].isActive)
        #expect(client.channels[1].isActive)
        try client.receive(ok, 1)
        #expect(busy.trailers != nil)
        #expect(!client.channels[1].isActive)
        let (_, late) = client.begin(.get, "/")
        #expect(late.error == .connectFailed("the pool is closed"))
    }

    @Test("fails a request that can't be written, or isn't as long as it said")
    func invalidRequests() {
        let client = ClientFixture()
        let (_, spaced) = client.begin(.get, "/a b")
        guard case .connectFailed = spaced.error else {
            Issue.record("\(String(describing: spaced.error))")
            return
        }
        let (long, longHandler) = client.begin(.put, "/", .known(2))
        long.sendBody(ByteBuffer(string: "abc"))
        #expect(longHandler.error == .connectionClosed)
        let (short, shortHandler) = client.begin(.put, "/", .known(2))
        short.sendEnd(trailers: nil)
        #expect(shortHandler.error == .connectionClosed)
        #expect(client.metrics.poolOpenNow == 0)
    }
}
