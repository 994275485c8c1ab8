import HTTPWire
import NIOCore
import Testing

@testable import SecureTransport
@testable import Transport

@Suite struct HTTP2FlowTests {
    @Test func `what the application doesn't consume is bounded by the window`() throws {
        let client = try HTTP2TestClient()
        let server = try HTTP2ServerFixture(
            RecordingApplication(begun: { $0.consumesAtOnce = false })
        )
        client.request("PUT", body: [UInt8](repeating: 1, count: 3_000_000))
        server.exchange(with: client)
        let request = try #require(server.requests.first)
        #expect(request.body.count == 1_048_576)
        request.exchange.consume(600_000)
        server.exchange(with: client)
        #expect(request.body.count == 1_048_576 + 600_000)
        request.exchange.consume(1_048_576)
        server.exchange(with: client)
        request.exchange.consume(1_048_576)
        server.exchange(with: client)
        #expect(request.body.count == 3_000_000)
        #expect(request.trailers != nil)
    }

    @Test func `no credit is given beyond what came`() throws {
        let client = try HTTP2TestClient()
        let server = try HTTP2ServerFixture(
            RecordingApplication(begun: { $0.consumesAtOnce = false })
        )
        client.request("PUT", body: [UInt8](repeating: 1, count: 3_000_000))
        server.exchange(with: client)
        let request = try #require(server.requests.first)
        request.exchange.consume(.max)
        request.exchange.consume(-1)
        request.exchange.consume(.min)
        server.exchange(with: client)
        #expect(request.body.count == 2 * 1_048_576)
    }

    @Test func `streams that end unconsumed give the connection its window back`() throws {
        let client = try HTTP2TestClient()
        var limits = HTTPServerLimits()
        limits.connectionWindowBytes = 1_500_000
        let server = try HTTP2ServerFixture(
            RecordingApplication(begun: { $0.consumesAtOnce = false }),
            limits: limits
        )
        for _ in 0..<5 {
            let stream = client.request("PUT", body: [UInt8](repeating: 1, count: 2_000_000))
            server.exchange(with: client)
            #expect(server.requests.last?.body.count == 1_048_576)
            client.reset(stream)
            server.exchange(with: client)
        }
    }

    @Test func `a slow reader's response waits in the application, not in memory`() throws {
        let client = try HTTP2TestClient(window: 65_535, automaticCredit: false)
        let size = 4_000_000
        var written = 0
        func fill(_ request: RecordingApplication.Request) {
            while written < size, request.exchange.isWritable {
                request.exchange.sendBody(ByteBuffer(repeating: 7, count: 65_536))
                written += 65_536
            }
            if written >= size { request.exchange.sendEnd(trailers: nil) }
        }
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { request in
                request.onWritable = { [unowned request] in fill(request) }
                request.exchange.sendHead(HTTPResponseHead(status: 200), end: false)
                fill(request)
            })
        )
        let stream = client.request("GET")
        var taken = 0
        for _ in 0..<500 {
            server.exchange(with: client)
            let received = client.responses[stream]?.body.count ?? 0
            #expect(written - received <= 196_608 + 65_536)
            client.consume(received - taken, stream)
            taken = received
            if client.responses[stream]?.isEnded == true { break }
        }
        #expect(client.responses[stream]?.body.count == written)
        #expect(server.requests.first?.writables ?? 0 > 10)
        #expect(server.requests.first?.closings == [true])
    }

    @Test func `a socket that takes nothing stops the frames`() throws {
        let client = try HTTP2TestClient(window: 16_000_000)
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: { request in
                request.exchange.sendHead(HTTPResponseHead(status: 200), end: false)
                request.exchange.sendBody(ByteBuffer(repeating: 7, count: 1_000_000))
                request.exchange.sendEnd(trailers: nil)
            })
        )
        server.exchange(with: client)
        server.setWritable(false)
        let stream = client.request("GET")
        server.receive(client.send())
        #expect(server.sent().isEmpty)
        server.setWritable(true)
        server.exchange(with: client)
        #expect(client.responses[stream]?.body.count == 1_000_000)
    }

    @Test func `streams take turns`() throws {
        let client = try HTTP2TestClient(window: 16_000_000)
        let server = try HTTP2ServerFixture(
            RecordingApplication(ended: {
                $0.answer(200, [UInt8](repeating: 1, count: 200_000))
            })
        )
        let streams = [client.request("GET"), client.request("GET")]
        server.exchange(with: client)
        let order = client.dataOrder.prefix(16)
        for stream in streams { #expect(order.count { $0 == stream } >= 4) }
        for stream in streams { #expect(client.responses[stream]?.body.count == 200_000) }
    }
}
