import CNGHTTP2
import HTTPWire
import NIOCore
import TestSupport
import Testing

@testable import SecureTransport
@testable import Transport

@Suite struct HTTP2ExchangeTests {
    let client: HTTP2TestClient

    init() throws { client = try HTTP2TestClient() }

    @Test(arguments: [1, 7, Int.max])
    func `a request and its response go whole, however the bytes are cut`(piece: Int) throws {
        var random = SplitMix64(seed: 3)
        let question = random.bytes(100_000)
        let answer = random.bytes(150_000)
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { $0.answer(200, answer, [("etag", "\"x\"")]) })
        )
        let stream = client.request("PUT", "/b/k?x=1", fields: [("x-a", "1")], body: question)
        server.exchange(with: client, piece: piece)
        let request = try #require(server.requests.first)
        #expect(request.head.method == .put)
        #expect(request.head.target == "/b/k?x=1")
        #expect(request.head.authority == "localhost")
        #expect(request.head.version == .http2)
        #expect(request.head.bodyLength == .unknown)
        #expect(request.head.fields.values(of: "host") == ["localhost"])
        #expect(request.head.fields["x-a"] == "1")
        #expect(request.body == question)
        let response = try #require(client.responses[stream])
        #expect(response.status == 200)
        #expect(response.fields.contains { $0 == ("etag", "\"x\"") })
        #expect(response.body == answer)
        #expect(response.errorCode == 0)
        #expect(request.closings == [true])
        #expect(server.metrics.requestsTotal.load(ordering: .relaxed) == 1)
    }

    @Test func `the body's length follows from content-length and END_STREAM`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication(ended: { $0.answer(204) }))
        client.request("GET")
        client.request("PUT", fields: [("content-length", "3")], body: [1, 2, 3])
        server.exchange(with: client)
        #expect(server.requests.map(\.head.bodyLength) == [.known(0), .known(3)])
    }

    @Test func `trailers follow the response's body`() throws {
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { request in
                request.exchange.sendHead(HTTPResponseHead(status: 200), end: false)
                request.exchange.sendBody(ByteBuffer(string: "body"))
                request.exchange.sendEnd(trailers: HTTPFields([("x-sum", "1")]))
            })
        )
        let stream = client.request("GET")
        server.exchange(with: client)
        let response = try #require(client.responses[stream])
        #expect(response.body == Array("body".utf8))
        #expect(response.trailers.map(\.0) == ["x-sum"])
        #expect(response.isEnded)
        #expect(server.requests.first?.closings == [true])
    }

    @Test(arguments: [[("x-a", "1")], [("host", "another")]])
    func `nothing of a head stays with its connection`(fields: [(String, String)]) throws {
        let server = try HTTP2ServerFixture(RecordingApplication(ended: { $0.answer(204) }))
        let stream = client.request("PUT", "/b/k", fields: fields, body: [1])
        server.exchange(with: client)
        let isTaken = fields[0].0 == "x-a"
        #expect(server.requests.count == (isTaken ? 1 : 0))
        #expect(client.responses[stream]?.status == (isTaken ? 204 : 400))
        #expect(server.handler.assembler.fields.isEmpty)
    }

    @Test func `trailers of a request reach the application`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.receive(
            RawFrames.preface + RawFrames.headers(1, RawFrames.request(), ends: false)
                + RawFrames.frame(0, 0, 1, [1, 2]) + RawFrames.headers(1, [("x-sum", "2")])
        )
        #expect(server.requests.first?.body == [1, 2])
        #expect(server.requests.first?.trailers == HTTPFields([("x-sum", "2")]))
        #expect(server.handler.assembler.fields.isEmpty)
    }

    @Test func `a response to HEAD has no body`() throws {
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { $0.answer(200, [1, 2], [("content-length", "2")]) })
        )
        let stream = client.request("HEAD")
        server.exchange(with: client)
        let response = try #require(client.responses[stream])
        #expect(response.body.isEmpty)
        #expect(response.fields.contains { $0 == ("content-length", "2") })
        #expect(response.errorCode == 0)
    }

    @Test func `fields of the connection aren't sent`() throws {
        let fields = [("connection", "close"), ("transfer-encoding", "chunked"), ("x-a", "1")]
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { $0.answer(200, [1], fields) })
        )
        let stream = client.request("GET")
        server.exchange(with: client)
        #expect(client.responses[stream]?.fields.map(\.0) == ["x-a"])
    }

    @Test func `reset breaks the stream off with INTERNAL_ERROR`() throws {
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { request in
                request.exchange.sendHead(HTTPResponseHead(status: 200), end: false)
                request.exchange.sendBody(ByteBuffer(string: "part"))
                request.exchange.reset()
            })
        )
        let stream = client.request("GET")
        server.exchange(with: client)
        #expect(client.responses[stream]?.errorCode == NGHTTP2_INTERNAL_ERROR.rawValue)
        #expect(server.requests.first?.closings == [false])
        let next = client.request("GET")
        server.exchange(with: client)
        #expect(client.responses[next]?.errorCode == NGHTTP2_INTERNAL_ERROR.rawValue)
    }

    @Test func `an ignored body is dropped; the stream ends with NO_ERROR in the end`() throws {
        let server = try HTTP2ServerFixture(
            RecordingApplication(begun: { request in
                request.exchange.ignoreRequestBody()
                request.answer(403, Array("no".utf8))
            })
        )
        let stream = client.request("PUT", body: [UInt8](repeating: 1, count: 3_000_000))
        server.exchange(with: client)
        let response = try #require(client.responses[stream])
        #expect(response.status == 403)
        #expect(response.body == Array("no".utf8))
        // The client may see the response first.
        #expect(response.errorCode == nil)
        server.advance(.milliseconds(1999))
        server.exchange(with: client)
        #expect(client.responses[stream]?.errorCode == nil)
        server.advance(.milliseconds(1))
        server.exchange(with: client)
        #expect(client.responses[stream]?.errorCode == NGHTTP2_NO_ERROR.rawValue)
        #expect(client.uploaded <= 1_048_576)
        #expect(server.requests.first?.body.isEmpty == true)
        #expect(server.requests.first?.closings == [false])
    }

    @Test func `an ignored body that ends in time ends its stream without a reset`() throws {
        let server = try HTTP2ServerFixture(
            RecordingApplication(begun: { request in
                request.exchange.ignoreRequestBody()
                request.answer(403, Array("no".utf8))
            })
        )
        client.request("PUT", body: [UInt8](repeating: 1, count: 500_000))
        server.exchange(with: client)
        #expect(server.requests.first?.body.isEmpty == true)
        #expect(server.requests.first?.closings == [true])
        #expect(server.secureMetrics.http2ResetsSent.load(ordering: .relaxed) == 0)
    }

    @Test func `a client that leaves ends its exchange`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        let stream = client.request("GET")
        server.exchange(with: client)
        client.reset(stream)
        server.exchange(with: client)
        #expect(server.requests.first?.closings == [false])
        server.requests.first?.answer(200, [1])
        server.exchange(with: client)
    }

    @Test func `the end of the connection ends all exchanges, once`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        for _ in 0..<3 { client.request("GET") }
        server.exchange(with: client)
        server.channel.close(promise: nil)
        server.channel.embeddedEventLoop.run()
        #expect(server.requests.map(\.closings) == [[false], [false], [false]])
        for request in server.requests {
            request.answer(200, [1])
            request.exchange.consume(1)
            request.exchange.reset()
            #expect(!request.exchange.isWritable)
        }
    }

    @Test func `settings bound what a client may do`() throws {
        let server = try HTTP2ServerFixture(RecordingApplication())
        server.exchange(with: client)
        #expect(client.settings[1] == 0)
        #expect(client.settings[3] == 128)
        #expect(client.settings[4] == 1_048_576)
        #expect(client.settings[6] == 65_536)
        #expect(client.settings[8] == 0)
    }
}
