import HTTPWire
import NIOCore
import Testing
import Transport

/// Requests of one connection that are served side by side.
@Suite struct HTTP1ServerPipelineTests {
    private func fixture(
        _ pipelineMax: Int = 4,
        _ script: @escaping (ScriptedHandler) -> Void = { _ in }
    ) throws -> ServerFixture {
        var limits = HTTPServerLimits()
        limits.pipelineMax = pipelineMax
        return try ServerFixture(limits: limits, script)
    }

    private func ok(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func put(_ target: String, _ body: String) -> String {
        request("PUT \(target)", "content-length: \(body.utf8.count)") + body
    }

    @Test("begins a request before those in front are answered, and answers in their order")
    func order() throws {
        let server = try fixture()
        try server.receive(put("/a", "1") + put("/b", "22") + request("GET /c"))
        #expect(server.handlers.map(\.head.target) == ["/a", "/b", "/c"])
        #expect(server.handlers.map(\.body.count) == [1, 2, 0])
        server.handlers[2].answer(200, "CCC")
        server.handlers[1].answer(200, "BB")
        #expect(try server.sent().isEmpty)
        #expect(server.handlers.map(\.closed) == [[], [], []])
        server.handlers[0].answer(200, "A")
        #expect(try server.sent() == ok("A") + ok("BB") + ok("CCC"))
        #expect(server.handlers.map(\.closed) == [[true], [true], [true]])
        #expect(server.metrics.requestsAhead.load(ordering: .relaxed) == 2)
        try server.receive(request("GET /d"))
        server.handlers[3].answer(200, "D")
        #expect(try server.sent() == ok("D"))
    }

    @Test("answers alike, wherever requests are cut and whoever is answered first")
    func cuts() throws {
        let requests = put("/a", "xyz") + request("GET /b") + put("/c", "12345")
        for cut in 1..<requests.utf8.count {
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let server = try fixture()
                try server.receive(String(decoding: requests.utf8.prefix(cut), as: UTF8.self))
                try server.receive(String(decoding: requests.utf8.dropFirst(cut), as: UTF8.self))
                #expect(server.handlers.map(\.body.count) == [3, 0, 5], "cut at \(cut)")
                for index in order { server.handlers[index].answer(200, "\(index)") }
                #expect(try server.sent() == ok("0") + ok("1") + ok("2"), "cut at \(cut)")
            }
        }
    }

    @Test("serves no more at a time than the limit")
    func limit() throws {
        let server = try fixture(2)
        try server.receive(String(repeating: request("GET /"), count: 4))
        #expect(server.handlers.count == 2)
        #expect(server.front.reads == 0)
        server.handlers[1].answer()
        #expect(server.handlers.count == 2)
        server.handlers[0].answer()
        #expect(server.handlers.count == 4)
    }

    @Test("answers thousands without deepening the stack")
    func many() throws {
        let server = try fixture(3000)
        try server.receive(String(repeating: request("GET /"), count: 3000))
        #expect(server.handlers.count == 3000)
        for handler in server.handlers.reversed() { handler.answer() }
        #expect(server.handlers.allSatisfy { $0.closed == [true] })
    }

    @Test("keeps little of what is answered before its turn, and then asks for the rest")
    func early() throws {
        let server = try fixture(4)
        try server.receive(request("GET /a") + request("GET /b"))
        let second = server.handlers[1]
        let piece = String(repeating: "x", count: 131_072)
        #expect(second.exchange.isWritable)
        second.exchange.sendHead(
            .init(status: 200, fields: HTTPFields([("content-length", "131074")])),
            end: false
        )
        second.exchange.sendBody(ByteBuffer(string: piece))
        #expect(!second.exchange.isWritable)
        #expect(second.writableCount == 0)
        server.handlers[0].answer()
        #expect(second.writableCount == 1)
        second.exchange.sendBody(ByteBuffer(string: "ab"))
        second.exchange.sendEnd(trailers: nil)
        #expect(try server.sent().hasSuffix(piece + "ab"))
        #expect(second.closed == [true])
    }

    @Test("says that it closes with the last answer, and takes nothing behind that request")
    func closes() throws {
        let server = try fixture()
        try server.receive(
            request("GET /a") + request("GET /b", "connection: close") + request("GET /c")
        )
        #expect(server.handlers.count == 2)
        server.handlers[1].answer(200, "B")
        server.handlers[0].answer(200, "A")
        let closing = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\nB"
        #expect(try server.sent() == ok("A") + closing)
        #expect(server.handlers.map(\.closed) == [[true], [true]])
    }

    @Test("answers what came before it drains, and then closes", arguments: [true, false])
    func drains(isBegun: Bool) throws {
        let server = try fixture()
        try server.receive(request("GET /a") + request("GET /b") + (isBegun ? "GET /c HT" : ""))
        server.channel.pipeline.fireUserInboundEventTriggered(ConnectionEvent.drain)
        #expect(server.isOpen)
        server.handlers[0].answer(200, "A")
        server.handlers[1].answer(200, "B")
        if isBegun {
            #expect(try server.sent() == ok("A") + ok("B"))
            try server.receive("TP/1.1\r\nhost: h\r\n\r\n")
            server.handlers[2].answer(200, "C")
            #expect(try server.sent().contains("connection: close"))
        } else {
            #expect(try server.sent().hasSuffix("connection: close\r\n\r\nB"))
        }
        server.channel.embeddedEventLoop.run()
        #expect(!server.isOpen)
    }

    @Test("closes at once where a request breaks the rules behind others")
    func malformed() throws {
        let server = try fixture()
        try server.receive(request("GET /a") + request("GET /b") + "GET /c\n\n")
        #expect(!server.isOpen)
        #expect(server.handlers.map(\.closed) == [[false], [false]])
        #expect(server.metrics.parseErrors.load(ordering: .relaxed) == 1)
    }

    @Test("tells all of them when the client leaves")
    func left() throws {
        let server = try fixture()
        try server.receive(request("GET /a") + request("GET /b") + put("/c", "1"))
        server.handlers[1].answer()
        _ = try? server.channel.close().wait()
        #expect(server.handlers.map(\.closed) == [[false], [false], [false]])
        server.handlers[0].answer()
    }

    @Test("sends 100 Continue when it is the request's turn")
    func sendsContinue() throws {
        let server = try fixture()
        try server.receive(
            request("GET /a") + request("PUT /b", "content-length: 1", "expect: 100-continue")
        )
        server.handlers[1].exchange.sendContinue()
        #expect(try server.sent().isEmpty)
        server.handlers[0].answer(200, "A")
        #expect(try server.sent() == ok("A") + "HTTP/1.1 100 Continue\r\n\r\n")
        try server.receive("x")
        server.handlers[1].answer(200, "B")
        #expect(try server.sent() == ok("B"))
    }
}
