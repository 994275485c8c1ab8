import HTTPWire
import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

/// Turns of a loop that has no sockets.
final class LoopTurns: TurnSource {
    private let loop: EmbeddedEventLoop
    private let called: () -> Void
    let isReady = true
    /// Whether they wait until the test lets them come.
    var isHeld = false
    private var isAsked = false

    init(_ loop: EmbeddedEventLoop, _ called: @escaping () -> Void) {
        (self.loop, self.called) = (loop, called)
    }

    func ask() {
        isAsked = true
        if !isHeld { come() }
    }

    /// The turn that was asked for.
    func come() {
        guard isAsked else { return }
        isAsked = false
        loop.execute { self.called() }
    }
}

/// A pool beside embedded connections, with a link to a peer by hand.
final class FileFixture {
    let peer: FileLinkPeer
    let client: ClientFixture
    let pool: FilePool
    /// The pool's turns, once it has asked for any.
    var turns: LoopTurns? { made.turns }
    private let made: Made
    /// What waits for the disk, and is done when the test says so.
    private let waiting: Waiting

    private final class Made {
        var turns: LoopTurns?
    }

    private final class Waiting {
        var work: [(@Sendable () -> Void, EventLoopPromise<Void>)] = []
    }

    init(filesMax: Int = 100, windowBytes: Int = 1 << 20) throws {
        let peer = try FileLinkPeer()
        let client = ClientFixture { $0.bodyWindowBytes = windowBytes }
        let waiting = Waiting()
        let made = Made()
        (self.peer, self.client, self.waiting, self.made) = (peer, client, waiting, made)
        pool = FilePool(
            client.pool,
            path: peer.path,
            filesMax: filesMax,
            limits: client.limits,
            metrics: client.metrics
        ) { [loop = client.loop] called in
            let turns = LoopTurns(loop, called)
            made.turns = turns
            return turns
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
