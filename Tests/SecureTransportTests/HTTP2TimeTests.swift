import HTTPWire
import NIOCore
import Testing

@testable import SecureTransport
@testable import Transport

@Suite struct HTTP2TimeTests {
    @Test func `a connection without a first request is closed after the head's time`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.receive(RawFrames.preface)
        server.advance(.milliseconds(14_999))
        #expect(server.channel.isActive)
        server.advance(.milliseconds(1))
        #expect(!server.channel.isActive)
        #expect(server.metrics.total(of: .head) == 1)
    }

    @Test func `an idle connection is closed after the keep-alive time`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication(ended: { $0.answer(200) }))
        server.advance(.seconds(5))
        server.receive(RawFrames.preface + RawFrames.headers(1, RawFrames.request()))
        #expect(server.requests.first?.closings == [true])
        server.advance(.seconds(74))
        #expect(server.channel.isActive)
        server.advance(.seconds(1))
        #expect(!server.channel.isActive)
        #expect(RawFrames.parse(server.sent()).contains { $0.type == 7 })
        #expect(server.metrics.total(of: .keepAlive) == 1)
    }

    @Test func `a header block that doesn't end is given up`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.receive(RawFrames.preface + RawFrames.frame(1, 1, 1, []))
        server.advance(.seconds(30))
        #expect(!server.channel.isActive)
        #expect(server.metrics.total(of: .head) == 1)
    }

    @Test func `a body that stops coming resets its stream`() throws {
        var limits = HTTPServerLimits()
        limits.bodyBytesPerSecondMin = 0
        let server = try HTTP2ServerFixture(RecordingApplication(), limits: limits)
        server.receive(
            RawFrames.preface + RawFrames.headers(1, RawFrames.request(), ends: false)
                + RawFrames.frame(0, 0, 1, [UInt8](repeating: 0, count: 10_000))
        )
        server.advance(.seconds(59))
        #expect(server.requests.first?.closings == [])
        server.advance(.seconds(12))
        #expect(server.requests.first?.closings == [false])
        #expect(server.metrics.total(of: .bodyIdle) == 1)
        #expect(server.channel.isActive)
    }

    @Test func `a body under the least rate resets its stream`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.receive(
            RawFrames.preface + RawFrames.headers(1, RawFrames.request(), ends: false)
        )
        for _ in 0..<25 {
            server.receive(RawFrames.frame(0, 0, 1, [UInt8](repeating: 0, count: 100)))
            server.advance(.seconds(1))
        }
        #expect(server.requests.first?.closings == [false])
        #expect(server.metrics.total(of: .bodyRate) == 1)
    }

    @Test func `a body held back by the application isn't the client's fault`() throws {
        let server = try HTTP2ServerFixture(
            RecordingApplication(begun: { $0.consumesAtOnce = false })
        )
        let client = try HTTP2TestClient()
        client.request("PUT", body: [UInt8](repeating: 0, count: 2_000_000))
        server.exchange(with: client)
        server.advance(.seconds(300))
        #expect(server.requests.first?.closings == [])
        #expect(server.channel.isActive)
    }

    @Test func `an application that takes its time isn't hurried`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.receive(RawFrames.preface + RawFrames.headers(1, RawFrames.request()))
        server.advance(.seconds(300))
        #expect(server.requests.first?.closings == [])
        server.requests.first?.answer(200, [1, 2, 3])
        server.channel.embeddedEventLoop.run()
        #expect(server.requests.first?.closings == [true])
    }

    @Test func `a response that isn't taken resets its stream`() throws {
        let client = try HTTP2TestClient(window: 1000, automaticCredit: false)
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { $0.answer(200, [UInt8](repeating: 0, count: 5000)) })
        )
        client.request("GET")
        server.exchange(with: client)
        server.advance(.seconds(59))
        #expect(server.requests.first?.closings == [])
        server.advance(.seconds(12))
        #expect(server.requests.first?.closings == [false])
        #expect(server.metrics.total(of: .bodyIdle) == 1)
    }

    @Test func `draining finishes what is under way, then closes`() throws {
        let client = try HTTP2TestClient()
        let server = try HTTP2ServerFixture(RecordingApplication())
        let stream = client.request("GET")
        server.exchange(with: client)
        server.channel.pipeline.fireUserInboundEventTriggered(ConnectionEvent.drain)
        server.exchange(with: client)
        #expect(client.goAways == [0, 0])
        #expect(server.channel.isActive)
        server.requests.first?.answer(200, [1, 2, 3])
        server.exchange(with: client)
        #expect(client.responses[stream]?.body == [1, 2, 3])
        #expect(!server.channel.isActive)
        #expect(server.requests.first?.closings == [true])
    }

    @Test func `draining an idle connection closes it, though PING isn't answered`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.receive(RawFrames.preface)
        server.channel.pipeline.fireUserInboundEventTriggered(ConnectionEvent.drain)
        server.channel.embeddedEventLoop.run()
        #expect(server.channel.isActive)
        server.advance(.seconds(1))
        #expect(!server.channel.isActive)
    }
}
