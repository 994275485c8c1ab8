import HTTPWire
import NIOCore
import TestSupport
import Testing

@testable import SecureTransport
@testable import Transport

@Suite struct HTTP2AbuseTests {
    let server: HTTP2ServerFixture

    init() throws {
        server = try HTTP2ServerFixture(RecordingApplication(ended: { $0.answer(200) }))
    }

    private func frames(_ bytes: [UInt8]) -> [(type: UInt8, stream: UInt32, body: [UInt8])] {
        server.receive(RawFrames.preface + bytes)
        return RawFrames.parse(server.sent())
    }

    // A client that has a request of its own on stream 1 reads the answer.
    private func status(_ bytes: [UInt8]) throws -> Int? {
        let client = try HTTP2TestClient()
        client.request("GET")
        _ = client.send()
        server.receive(RawFrames.preface + bytes)
        client.receive(server.sent())
        return client.responses[1]?.status
    }

    @Test func `an authority and a host that agree are one field`() throws {
        let fields = RawFrames.request() + [("host", "LOCALHOST")]
        #expect(try status(RawFrames.headers(1, fields)) == 200)
        let head = try #require(server.requests.first).head
        #expect(head.fields.values(of: "host") == ["localhost"])
    }

    @Test func `a host without an authority stands for it`() throws {
        let fields = RawFrames.request().filter { $0.0 != ":authority" } + [("host", "a:9000")]
        #expect(try status(RawFrames.headers(1, fields)) == 200)
        #expect(server.requests.first?.head.authority == "a:9000")
    }

    @Test func `an authority and a host that differ are refused`() throws {
        let fields = RawFrames.request() + [("host", "other")]
        #expect(try status(RawFrames.headers(1, fields)) == 400)
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: ["user@localhost", "user:word@localhost"])
    func `an authority with userinfo is refused`(authority: String) throws {
        var fields = RawFrames.request()
        fields[3].1 = authority
        #expect(try status(RawFrames.headers(1, fields)) == 400)
        #expect(server.requests.isEmpty)
    }

    @Test func `another scheme is refused`() throws {
        var fields = RawFrames.request()
        fields[1].1 = "ftp"
        #expect(try status(RawFrames.headers(1, fields)) == 400)
    }

    @Test func `a target that isn't ASCII is refused`() throws {
        #expect(try status(RawFrames.headers(1, RawFrames.request("/é"))) == 400)
    }

    @Test func `a target over its limit is refused`() throws {
        let fields = RawFrames.request("/" + String(repeating: "a", count: 16_384))
        let block = fields.flatMap { RawFrames.literal($0.0, $0.1) }
        let first = RawFrames.frame(1, 1, 1, Array(block.prefix(16_000)))
        let second = RawFrames.frame(9, 4, 1, Array(block.dropFirst(16_000)))
        #expect(try status(first + second) == 414)
    }

    @Test func `CONNECT is refused`() throws {
        let fields = [(":method", "CONNECT"), (":authority", "localhost:22")]
        #expect(try status(RawFrames.headers(1, fields)) == 405)
        #expect(server.requests.isEmpty)
    }

    @Test func `as many fields as the limit are taken`() throws {
        let fields = RawFrames.request() + (0..<128).map { ("x-\($0)", "") }
        #expect(try status(RawFrames.headers(1, fields)) == 200)
    }

    @Test func `more fields than the limit are refused`() throws {
        let fields = RawFrames.request() + (0..<129).map { ("x-\($0)", "") }
        #expect(try status(RawFrames.headers(1, fields)) == 431)
        #expect(server.requests.isEmpty)
        #expect(server.secureMetrics.http2HeadsTooLarge.load(ordering: .relaxed) == 1)
    }

    @Test func `fields that decode to more than the limit are refused`() throws {
        // One entry of 3,000 bytes in the table, then one byte for each repetition of it.
        let entry = RawFrames.indexed("x-bomb", String(repeating: "a", count: 3000))
        let block =
            RawFrames.request().flatMap { RawFrames.literal($0.0, $0.1) }
            + entry + [UInt8](repeating: 0xbe, count: 30)
        #expect(try status(RawFrames.frame(1, 5, 1, block)) == 431)
        #expect(server.requests.isEmpty)
    }

    @Test func `an HPACK bomb resets its stream and nothing more is kept of it`() throws {
        let entry = RawFrames.indexed("x-bomb", String(repeating: "a", count: 3000))
        let block =
            RawFrames.request().flatMap { RawFrames.literal($0.0, $0.1) }
            + entry + [UInt8](repeating: 0xbe, count: 10_000)
        let frames = frames(RawFrames.frame(1, 5, 1, block))
        #expect(frames.contains { $0.type == 3 && $0.stream == 1 })
        #expect(server.requests.isEmpty)
        #expect(server.channel.isActive)
    }

    @Test(arguments: [
        ("X-Upper", "1"), ("connection", "close"), ("te", "gzip"), ("x-a", "a\u{0}b"),
        ("x-a", "a\r\nb: c"), ("x a", "1"), ("transfer-encoding", "chunked"), (":late", "1"),
        (":path", "/again"), ("content-length", "1"), ("content-length", "-1"),
    ])
    func `a malformed field resets the stream`(name: String, value: String) throws {
        let frames = frames(RawFrames.headers(1, RawFrames.request() + [(name, value)]))
        let reset = try #require(frames.first { $0.type == 3 })
        #expect(RawFrames.errorCode(reset) == 1)
        #expect(server.requests.allSatisfy { $0.trailers == nil })
        #expect(server.metrics.parseErrors.load(ordering: .relaxed) >= 1)
    }

    @Test func `a body that isn't as long as content-length says resets the stream`() throws {
        let head = RawFrames.request() + [("content-length", "3")]
        for body in [[1, 2], [1, 2, 3, 4]] as [[UInt8]] {
            let server = try HTTP2ServerFixture(RecordingApplication())
            server.receive(
                RawFrames.preface + RawFrames.headers(1, head, ends: false)
                    + RawFrames.frame(0, 1, 1, body)
            )
            let frames = RawFrames.parse(server.sent())
            #expect(frames.contains { $0.type == 3 && RawFrames.errorCode($0) == 1 })
            #expect(server.requests.first?.trailers == nil)
            #expect(server.requests.first?.closings == [false])
        }
    }

    @Test func `a flood of CONTINUATION frames ends the connection`() throws {
        let block = RawFrames.request().flatMap { RawFrames.literal($0.0, $0.1) }
        var bytes = RawFrames.frame(1, 1, 1, block)
        for _ in 0..<20 { bytes += RawFrames.frame(9, 0, 1, RawFrames.literal("a", "b")) }
        _ = frames(bytes)
        #expect(!server.channel.isActive)
        #expect(server.requests.isEmpty)
    }

    @Test func `eight CONTINUATION frames are taken`() throws {
        let block = RawFrames.request().flatMap { RawFrames.literal($0.0, $0.1) }
        var bytes = RawFrames.frame(1, 1, 1, block)
        for index in 0..<8 {
            bytes += RawFrames.frame(9, index == 7 ? 4 : 0, 1, RawFrames.literal("a", "b"))
        }
        _ = frames(bytes)
        #expect(server.channel.isActive)
        #expect(server.requests.count == 1)
    }

    @Test func `streams reset in a row end the connection`() throws {
        server.receive(RawFrames.preface)
        for index in 0..<100 {
            let stream = UInt32(2 * index + 1)
            server.receive(
                RawFrames.headers(stream, RawFrames.request(), ends: false)
                    + RawFrames.reset(stream)
            )
        }
        #expect(server.channel.isActive)
        server.receive(
            RawFrames.headers(201, RawFrames.request(), ends: false) + RawFrames.reset(201)
        )
        let goAway = RawFrames.parse(server.sent()).last { $0.type == 7 }
        #expect(goAway.flatMap(RawFrames.errorCode) == 11)
        #expect(!server.channel.isActive)
        #expect(server.secureMetrics.http2Floods.load(ordering: .relaxed) == 1)
    }

    @Test func `resets spread over time are borne`() throws {
        server.receive(RawFrames.preface)
        for index in 0..<300 {
            let stream = UInt32(2 * index + 1)
            server.receive(
                RawFrames.headers(stream, RawFrames.request(), ends: false)
                    + RawFrames.reset(stream)
            )
            server.advance(.milliseconds(110))
        }
        #expect(server.channel.isActive)
    }

    @Test func `a flood of PINGs ends the connection`() throws {
        server.receive(RawFrames.preface)
        let ping = RawFrames.frame(6, 0, 0, [UInt8](repeating: 0, count: 8))
        for _ in 0..<1100 where server.channel.isActive { server.receive(ping) }
        #expect(!server.channel.isActive)
    }

    @Test func `PINGs queued faster than they are answered end the connection`() throws {
        server.receive(RawFrames.preface)
        let ping = RawFrames.frame(6, 0, 0, [UInt8](repeating: 0, count: 8))
        server.receive((0..<600).flatMap { _ in ping })
        #expect(!server.channel.isActive)
    }

    @Test func `a flood of empty DATA frames ends the connection`() throws {
        server.receive(RawFrames.preface + RawFrames.headers(1, RawFrames.request(), ends: false))
        server.receive((0..<1100).flatMap { _ in RawFrames.frame(0, 0, 1, []) })
        #expect(!server.channel.isActive)
        #expect(server.requests.first?.closings == [false])
    }

    @Test func `bytes that aren't HTTP2 end the connection`() throws {
        server.receive(Array("GET / HTTP/1.1\r\n\r\n          ".utf8))
        #expect(!server.channel.isActive)
    }

    @Test func `random frames end nothing but the connection`() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<200 {
            let server = try HTTP2ServerFixture(RecordingApplication(ended: { $0.answer(200) }))
            server.receive(RawFrames.preface)
            for _ in 0..<20 {
                let body = random.bytes(Int(random.next() % 40))
                server.receive(
                    RawFrames.frame(
                        UInt8(random.next() % 11),
                        UInt8(truncatingIfNeeded: random.next()),
                        UInt32(random.next() % 8),
                        body
                    )
                )
            }
            server.channel.close(promise: nil)
            server.channel.embeddedEventLoop.run()
            #expect(server.requests.allSatisfy { $0.closings.count == 1 })
        }
    }
}
