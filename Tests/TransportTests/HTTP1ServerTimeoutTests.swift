import NIOCore
import NIOEmbedded
import Testing
import Transport

@Suite struct HTTP1ServerTimeoutTests {
    @Test(
        "closes a connection that sends no whole head within 15 seconds",
        arguments: ["", "GET "]
    )
    func head(text: String) throws {
        let server = try ServerFixture()
        if !text.isEmpty { try server.receive(text) }
        server.advance(14)
        #expect(server.isOpen)
        // Trickling doesn't help.
        try server.receive("GET /")
        server.advance(1)
        #expect(!server.isOpen)
        #expect(server.metrics.total(of: .head) == 1)
    }

    @Test("closes a kept connection after 75 seconds without a request")
    func keepAlive() throws {
        let server = try ServerFixture { $0.onEnd = { $0.answer() } }
        try server.receive(request("GET /"))
        server.advance(74)
        try server.receive(request("GET /"))
        server.advance(74)
        #expect(server.isOpen)
        server.advance(1)
        #expect(!server.isOpen)
        #expect(server.metrics.total(of: .keepAlive) == 1)
    }

    @Test("gives a second head 15 seconds too")
    func secondHead() throws {
        let server = try ServerFixture { $0.onEnd = { $0.answer() } }
        try server.receive(request("GET /"))
        server.advance(30)
        try server.receive("GET")
        server.advance(15)
        #expect(!server.isOpen)
        #expect(server.metrics.total(of: .head) == 1)
    }

    @Test("waits for the application as long as it takes")
    func applicationBusy() throws {
        let server = try ServerFixture()
        try server.receive(request("GET /"))
        server.advance(10_000)
        #expect(server.isOpen)
        server.handlers[0].answer()
        #expect(server.handlers[0].closed == [true])
    }

    @Test("doesn't count the time until 100 Continue against the client")
    func continueAwaited() throws {
        let server = try ServerFixture()
        try server.receive(request("PUT /", "content-length: 2", "expect: 100-continue"))
        server.advance(1000)
        #expect(server.isOpen)
        server.handlers[0].exchange.sendContinue()
        server.advance(61)
        #expect(!server.isOpen)
    }

    @Test("closes a connection whose body stops for 60 seconds")
    func bodyIdle() throws {
        let server = try ServerFixture { $0.onBody = { $0.exchange.consume($1) } }
        try server.receive(request("PUT /", "content-length: 1000000"))
        try server.receive(String(repeating: "x", count: 100_000))
        server.advance(59)
        #expect(server.isOpen)
        server.advance(20)
        #expect(!server.isOpen)
        #expect(server.metrics.total(of: .bodyIdle) == 1)
        #expect(server.handlers[0].closed == [false])
    }

    @Test("closes a connection whose body trickles under 1 KiB a second")
    func bodyRate() throws {
        let server = try ServerFixture { $0.onBody = { $0.exchange.consume($1) } }
        try server.receive(request("PUT /", "content-length: 1000000"))
        var seconds: Int64 = 0
        while server.isOpen, seconds < 1000 {
            try server.receive("xxxxx")
            server.advance(5)
            seconds += 5
        }
        #expect((60...80).contains(seconds))
        #expect(server.metrics.total(of: .bodyRate) == 1)
    }

    @Test("lets a body take its time at 1 KiB a second, or while the application holds it up")
    func slowEnough() throws {
        var limits = HTTPServerLimits()
        limits.bodyWindowBytes = 10_000
        let server = try ServerFixture(limits: limits)
        try server.receive(request("PUT /", "content-length: 10000000"))
        for _ in 0..<50 {
            try server.receive(String(repeating: "x", count: 5_200))
            server.advance(5)
            server.handlers[0].exchange.consume(5_200)
        }
        #expect(server.isOpen)
        try server.receive(String(repeating: "x", count: 10_000))
        server.advance(1000)
        #expect(server.isOpen)
    }

    @Test("closes a connection that takes nothing of its response for 60 seconds")
    func responseStalled() throws {
        let server = try ServerFixture()
        try server.receive(request("GET /"))
        server.handlers[0].exchange.sendHead(.init(status: 200), end: false)
        server.channel.isWritable = false
        server.channel.pipeline.fireChannelWritabilityChanged()
        server.advance(59)
        #expect(server.isOpen)
        server.advance(20)
        #expect(!server.isOpen)
        #expect(server.metrics.total(of: .bodyIdle) == 1)
    }

    @Test("drains: an idle connection closes at once, a busy one after its response")
    func drain() throws {
        let idle = try ServerFixture { $0.onEnd = { $0.answer() } }
        try idle.receive(request("GET /"))
        idle.channel.pipeline.fireUserInboundEventTriggered(ConnectionEvent.drain)
        #expect(!idle.isOpen)
        let busy = try ServerFixture()
        try busy.receive(request("GET /"))
        busy.channel.pipeline.fireUserInboundEventTriggered(ConnectionEvent.drain)
        #expect(busy.isOpen)
        busy.handlers[0].answer()
        #expect(try busy.sent().contains("connection: close"))
        #expect(!busy.isOpen)
    }
}
