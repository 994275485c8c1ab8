import Foundation
import HTTPWire
import NIOCore
import NIOPosix
import Synchronization
import Transport

/// A folder for the sockets and files of one test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sealgate-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// A response as a whole.
struct WholeResponse: Sendable {
    var status: Int
    var fields: HTTPFields
    var body: [UInt8]
    var trailers: HTTPFields
}

/// Sends a body as fast as its exchange takes it, and keeps a promise with the response.
final class WholeHandler: HTTPClientHandler {
    private let promise: EventLoopPromise<WholeResponse>
    private var body: ByteBuffer
    private let partBytes: Int
    private var response = WholeResponse(status: 0, fields: .init(), body: [], trailers: .init())
    private var isEnded = false
    var exchange: (any HTTPClientExchange)?

    init(_ body: ByteBuffer, partBytes: Int, _ promise: EventLoopPromise<WholeResponse>) {
        self.body = body
        self.partBytes = partBytes
        self.promise = promise
    }

    func send() {
        guard let exchange, !isEnded else { return }
        while exchange.isWritable {
            guard let part = body.readSlice(length: min(partBytes, body.readableBytes)),
                part.readableBytes > 0
            else {
                isEnded = true
                return exchange.sendEnd(trailers: nil)
            }
            exchange.sendBody(part)
        }
    }

    func received(_ head: HTTPResponseHead) {
        response.status = head.status
        response.fields = head.fields
    }

    func received(_ body: Span<UInt8>) {
        body.withUnsafeBufferPointer { response.body.append(contentsOf: $0) }
        exchange?.consume(body.count)
    }

    func receivedEnd(trailers: HTTPFields) {
        response.trailers = trailers
        exchange = nil
        promise.succeed(response)
    }

    func becameWritable() { send() }

    func failed(_ error: HTTPClientError) {
        exchange = nil
        promise.fail(error)
    }
}

/// A pool to be used from a test's task.
final class SocketClient: Sendable {
    private let loop: any EventLoop
    private let pool: NIOLoopBound<HTTP1ClientPool>
    let metrics = TransportMetrics()

    init(_ target: HTTP1ClientPool.Target, on loop: any EventLoop) async throws {
        self.loop = loop
        let metrics = metrics
        pool = try await loop.submit {
            NIOLoopBound(
                HTTP1ClientPool(target: target, eventLoop: loop, metrics: metrics),
                eventLoop: loop
            )
        }.get()
    }

    func exchange(
        _ method: HTTPMethod,
        _ target: String,
        body: ByteBuffer = ByteBuffer(),
        length: HTTPBodyLength? = nil,
        partBytes: Int = 65_536
    ) async throws -> WholeResponse {
        let promise = loop.makePromise(of: WholeResponse.self)
        let head = HTTPRequestHead(
            method: method,
            target: target,
            authority: "h",
            bodyLength: length ?? .known(UInt64(body.readableBytes))
        )
        loop.execute { [pool] in
            let handler = WholeHandler(body, partBytes: partBytes, promise)
            handler.exchange = pool.value.begin(head, handler: handler)
            handler.send()
        }
        return try await promise.futureResult.get()
    }

    func close() { loop.execute { [pool] in pool.value.close() } }
}

/// Answers each request with its own body, as it comes and no faster than it is taken.
struct EchoApplication: HTTPServerApplication {
    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        EchoHandler(head, exchange)
    }
}

final class EchoHandler: HTTPServerHandler {
    private let exchange: any HTTPServerExchange
    private var unconsumed = 0

    init(_ head: HTTPRequestHead, _ exchange: any HTTPServerExchange) {
        self.exchange = exchange
        exchange.sendHead(.init(status: 200), end: false)
    }

    func received(_ body: Span<UInt8>) {
        var bytes = ByteBuffer()
        body.withUnsafeBytes { _ = bytes.writeBytes($0) }
        exchange.sendBody(bytes)
        unconsumed += body.count
        consume()
    }

    func receivedEnd(trailers: HTTPFields) {
        exchange.sendEnd(trailers: HTTPFields([("x-end", "yes")]))
    }

    func becameWritable() { consume() }

    func closed(complete: Bool) {}

    private func consume() {
        guard exchange.isWritable else { return }
        exchange.consume(unconsumed)
        unconsumed = 0
    }
}

/// Serves one file, and closes its handle when the exchange is over.
struct FileApplication: HTTPServerApplication {
    let path: String

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        FileHandler(path, exchange)
    }
}

final class FileHandler: HTTPServerHandler {
    private var handle: NIOFileHandle?

    init(_ path: String, _ exchange: any HTTPServerExchange) {
        guard let handle = try? NIOFileHandle(_deprecatedPath: path),
            let region = try? FileRegion(fileHandle: handle)
        else {
            exchange.reset()
            return
        }
        self.handle = handle
        let fields = HTTPFields([("content-length", String(region.readableBytes))])
        exchange.sendHead(.init(status: 200, fields: fields), end: false)
        exchange.sendFile(region)
        exchange.sendEnd(trailers: nil)
    }

    func received(_ body: Span<UInt8>) {}
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() {}
    func closed(complete: Bool) { try? handle?.close() }
}

/// Never answers, and says when a request came.
struct SilentApplication: HTTPServerApplication {
    let begun: EventLoopPromise<Void>

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        begun.succeed()
        return SilentHandler()
    }
}

final class SilentHandler: HTTPServerHandler {
    func received(_ body: Span<UInt8>) {}
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() {}
    func closed(complete: Bool) {}
}

/// Starts a server of `application` on a Unix socket or a TCP port of the loopback.
func serve(
    _ application: any HTTPServerApplication,
    on address: HTTPServer.Address,
    limits: HTTPServerLimits = HTTPServerLimits(),
    metrics: TransportMetrics = TransportMetrics()
) async throws -> HTTPServer {
    try await HTTPServer.start(
        on: address,
        group: MultiThreadedEventLoopGroup.singleton,
        limits: limits,
        metrics: metrics
    ) { channel, peer in
        try channel.pipeline.syncOperations.addHandler(
            HTTP1ServerHandler(
                application: application,
                peer: peer,
                limits: limits,
                metrics: metrics
            )
        )
    }
}

var anyLoop: any EventLoop { MultiThreadedEventLoopGroup.singleton.any() }
