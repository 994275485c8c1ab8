import HTTPWire
import NIOCore
import TestSupport
import Testing

@testable import Transport

/// A pool and servers at the other ends of its connections, with everything in between at random:
/// how bytes are cut, in which order requests are answered, who leaves, which connection breaks.
///
/// Whatever happens, nobody gets an answer that is another's, or half of one for a whole.
@Suite struct PipelineSeedTests {
    @Test("everybody gets their own answer or none", arguments: 0..<12)
    func seeds(block: UInt64) throws {
        for seed in block * 50..<(block + 1) * 50 { try PipelineWorld(seed: seed).run() }
    }
}

/// One exchange, with what was asked and what came of it.
private final class Asked {
    let name: String
    let isWrite: Bool
    let handler = RecordingHandler()
    var exchange: (any HTTPClientExchange)?
    var isCancelled = false
    let bodyCount: Int
    /// Bytes of the request's body that are to be sent yet.
    var left: Int
    /// How often a server had the whole request.
    var servedCount = 0

    init(_ name: String, isWrite: Bool, bodyCount: Int) {
        self.name = name
        self.isWrite = isWrite
        self.bodyCount = isWrite ? bodyCount : 0
        left = self.bodyCount
    }
}

private final class PipelineWorld {
    private let seed: UInt64
    private var random: SplitMix64
    private let client: ClientFixture
    private var servers: [ServerFixture] = []
    private var toServer: [[UInt8]] = []
    private var toClient: [[UInt8]] = []
    /// Handlers that have their request and aren't answered.
    private var due: [ScriptedHandler] = []
    private var asked: [Asked] = []
    private let serverLimit: Int
    private let breaks: Bool

    init(seed: UInt64) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        let pipelineMax = Int.random(in: 2...6, using: &random)
        let connectionsMax = Int.random(in: 2...6, using: &random)
        serverLimit = Int.random(in: 1...6, using: &random)
        breaks = Bool.random(using: &random)
        client = ClientFixture {
            $0.pipelineMax = pipelineMax
            $0.connectionsMax = connectionsMax
        }
        self.random = random
    }

    func run() throws {
        for _ in 0..<250 { try step() }
        for one in asked where !one.isCancelled { finishRequest(one) }
        var rounds = 0
        while try settle(), rounds < 1000 { rounds += 1 }
        for one in asked { check(one) }
        #expect(client.metrics.poolQueuedNow == 0, "seed \(seed)")
    }

    private func step() throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: ask()
        case 5..<8: if let one = asked.randomElement(using: &random) { sendSome(one) }
        case 8..<11: answer()
        case 11..<18: try carry()
        case 18:
            if let one = asked.randomElement(using: &random), isChosen(outOf: 3) {
                one.isCancelled = true
                one.exchange?.cancel()
            }
        default: if breaks, isChosen(outOf: 6) { try breakOne() }
        }
        client.loop.run()
        try connect()
    }

    private func isChosen(outOf count: Int) -> Bool {
        Int.random(in: 0..<count, using: &random) == 0
    }

    private func ask() {
        let isWrite = Bool.random(using: &random)
        let one = Asked(
            "/\(asked.count)",
            isWrite: isWrite,
            bodyCount: Int.random(in: 1...6000, using: &random)
        )
        asked.append(one)
        let head = HTTPRequestHead(
            method: isWrite ? .put : .get,
            target: one.name,
            authority: "h",
            bodyLength: isWrite ? .unknown : .known(0)
        )
        let isShort = Int.random(in: 0..<4, using: &random) > 0
        one.exchange =
            isShort
            ? client.pool.beginShort(head, handler: one.handler)
            : client.pool.begin(head, handler: one.handler)
        one.handler.onBody = { [weak one] in one?.exchange?.consume($0) }
    }

    private func sendSome(_ one: Asked) {
        guard one.left > 0 else { return }
        let count = Int.random(in: 1...one.left, using: &random)
        let text = String(repeating: Character(one.name.suffix(1).description), count: count)
        one.exchange?.sendBody(ByteBuffer(string: text))
        one.left -= count
        if one.left == 0 { one.exchange?.sendEnd(trailers: HTTPFields([("x-name", one.name)])) }
    }

    private func finishRequest(_ one: Asked) {
        while one.left > 0 { sendSome(one) }
    }

    /// What a request is answered: its name, as often as it was decided by it.
    private func answer(_ handler: ScriptedHandler) {
        let target = handler.head.target
        if handler.head.method == .put {
            #expect(handler.trailers?["x-name"] == target, "seed \(seed)")
            let one = asked[Int(target.dropFirst()) ?? 0]
            one.servedCount += 1
            // Never anew: what became of the first isn't known.
            #expect(one.servedCount == 1, "seed \(seed)")
            let letter = target.utf8.last ?? 0
            #expect(
                handler.body == [UInt8](repeating: letter, count: one.bodyCount),
                "seed \(seed)"
            )
            handler.answer(200, target)
        } else {
            handler.answer(200, Self.body(target))
        }
    }

    private static func body(_ target: String) -> String {
        let number = Int(target.dropFirst()) ?? 0
        return String(repeating: target, count: 1 + number * 37 % 900)
    }

    private func answer() {
        guard !due.isEmpty else { return }
        answer(due.remove(at: Int.random(in: 0..<due.count, using: &random)))
    }

    /// Gives connections that were made a server.
    private func connect() throws {
        while servers.count < client.channels.count {
            var limits = HTTPServerLimits()
            limits.pipelineMax = serverLimit
            servers.append(
                try ServerFixture(limits: limits) { [unowned self] handler in
                    handler.onBody = { $0.exchange.consume($1) }
                    handler.onEnd = { [unowned self] in due.append($0) }
                }
            )
            toServer.append([])
            toClient.append([])
        }
    }

    /// Carries some of the bytes that wait somewhere.
    private func carry() throws {
        guard !servers.isEmpty else { return }
        let index = Int.random(in: 0..<servers.count, using: &random)
        toServer[index] += Array(try client.sent(index).utf8)
        toClient[index] += Array(try servers[index].sent().utf8)
        if client.channels[index].isActive, !toClient[index].isEmpty {
            let count = Int.random(in: 1...toClient[index].count, using: &random)
            let text = String(decoding: toClient[index].prefix(count), as: UTF8.self)
            toClient[index].removeFirst(count)
            try client.receive(text, index)
        }
        if servers[index].isOpen, !toServer[index].isEmpty {
            let count = Int.random(in: 1...toServer[index].count, using: &random)
            let text = String(decoding: toServer[index].prefix(count), as: UTF8.self)
            toServer[index].removeFirst(count)
            try servers[index].receive(text)
        }
        // One end's leaving is noticed by the other, once all before it was read.
        if !client.channels[index].isActive, servers[index].isOpen {
            _ = try? servers[index].channel.close().wait()
        }
        if !servers[index].isOpen, toClient[index].isEmpty, client.channels[index].isActive {
            try client.close(index)
        }
    }

    private func breakOne() throws {
        guard !servers.isEmpty else { return }
        let index = Int.random(in: 0..<servers.count, using: &random)
        toClient[index] += Array(try servers[index].sent().utf8)
        toClient[index].removeLast(Int.random(in: 0...toClient[index].count, using: &random))
        _ = try? servers[index].channel.close().wait()
    }

    /// Goes on until nothing is under way; `false` then.
    private func settle() throws -> Bool {
        for _ in 0..<4 * max(servers.count, 1) { try carry() }
        while !due.isEmpty { answer() }
        client.loop.run()
        try connect()
        return asked.contains { !isOver($0) }
    }

    private func isOver(_ one: Asked) -> Bool {
        one.isCancelled || one.handler.trailers != nil || one.handler.error != nil
    }

    private func check(_ one: Asked) {
        let text = String(decoding: one.handler.body, as: UTF8.self)
        let whole = one.isWrite ? one.name : Self.body(one.name)
        if one.handler.trailers != nil {
            #expect(text == whole, "seed \(seed), \(one.name)")
            #expect(one.handler.error == nil)
        } else {
            #expect(whole.hasPrefix(text), "seed \(seed), \(one.name)")
            let hasFailed = breaks && one.handler.error != nil
            #expect(one.isCancelled || hasFailed, "seed \(seed), \(one.name)")
        }
    }
}
