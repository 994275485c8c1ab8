import HTTPWire
import NIOCore
import NIOPosix
import Transport

@testable import SecureTransport

/// A whole server on a free port of the loopback interface.
struct LoopbackServer {
    let server: HTTPServer
    let context: TLSServerContext
    let metrics: TransportMetrics
    let port: Int

    static func start(
        _ configuration: TLSServerContext.Configuration,
        limits: HTTPServerLimits = HTTPServerLimits()
    ) async throws -> LoopbackServer {
        let context = try TLSServerContext(configuration)
        let metrics = TransportMetrics()
        let pipeline = SecureServerPipeline(
            context: context,
            application: EchoApplication(),
            limits: limits,
            metrics: metrics
        )
        let server = try await HTTPServer.start(
            on: .tcp(host: "127.0.0.1", port: 0),
            group: MultiThreadedEventLoopGroup.singleton,
            limits: limits,
            metrics: metrics,
            configure: { try pipeline.add(to: $0, peer: $1) }
        )
        return LoopbackServer(
            server: server,
            context: context,
            metrics: metrics,
            port: server.port ?? 0
        )
    }

    func url(_ path: String) -> String { "https://localhost:\(port)\(path)" }
}

/// Answers GET of `/count` with so many bytes, and PUT with what was sent, with backpressure.
struct EchoApplication: HTTPServerApplication {
    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        EchoHandler(head, exchange)
    }
}

private final class EchoHandler: HTTPServerHandler {
    private let exchange: any HTTPServerExchange
    private var countLeft: Int
    private let isEcho: Bool
    private var held = 0
    private var isBegun = false

    init(_ head: HTTPRequestHead, _ exchange: any HTTPServerExchange) {
        self.exchange = exchange
        isEcho = head.method == .put
        countLeft = Int(head.target.dropFirst()) ?? 0
        if isEcho {
            if head.expectsContinue { exchange.sendContinue() }
            exchange.sendHead(HTTPResponseHead(status: 200), end: false)
        } else {
            let fields = HTTPFields([
                ("content-length", "\(countLeft)"), ("x-version", "\(head.version)"),
            ])
            exchange.sendHead(HTTPResponseHead(status: 200, fields: fields), end: countLeft == 0)
            isBegun = true
        }
    }

    func received(_ body: Span<UInt8>) {
        var buffer = ByteBuffer()
        body.withUnsafeBytes { _ = buffer.writeBytes($0) }
        exchange.sendBody(buffer)
        held += body.count
        becameWritable()
    }

    func receivedEnd(trailers: HTTPFields) {
        if isEcho { exchange.sendEnd(trailers: nil) } else { fill() }
    }

    func becameWritable() {
        guard isEcho else { return fill() }
        guard exchange.isWritable, held > 0 else { return }
        exchange.consume(held)
        held = 0
    }

    func closed(complete: Bool) { countLeft = 0 }

    private func fill() {
        guard countLeft > 0 else { return }
        while countLeft > 0, exchange.isWritable {
            let count = min(countLeft, 65_536)
            countLeft -= count
            exchange.sendBody(Self.chunk.getSlice(at: 0, length: count) ?? ByteBuffer())
        }
        if countLeft == 0 { exchange.sendEnd(trailers: nil) }
    }

    private static let chunk = ByteBuffer(repeating: 0x61, count: 65_536)
}
