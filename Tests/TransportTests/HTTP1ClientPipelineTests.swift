import HTTPWire
import NIOCore
import Testing

@testable import Transport

/// Short exchanges that share a connection.
@Suite struct HTTP1ClientPipelineTests {
    private let end = "0\r\n\r\n"

    private func ok(_ body: String = "", _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\n\(fields)content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nhost: h\r\n\r\n" }

    private func fixture(
        _ change: (inout HTTPClientLimits) -> Void = { _ in }
    ) -> ClientFixture {
        ClientFixture {
            $0.pipelineMax = 4
            change(&$0)
        }
    }

    /// Puts an idle connection into the pool.
    private func warm(_ client: ClientFixture) throws {
        client.begin(.get, "/warm")
        _ = try client.sent()
        try client.receive(ok())
    }

    @Test("sends requests behind each other in one write, and gives each its answer")
    func together() throws {
        let client = fixture()
        try warm(client)
        let writes = client.fronts[0].writes
        let handlers = ["/a", "/b", "/c"].map { client.beginShort(.get, $0).handler }
        #expect(try client.sent() == get("/a") + get("/b") + get("/c"))
        #expect(client.fronts[0].writes == writes + 1)
        #expect(client.metrics.exchangesAheadNow == 2)
        try client.receive(ok("A") + ok("BB") + ok())
        #expect(handlers.map { String(decoding: $0.body, as: UTF8.self) } == ["A", "BB", ""])
        #expect(handlers.allSatisfy { $0.trailers != nil && $0.error == nil })
        #expect(client.channels.count == 1)
        #expect(client.metrics.poolIdleNow == 1)
    }

    @Test("gives each its answer, wherever those are cut")
    func cuts() throws {
        let answers = ok("A") + "HTTP/1.1 404 x\r\ncontent-length: 2\r\n\r\nno" + ok("CCC")
        for cut in 1..<answers.utf8.count {
            let client = fixture()
            try warm(client)
            let handlers = ["/a", "/b", "/c"].map { client.beginShort(.get, $0).handler }
            _ = try client.sent()
            try client.receive(String(decoding: answers.utf8.prefix(cut), as: UTF8.self))
            try client.receive(String(decoding: answers.utf8.dropFirst(cut), as: UTF8.self))
            let bodies = handlers.map { String(decoding: $0.body, as: UTF8.self) }
            #expect(bodies == ["A", "no", "CCC"], "cut at \(cut)")
            #expect(handlers.map(\.head?.status) == [200, 404, 200])
            #expect(client.metrics.poolIdleNow == 1)
        }
    }

    @Test("sends nothing of a request before its end")
    func wholeRequests() throws {
        let client = fixture()
        try warm(client)
        let (exchange, handler) = client.beginShort(.put, "/a")
        exchange.sendBody(ByteBuffer(string: "abc"))
        #expect(try client.sent().isEmpty)
        let (dropped, unheard) = client.beginShort(.put, "/b")
        dropped.sendBody(ByteBuffer(string: "secret"))
        dropped.cancel()
        dropped.sendEnd(trailers: nil)
        #expect(try client.sent().isEmpty)
        exchange.sendEnd(trailers: HTTPFields([("x", "y")]))
        #expect(
            try client.sent() == "PUT /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\nx: y\r\n\r\n"
        )
        try client.receive(ok())
        #expect(handler.trailers != nil)
        #expect(unheard.head == nil && unheard.error == nil)
        #expect(client.channels.count == 1)
    }

    @Test("leaves the others their answers when one is broken off")
    func cancelled() throws {
        let client = fixture()
        try warm(client)
        let begun = ["/a", "/b", "/c"].map { client.beginShort(.get, $0) }
        _ = try client.sent()
        begun[0].exchange.cancel()
        begun[1].exchange.cancel()
        try client.receive(ok("A") + ok("B") + ok("C"))
        #expect(begun[0].handler.head == nil && begun[0].handler.error == nil)
        #expect(begun[1].handler.head == nil && begun[1].handler.trailers == nil)
        #expect(begun[2].handler.body == Array("C".utf8))
        #expect(client.metrics.poolIdleNow == 1)
        #expect(client.channels[0].isActive)
    }

    @Test("keeps reads apart from writes, and both from what isn't short")
    func apart() throws {
        let client = fixture()
        client.beginShort(.get, "/r1")
        let (write, _) = client.beginShort(.put, "/w1")
        write.sendEnd(trailers: nil)
        client.begin(.get, "/long")
        client.beginShort(.get, "/r2")
        let (second, _) = client.beginShort(.put, "/w2")
        second.sendEnd(trailers: nil)
        client.loop.run()
        let lines = try client.channels.indices.map { index in
            try client.sent(index).split(separator: "\r\n").filter { $0.hasSuffix("HTTP/1.1") }
        }
        #expect(
            lines == [
                ["GET /r1 HTTP/1.1", "GET /r2 HTTP/1.1"],
                ["PUT /w1 HTTP/1.1", "PUT /w2 HTTP/1.1"],
                ["GET /long HTTP/1.1"],
            ]
        )
    }

    @Test("puts no more on a connection than the limit, and makes no more than are needed")
    func limit() throws {
        let client = fixture()
        client.holdsConnections = true
        for index in 0..<9 { client.beginShort(.get, "/\(index)") }
        #expect(client.pending.count == 3)
        client.completeConnections()
        client.loop.run()
        let counts = try client.channels.indices.map { index in
            try client.sent(index).components(separatedBy: "GET").count - 1
        }
        #expect(counts.sorted() == [1, 4, 4])
        // As its answers come, it takes more.
        let full = try #require(counts.firstIndex(of: 4))
        try client.receive(ok(), full)
        #expect(client.metrics.poolQueuedNow == 0)
    }

    @Test("is in use from an exchange's beginning to its end")
    func isInUse() throws {
        let client = fixture()
        #expect(!client.pool.isInUse)
        client.holdsConnections = true
        client.beginShort(.get, "/a")
        #expect(client.pool.isInUse)
        client.completeConnections()
        _ = try client.sent()
        #expect(client.pool.isInUse)
        try client.receive(ok())
        #expect(!client.pool.isInUse)
    }

    @Test("shares nothing with a limit of one")
    func alone() throws {
        let client = ClientFixture()
        client.beginShort(.get, "/a")
        client.beginShort(.get, "/b")
        let (put, _) = client.beginShort(.put, "/c")
        put.sendBody(ByteBuffer(string: "x"))
        #expect(try client.sent(0) == get("/a"))
        #expect(try client.sent(1) == get("/b"))
        #expect(try client.sent(2).hasSuffix("1\r\nx\r\n"))
    }

    @Test(
        "reads again what wasn't answered when the connection ends, but fails writes",
        arguments: [true, false]
    )
    func connectionEnds(isAnnounced: Bool) throws {
        let client = fixture()
        try warm(client)
        let reads = ["/a", "/b", "/c"].map { client.beginShort(.get, $0).handler }
        _ = try client.sent()
        try client.receive(ok("A", isAnnounced ? "connection: close\r\n" : ""))
        if !isAnnounced { try client.close() }
        #expect(reads[0].body == Array("A".utf8))
        #expect(client.channels.count == 2)
        #expect(try client.sent(1) == get("/b") + get("/c"))
        #expect(client.metrics.retriesNow == 2)
        try client.receive(ok("B") + ok("C"), 1)
        #expect(reads[2].body == Array("C".utf8))

        let writes = ["/x", "/y"].map { target in
            let (exchange, handler) = client.beginShort(.put, target)
            exchange.sendBody(ByteBuffer(string: "1"))
            exchange.sendEnd(trailers: nil)
            return handler
        }
        _ = try client.sent(1)
        try client.close(1)
        #expect(writes.map(\.error) == [.connectionClosed, .connectionClosed])
        #expect(client.metrics.retriesNow == 2)
    }

    @Test("keeps a request's fields until it can't begin anew, and no longer")
    func fields() throws {
        let client = fixture()
        try warm(client)
        let exchanges = try [HTTPMethod.put, .get].map { method in
            let head = HTTPRequestHead(
                method: method,
                target: "/a",
                authority: "h",
                fields: HTTPFields([("x-a", "1")]),
                bodyLength: .known(method == .put ? 1 : 0)
            )
            let exchange = client.pool.beginShort(head, handler: RecordingHandler())
            return try #require(exchange as? HTTP1ClientExchange)
        }
        #expect(exchanges.allSatisfy { $0.head.fields["x-a"] == "1" })
        exchanges[0].sendBody(ByteBuffer(string: "1"))
        exchanges[0].sendEnd(trailers: nil)
        #expect(try client.sent().utf8.count > 0)
        #expect(exchanges[0].head.fields.isEmpty)
        #expect(exchanges[1].head.fields["x-a"] == "1")
    }

    @Test("reads a thing again only once")
    func retriedOnce() throws {
        let client = fixture()
        try warm(client)
        let reads = ["/a", "/b"].map { client.beginShort(.get, $0).handler }
        _ = try client.sent()
        try client.close()
        client.loop.run()
        #expect(client.channels.count == 2)
        _ = try client.sent(1)
        try client.close(1)
        #expect(reads.map(\.error) == [.connectionClosed, .connectionClosed])
    }

    @Test("fails all where an answer breaks the rules or is longer than it may be")
    func brokenAnswer() throws {
        for answer in ["HTTP/1.1 200 OK\n\n", ok(String(repeating: "x", count: 11))] {
            let client = fixture { $0.bodyWindowBytes = 10 }
            try warm(client)
            let first = client.beginShort(.get, "/a").handler
            let (exchange, second) = client.beginShort(.get, "/b")
            _ = exchange
            _ = try client.sent()
            try client.receive(answer)
            #expect(first.error == .responseInvalid)
            #expect(!client.channels[0].isActive)
            // The other one is asked for anew.
            #expect(try client.sent(1) == get("/b"))
            try client.receive(ok("B"), 1)
            #expect(second.body == Array("B".utf8))
        }
    }

    @Test("doesn't wait for one to consume before the next gets its answer")
    func credit() throws {
        let client = fixture { $0.bodyWindowBytes = 10 }
        try warm(client)
        let reads = ["/a", "/b"].map { client.beginShort(.get, $0).handler }
        _ = try client.sent()
        try client.receive(ok("0123456789") + ok("0123456789"))
        #expect(reads.allSatisfy { $0.body.count == 10 && $0.trailers != nil })
    }

    @Test("waits no longer for an answer because more is asked for meanwhile")
    func timeout() throws {
        let client = fixture()
        try warm(client)
        let first = client.beginShort(.put, "/a")
        first.exchange.sendEnd(trailers: nil)
        client.advance(20)
        let second = client.beginShort(.put, "/b")
        second.exchange.sendBody(ByteBuffer(string: "1"))
        second.exchange.sendEnd(trailers: nil)
        #expect(client.metrics.exchangesAheadNow == 1)
        client.advance(9)
        #expect(first.handler.error == nil)
        client.advance(31)
        #expect(first.handler.error == .timedOut)
        #expect(second.handler.error == .timedOut)
    }

    @Test("fails one that can't be written, and goes on with the others")
    func unwritable() throws {
        let client = fixture()
        try warm(client)
        let first = client.beginShort(.get, "/a").handler
        let bad = RecordingHandler()
        client.pool.beginShort(
            .init(method: .get, target: "/b\r\nx", authority: "h"),
            handler: bad
        )
        let last = client.beginShort(.get, "/c").handler
        #expect(try client.sent() == get("/a") + get("/c"))
        #expect(bad.error != nil)
        try client.receive(ok("A") + ok("C"))
        #expect(first.body == Array("A".utf8))
        #expect(last.body == Array("C".utf8))
    }
}
