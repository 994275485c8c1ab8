import HTTPWire
import NIOCore
import NIOEmbedded
import Transport

/// What an application was told of one exchange, and what it answers.
final class ScriptedHandler: HTTPServerHandler {
    let head: HTTPRequestHead
    let exchange: any HTTPServerExchange
    var body: [UInt8] = []
    var trailers: HTTPFields?
    var writableCount = 0
    var closed: [Bool] = []
    /// Called with each part of the body, and at its end.
    var onBody: ((ScriptedHandler, Int) -> Void)?
    var onEnd: ((ScriptedHandler) -> Void)?
    var onWritable: ((ScriptedHandler) -> Void)?

    init(_ head: HTTPRequestHead, _ exchange: any HTTPServerExchange) {
        self.head = head
        self.exchange = exchange
    }

    func received(_ body: Span<UInt8>) {
        for index in body.indices { self.body.append(body[index]) }
        onBody?(self, body.count)
    }

    func receivedEnd(trailers: HTTPFields) {
        self.trailers = trailers
        onEnd?(self)
    }

    func becameWritable() {
        writableCount += 1
        onWritable?(self)
    }

    func closed(complete: Bool) { closed.append(complete) }

    /// Answers with that body at once.
    func answer(_ status: Int = 200, _ body: String = "") {
        var fields = HTTPFields()
        fields.append("content-length", String(body.utf8.count))
        exchange.sendHead(.init(status: status, fields: fields), end: body.isEmpty)
        guard !body.isEmpty else { return }
        exchange.sendBody(ByteBuffer(string: body))
        exchange.sendEnd(trailers: nil)
    }
}

/// An application whose handlers a script prepares.
///
/// Unchecked, because it stays on the one loop of its test.
final class ScriptedApplication: HTTPServerApplication, @unchecked Sendable {
    var handlers: [ScriptedHandler] = []
    private let script: (ScriptedHandler) -> Void

    init(_ script: @escaping (ScriptedHandler) -> Void = { _ in }) { self.script = script }

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        let handler = ScriptedHandler(head, exchange)
        handlers.append(handler)
        script(handler)
        return handler
    }
}

/// Counts what reaches the front of a pipeline.
final class FrontCounter: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    var reads = 0
    var writes = 0
    var flushes = 0

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writes += 1
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        flushes += 1
        context.flush()
    }
}

/// A server handler on an embedded channel.
struct ServerFixture {
    let channel = EmbeddedChannel()
    let front = FrontCounter()
    let metrics = TransportMetrics()
    let application: ScriptedApplication

    init(
        limits: HTTPServerLimits = HTTPServerLimits(),
        _ script: @escaping (ScriptedHandler) -> Void = { _ in }
    ) throws {
        application = ScriptedApplication(script)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        try channel.pipeline.syncOperations.addHandlers([
            front,
            HTTP1ServerHandler(
                application: application,
                peer: PeerInfo(address: "unix"),
                limits: limits,
                metrics: metrics
            ),
        ])
    }

    var handlers: [ScriptedHandler] { application.handlers }

    /// Brings bytes in, and asks to read on as a socket does.
    func receive(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        channel.read()
        channel.embeddedEventLoop.run()
    }

    /// What went out since the last look.
    func sent() throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let data = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { text += String(buffer: bytes) }
        }
        return text
    }

    func advance(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    var isOpen: Bool { channel.isActive }
}

func request(_ line: String, _ fields: String...) -> String {
    "\(line) HTTP/1.1\r\nhost: h\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}
