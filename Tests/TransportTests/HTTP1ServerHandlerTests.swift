import HTTPWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import Transport

@Suite struct HTTP1ServerHandlerTests {
    private let empty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    @Test("serves one request after the other on a kept connection")
    func keepAlive() throws {
        let server = try ServerFixture { $0.onEnd = { $0.answer(200, $0.head.target) } }
        for target in ["/a", "/b"] {
            try server.receive(request("GET \(target)"))
            #expect(try server.sent() == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\(target)")
        }
        #expect(server.handlers.map(\.closed) == [[true], [true]])
        #expect(server.metrics.requestsTotal.load(ordering: .relaxed) == 2)
        #expect(server.isOpen)
    }

    @Test(
        "counts every byte that goes out, however large its piece",
        arguments: [0, 4096, 4097, 300_000]
    )
    func sentBytes(count: Int) throws {
        let server = try ServerFixture { $0.answer(200, String(repeating: "a", count: count)) }
        try server.receive(request("GET /"))
        let sent = try server.sent().utf8.count
        #expect(sent > count)
        #expect(server.metrics.bytesOut.load(ordering: .relaxed) == sent)
    }

    @Test("writes a head with its small body as one buffer, flushed once")
    func fewWrites() throws {
        let server = try ServerFixture { $0.onEnd = { $0.answer(200, "hello") } }
        try server.receive(request("GET /") + request("GET /") + request("GET /"))
        #expect(server.front.writes == 1)
        #expect(server.front.flushes == 1)
        #expect(server.handlers.count == 3)
    }

    @Test("begins a pipelined request when the one before is over, reading one piece ahead")
    func pipelining() throws {
        let server = try ServerFixture()
        try server.receive(request("GET /a") + request("GET /b"))
        #expect(server.handlers.map(\.head.target) == ["/a"])
        #expect(server.front.reads == 0)
        server.handlers[0].answer()
        #expect(server.handlers.map(\.head.target) == ["/a", "/b"])
        #expect(server.front.reads == 1)
        try server.receive(request("GET /c"))
        #expect(server.handlers.count == 2)
        #expect(server.front.reads == 1)
        server.handlers[1].answer()
        #expect(server.handlers.map(\.head.target) == ["/a", "/b", "/c"])
        #expect(server.front.reads == 2)
        server.handlers[2].answer()
        #expect(server.front.reads == 2)
        #expect(try server.sent() == empty + empty + empty)
    }

    @Test("answers thousands of pipelined requests without deepening the stack")
    func manyPipelined() throws {
        let server = try ServerFixture { $0.answer() }
        try server.receive(String(repeating: request("GET /"), count: 5000))
        #expect(server.handlers.count == 5000)
        #expect(server.handlers.allSatisfy { $0.closed == [true] })
    }

    @Test("hands over no more of a body than the window, until it is consumed")
    func window() throws {
        var limits = HTTPServerLimits()
        limits.bodyWindowBytes = 1000
        let server = try ServerFixture(limits: limits)
        let text = request("PUT /", "content-length: 2500") + String(repeating: "x", count: 2500)
        try server.receive(text)
        let handler = server.handlers[0]
        #expect(handler.body.count == 1000)
        #expect(server.front.reads == 0)
        handler.exchange.consume(400)
        #expect(handler.body.count == 1400)
        #expect(server.front.reads == 0)
        handler.exchange.consume(1000)
        #expect(handler.body.count == 2400)
        #expect(handler.trailers == nil)
        handler.exchange.consume(.max)
        #expect(handler.body.count == 2500)
        #expect(handler.trailers == HTTPFields())
        handler.answer()
        #expect(server.front.reads == 1)
    }

    @Test("tells the end of a body that fills the window exactly")
    func exactWindow() throws {
        var limits = HTTPServerLimits()
        limits.bodyWindowBytes = 4
        let server = try ServerFixture(limits: limits)
        try server.receive(
            request("PUT /", "transfer-encoding: chunked") + "4\r\nabcd\r\n0\r\n\r\n"
        )
        #expect(server.handlers[0].trailers != nil)
    }

    @Test("reads on when consuming from within received")
    func consumeWithin() throws {
        var limits = HTTPServerLimits()
        limits.bodyWindowBytes = 10
        let server = try ServerFixture(limits: limits) {
            $0.onBody = { $0.exchange.consume($1) }
            $0.onEnd = { $0.answer(200, String($0.body.count)) }
        }
        let text = request("PUT /", "content-length: 95") + String(repeating: "x", count: 95)
        try server.receive(text)
        #expect(try server.sent().hasSuffix("\r\n\r\n95"))
    }

    @Test("leaves 100 Continue to the application")
    func sendsContinue() throws {
        let server = try ServerFixture { $0.onEnd = { $0.answer() } }
        try server.receive(request("PUT /", "content-length: 2", "expect: 100-continue"))
        #expect(try server.sent().isEmpty)
        server.handlers[0].exchange.sendContinue()
        server.handlers[0].exchange.sendContinue()
        #expect(try server.sent() == "HTTP/1.1 100 Continue\r\n\r\n")
        try server.receive("ab")
        #expect(try server.sent() == empty)
        #expect(server.isOpen)
    }

    @Test("closes after a final answer in place of 100 Continue")
    func refusesContinue() throws {
        let server = try ServerFixture { $0.answer(403) }
        try server.receive(request("PUT /", "content-length: 2", "expect: 100-continue"))
        #expect(try server.sent().contains("connection: close\r\n"))
        #expect(server.handlers[0].closed == [false])
        // What the client sends all the same is dropped, and begins no request.
        try server.receive("ab" + request("GET /"))
        #expect(server.handlers.count == 1)
        server.advance(2)
        #expect(!server.isOpen)
    }

    @Test("reads a short rest of an unwanted body and keeps the connection")
    func ignoresShortRest() throws {
        let server = try ServerFixture { handler in
            handler.exchange.ignoreRequestBody()
            handler.answer(403)
        }
        try server.receive(request("PUT /", "content-length: 4"))
        #expect(try server.sent() == "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        try server.receive("abcd" + request("GET /"))
        #expect(server.handlers.count == 2)
        #expect(server.handlers[0].closed == [true])
        #expect(server.handlers[0].body.isEmpty)
    }

    @Test("closes rather than read a long rest, known or not")
    func refusesLongRest() throws {
        var limits = HTTPServerLimits()
        limits.ignoredBodyBytesMax = 10
        let known = try ServerFixture(limits: limits) { handler in
            handler.exchange.ignoreRequestBody()
            handler.answer(403)
        }
        try known.receive(request("PUT /", "content-length: 11"))
        #expect(try known.sent().contains("connection: close"))
        let unknown = try ServerFixture(limits: limits) { handler in
            handler.exchange.ignoreRequestBody()
            handler.answer(403)
        }
        try unknown.receive(request("PUT /", "transfer-encoding: chunked"))
        // A client that isn't told would send its next request into a closing connection.
        #expect(try unknown.sent().contains("connection: close"))
        try unknown.receive("b\r\n0123456789a\r\n" + request("GET /"))
        #expect(unknown.handlers.count == 1)
        for server in [known, unknown] {
            server.advance(2)
            #expect(!server.isOpen)
        }
    }

    @Test("closes when asked to, by request, response or version")
    func closes() throws {
        let byRequest = try ServerFixture { $0.onEnd = { $0.answer() } }
        try byRequest.receive(request("GET /", "connection: close"))
        #expect(
            try byRequest.sent()
                == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        #expect(!byRequest.isOpen)
        #expect(byRequest.handlers[0].closed == [true])
        let byResponse = try ServerFixture {
            $0.onEnd = {
                let fields = HTTPFields([("connection", "close")])
                $0.exchange.sendHead(.init(status: 200, fields: fields), end: true)
            }
        }
        try byResponse.receive(request("GET /"))
        #expect(!byResponse.isOpen)
        let byVersion = try ServerFixture {
            $0.onEnd = {
                $0.exchange.sendHead(.init(status: 200), end: false)
                $0.exchange.sendBody(ByteBuffer(string: "hello"))
                $0.exchange.sendEnd(trailers: nil)
            }
        }
        try byVersion.receive("GET / HTTP/1.0\r\n\r\n")
        #expect(try byVersion.sent() == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello")
        #expect(!byVersion.isOpen)
    }

    @Test(
        "answers malformed requests and closes",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
            ("GET / HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported"),
            ("GET /\(String(repeating: "x", count: 17_000)) HTTP/1.1\r\n", "414 URI Too Long"),
            (
                "GET / HTTP/1.1\r\na: \(String(repeating: "x", count: 66_000))",
                "431 Request Header Fields Too Large"
            ),
            ("PUT / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip\r\n\r\n", "501 Not Implemented"),
        ]
    )
    func malformed(text: String, status: String) throws {
        let server = try ServerFixture()
        try server.receive(text)
        let sent = try server.sent()
        #expect(sent.hasPrefix("HTTP/1.1 \(status)\r\ncontent-type: application/xml\r\n"))
        #expect(sent.contains("connection: close\r\n\r\n<?xml"))
        #expect(server.handlers.isEmpty)
        #expect(server.metrics.parseErrors.load(ordering: .relaxed) == 1)
        server.advance(2)
        #expect(!server.isOpen)
    }

    @Test("ends the exchange whose body is malformed, and answers for it")
    func malformedBody() throws {
        let server = try ServerFixture()
        try server.receive(request("PUT /", "transfer-encoding: chunked") + "2\r\nabX")
        #expect(server.handlers[0].closed == [false])
        server.handlers[0].answer()
        #expect(try server.sent().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    }

    @Test("sends a plain failure for a head that would break the message")
    func headInjection() throws {
        let server = try ServerFixture {
            $0.onEnd = {
                let fields = HTTPFields([("x", "a\r\nset-cookie: b")])
                $0.exchange.sendHead(.init(status: 200, fields: fields), end: false)
                $0.exchange.sendBody(ByteBuffer(string: "hello"))
                $0.exchange.sendEnd(trailers: nil)
            }
        }
        try server.receive(request("GET /"))
        #expect(
            try server.sent()
                == "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n"
                + "connection: close\r\n\r\n"
        )
    }

    @Test("closes a connection whose response is broken off, too long or too short")
    func brokenResponses() throws {
        let scripts: [(any HTTPServerExchange) -> Void] = [
            { $0.reset() },
            { $0.sendBody(ByteBuffer(string: "abc")) },
            { $0.sendEnd(trailers: nil) },
        ]
        for script in scripts {
            let server = try ServerFixture()
            try server.receive(request("GET /"))
            let exchange = server.handlers[0].exchange
            let fields = HTTPFields([("content-length", "2")])
            exchange.sendHead(.init(status: 200, fields: fields), end: false)
            script(exchange)
            #expect(!server.isOpen)
            #expect(server.handlers[0].closed == [false])
            exchange.sendBody(ByteBuffer(string: "ab"))
            exchange.sendEnd(trailers: nil)
        }
    }

    @Test("hears a reset from within begin, and tells the handler afterwards")
    func resetWithinBegin() throws {
        let server = try ServerFixture { $0.exchange.reset() }
        try server.receive(request("GET /"))
        #expect(server.handlers[0].closed == [false])
        #expect(!server.isOpen)
    }

    @Test("tells when there is room again")
    func writability() throws {
        let server = try ServerFixture()
        try server.receive(request("GET /"))
        let handler = server.handlers[0]
        handler.exchange.sendHead(.init(status: 200), end: false)
        #expect(handler.exchange.isWritable)
        server.channel.isWritable = false
        server.channel.pipeline.fireChannelWritabilityChanged()
        #expect(!handler.exchange.isWritable)
        #expect(handler.writableCount == 0)
        server.channel.isWritable = true
        server.channel.pipeline.fireChannelWritabilityChanged()
        #expect(handler.writableCount == 1)
    }

    @Test("ends the exchange when the client goes away midway")
    func clientGone() throws {
        let server = try ServerFixture()
        try server.receive(request("PUT /", "content-length: 5") + "ab")
        try server.channel.close().wait()
        #expect(server.handlers[0].closed == [false])
        #expect(!server.handlers[0].exchange.isWritable)
    }
}
