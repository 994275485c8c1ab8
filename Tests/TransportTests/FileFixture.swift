import HTTPWire
import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

/// Turns of a loop that has no sockets.
private final class LoopTurns: TurnSource {
    private let loop: EmbeddedEventLoop
    private let called: () -> Void
    let isReady = true

    init(_ loop: EmbeddedEventLoop, _ called: @escaping () -> Void) {
        (self.loop, self.called) = (loop, called)
    }

    func ask() { loop.execute { self.called() } }
}

/// A pool beside embedded connections, with a link to a peer by hand.
final class FileFixture {
    let peer: FileLinkPeer
    let client: ClientFixture
    let pool: FilePool
    /// What waits for the disk, and is done when the test says so.
    private let waiting: Waiting

    private final class Waiting {
        var work: [(@Sendable () -> Void, EventLoopPromise<Void>)] = []
    }

    init(filesMax: Int = 100, windowBytes: Int = 1 << 20) throws {
        let peer = try FileLinkPeer()
        let client = ClientFixture { $0.bodyWindowBytes = windowBytes }
        let waiting = Waiting()
        (self.peer, self.client, self.waiting) = (peer, client, waiting)
        pool = FilePool(
            client.pool,
            path: peer.path,
            filesMax: filesMax,
            limits: client.limits,
            metrics: client.metrics
        ) { [loop = client.loop] called in
            LoopTurns(loop, called)
        } run: { [loop = client.loop] work in
            let promise = loop.makePromise(of: Void.self)
            waiting.work.append((work, promise))
            return promise.futureResult
        }
    }

    static let name = "0123456789abcdef"

    /// Begins a link, so that requests name it.
    func open() throws {
        _ = begin()
        peer.accept()
        peer.say(Self.name)
        #expect(try !client.sent().contains(Self.name))
        try client.receive("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    }

    func begin(_ method: HTTPMethod = .get) -> (any HTTPClientExchange, RecordingHandler) {
        let handler = RecordingHandler()
        let head = HTTPRequestHead(method: method, target: "/b/k", authority: "h")
        let exchange = pool.begin(head, handler: handler)
        client.loop.run()
        return (exchange, handler)
    }

    /// Begins a request and takes what it is given at once.
    func beginTaking() -> RecordingHandler {
        let (exchange, handler) = begin()
        handler.onBody = { [weak exchange] in exchange?.consume($0) }
        return handler
    }

    func answer(_ token: String, _ index: Int = 0) throws {
        try client.receive(
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-sealgate-files: \(token)\r\n\r\n",
            index
        )
        client.loop.run()
    }

    var waitingCount: Int { waiting.work.count }

    func readFromDisk() {
        let (work, promise) = waiting.work.removeFirst()
        work()
        promise.succeed()
        client.loop.run()
    }
}
