import Foundation
import Glibc
import HTTPWire
import TestSupport
import Testing

@testable import Transport

@Suite(.serialized) struct FilePoolTests {
    private let body: [UInt8] = {
        var random = SplitMix64(seed: 43)
        return random.bytes(600_000)
    }()

    @Test("a body in a file is given like one that was sent, and the file is closed")
    func file() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let handler = fixture.beginTaking()
        #expect(try fixture.client.sent().contains("x-sealgate-link: \(FileFixture.name)\r\n"))
        let path = try fixture.peer.file("f", body)
        fixture.peer.send(7, [(path, 3..<500_003)])
        try fixture.answer("7")
        #expect(handler.head?.fields["content-length"] == "500000")
        #expect(handler.body == Array(body[3..<500_003]))
        #expect(handler.trailers == HTTPFields())
        #expect(fixture.peer.openFiles == 0)
        #expect(fixture.client.metrics.filesReceived.load(ordering: .relaxed) == 1)
        // The connection is free for others.
        #expect(fixture.client.metrics.poolIdleNow == 1)
    }

    @Test("pieces of several files come in their order")
    func pieces() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let handler = fixture.beginTaking()
        let first = try fixture.peer.file("1", Array(body[..<200_000]))
        let second = try fixture.peer.file("2", Array(body[200_000...]))
        fixture.peer.send(
            1,
            [(second, 5..<300_000), (first, 199_999..<200_000), (second, 0..<5), (first, 0..<7)]
        )
        try fixture.answer("1")
        let parts = [body[200_005..<500_000], body[199_999..<200_000], body[200_000..<200_005]]
        #expect(handler.body == parts.flatMap { $0 } + body[..<7])
        #expect(handler.trailers != nil)
        #expect(fixture.peer.openFiles == 0)
    }

    @Test("bodies that come together are claimed by their tokens, in any order")
    func tokens() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let handlers = [fixture.beginTaking(), fixture.beginTaking()]
        for token in [1, 2] {
            let path = try fixture.peer.file("\(token)", [UInt8(token)])
            fixture.peer.send(UInt64(token), [(path, 0..<1)])
        }
        try fixture.answer("2", 0)
        try fixture.answer("1", 1)
        #expect(handlers.map(\.body) == [[2], [1]])
    }

    @Test("no more is read than the window until bytes are consumed")
    func window() throws {
        let fixture = try FileFixture(windowBytes: 262_144)
        try fixture.open()
        let (exchange, handler) = fixture.begin()
        fixture.peer.send(1, [(try fixture.peer.file("f", body), 0..<600_000)])
        try fixture.answer("1")
        #expect(handler.body.count == 262_144)
        exchange.consume(1)
        fixture.client.loop.run()
        #expect(handler.body.count == 262_144 + 131_072)
        exchange.consume(131_071)
        fixture.client.loop.run()
        #expect(handler.body.count == 262_144 + 131_072)
        exchange.consume(300_000)
        fixture.client.loop.run()
        #expect(handler.body == body)
        #expect(handler.trailers != nil)
    }

    @Test("a body has its share of a turn and no more, however often its bytes are consumed")
    func turns() throws {
        let fixture = try FileFixture(windowBytes: 262_144)
        try fixture.open()
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        let (exchange, handler) = fixture.begin()
        // Sockets take what they are given, and say so, before the loop looks at others.
        handler.onBody = { [loop = fixture.client.loop, weak exchange] count in
            loop.execute { exchange?.consume(count) }
        }
        fixture.turns?.isHeld = true
        let path = try fixture.peer.file("f", bytes)
        fixture.peer.send(1, [(path, 0..<Int64(bytes.count))])
        try fixture.answer("1")
        for share in 1...4 {
            #expect(handler.body.count == share * 262_144)
            fixture.turns?.come()
            fixture.client.loop.run()
        }
        #expect(handler.body == bytes)
        #expect(handler.trailers != nil)
    }

    @Test("of several bodies one goes on in a turn, each in its turn")
    func severalTurns() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let path = try fixture.peer.file("f", [UInt8](repeating: 7, count: 1 << 20))
        let share = 262_144
        fixture.turns?.isHeld = true
        let handlers = try (0..<3).map { index in
            let handler = fixture.beginTaking()
            fixture.peer.send(UInt64(index), [(path, 0..<1 << 20)])
            try fixture.answer("\(index)", 0)
            return handler
        }
        var counts = [share, share, share]
        for turn in 0..<9 {
            #expect(handlers.map(\.body.count) == counts)
            counts[turn % 3] += share
            fixture.turns?.come()
            fixture.client.loop.run()
        }
        #expect(handlers.allSatisfy { $0.body.count == 1 << 20 && $0.trailers != nil })
        #expect(fixture.peer.openFiles == 0)
    }

    @Test("who breaks off gets nothing more, and leaves no open file", arguments: [0, 1, 200_000])
    func cancel(taken: Int) throws {
        let fixture = try FileFixture(windowBytes: 262_144)
        try fixture.open()
        let (exchange, handler) = fixture.begin()
        handler.onBody = { _ in if taken == 1 { exchange.cancel() } }
        fixture.peer.send(1, [(try fixture.peer.file("f", body), 0..<600_000)])
        if taken == 0 {
            exchange.cancel()
        } else {
            try fixture.answer("1")
            exchange.consume(taken)
            exchange.cancel()
            #expect(fixture.peer.openFiles == 0)
        }
        let count = handler.body.count
        fixture.client.loop.run()
        #expect(handler.body.count == count)
        #expect(handler.trailers == nil && handler.error == nil)
        #expect(fixture.beginTaking().error == nil)
    }

    @Test("files that no answer spoke of are closed when they were noticed a while ago")
    func sweep() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let (exchange, _) = fixture.begin()
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        defer { close(ends[0]) }
        let message = FileMessage(token: 1, pieces: [.init(offset: 0, count: 1)])
        fixture.peer.send(message.bytes, [ends[1]])
        close(ends[1])
        exchange.cancel()
        // The other end of the pipe is open as long as the files are.
        var byte: UInt8 = 0
        fixture.client.advance(119)
        #expect(read(ends[0], &byte, 1) == -1)
        fixture.client.advance(1)
        #expect(read(ends[0], &byte, 1) == 0)
    }

    @Test("an answer whose files aren't there, or aren't what was said, is asked for once more")
    func unsound() throws {
        let bad: [(FileFixture, RecordingHandler) throws -> Void] = [
            { _, _ in },
            { fixture, _ in
                fixture.peer.send(2, [(try fixture.peer.file("f", [1]), 0..<1)])
            },
            { fixture, _ in
                fixture.peer.send(1, [(try fixture.peer.file("f", [1]), 0..<2)])
            },
            { fixture, _ in fixture.peer.send(1, [("/dev/null", 0..<1)]) },
            { fixture, _ in fixture.peer.send([1, 2, 3], [0]) },
            { fixture, _ in
                let one = FileMessage(token: 1, pieces: [.init(offset: 0, count: 1)])
                fixture.peer.send(one.bytes, [0, 0])
            },
            { fixture, _ in fixture.peer.say("no files") },
            { fixture, _ in fixture.peer.hangUp() },
        ]
        for spoil in bad {
            let fixture = try FileFixture()
            try fixture.open()
            let handler = fixture.beginTaking()
            _ = try fixture.client.sent()
            try spoil(fixture, handler)
            try fixture.answer("1")
            #expect(handler.head == nil)
            let again = try fixture.client.sent()
            #expect(again.contains("GET /b/k") && !again.contains("x-sealgate-link"))
            try fixture.client.receive("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab")
            #expect(handler.body == Array("ab".utf8))
            #expect(handler.trailers != nil)
        }
    }

    @Test("of files that nobody asks for, no more are held than may be open")
    func flood() throws {
        let fixture = try FileFixture(filesMax: 10)
        try fixture.open()
        let handler = fixture.beginTaking()
        let path = try fixture.peer.file("f", [1, 2, 3])
        for token in 1...30 {
            fixture.peer.send(UInt64(token), [(path, 0..<1), (path, 1..<2), (path, 2..<3)])
        }
        try fixture.answer("30")
        #expect(handler.body == [1, 2, 3])
        // Two bodies of three files beside the one that was claimed.
        #expect(fixture.peer.openFiles == 6)
    }

    @Test("a file that was cut short fails, and gives none of what isn't there")
    func truncated() throws {
        let fixture = try FileFixture(windowBytes: 131_072)
        try fixture.open()
        let (exchange, handler) = fixture.begin()
        let path = try fixture.peer.file("f", body)
        fixture.peer.send(1, [(path, 0..<600_000)])
        try fixture.answer("1")
        #expect(truncate(path, 200_000) == 0)
        for _ in 0..<3 {
            exchange.consume(131_072)
            fixture.client.loop.run()
        }
        #expect(handler.body == Array(body[..<200_000]))
        #expect(handler.error == .responseInvalid)
        #expect(handler.trailers == nil)
        #expect(fixture.peer.openFiles == 0)
    }

    @Test("bytes that aren't at hand are waited for beside the loop")
    func cold() throws {
        // A file whose system can't tell what is in memory.
        let system = "/sys/devices/system/cpu/possible"
        let text = try [UInt8](Data(contentsOf: URL(filePath: system)))
        let count = Int64(text.count)
        let fixture = try FileFixture()
        try fixture.open()
        let handler = fixture.beginTaking()
        let path = try fixture.peer.file("f", [1, 2, 3])
        fixture.peer.send(1, [(path, 0..<2), (system, 0..<count), (path, 2..<3)])
        try fixture.answer("1")
        #expect(handler.body == [1, 2])
        #expect(fixture.waitingCount == 1)
        fixture.readFromDisk()
        #expect(handler.body == [1, 2] + text + [3])
        #expect(handler.trailers != nil)
        #expect(fixture.client.metrics.fileReadsFromDisk.load(ordering: .relaxed) == 1)
        fixture.client.advance(60)
        #expect(handler.error == nil)
        #expect(fixture.client.metrics.total(of: .response) == 0)
    }

    @Test("a disk that doesn't answer is waited for as long as a server")
    func overdue() throws {
        let system = "/sys/devices/system/cpu/possible"
        let fixture = try FileFixture()
        try fixture.open()
        let handler = fixture.beginTaking()
        fixture.peer.send(1, [(system, 0..<1)])
        try fixture.answer("1")
        fixture.client.advance(29)
        #expect(handler.error == nil)
        fixture.client.advance(1)
        #expect(handler.error == .timedOut)
        fixture.readFromDisk()
        #expect(handler.body.isEmpty)
    }

    @Test("over the limit of open files, and for what is no GET, no link is named")
    func limits() throws {
        let fixture = try FileFixture(filesMax: 1, windowBytes: 1)
        try fixture.open()
        _ = fixture.begin(.head)
        #expect(try !fixture.client.sent().contains("x-sealgate-link"))
        try fixture.client.receive("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
        let (exchange, _) = fixture.begin()
        fixture.peer.send(1, [(try fixture.peer.file("f", body), 0..<600_000)])
        try fixture.answer("1")
        _ = try fixture.client.sent()
        let (other, _) = fixture.begin()
        #expect(try !fixture.client.sent().contains("x-sealgate-link"))
        other.cancel()
        exchange.cancel()
        _ = fixture.begin()
        #expect(try fixture.client.sent(1).contains("x-sealgate-link"))
    }

    @Test("an answer without files is handed on, also one that has forgotten the link")
    func plain() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let handler = fixture.beginTaking()
        try fixture.client.receive(
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-sealgate-link: unknown\r\n\r\nab"
        )
        #expect(handler.body == Array("ab".utf8))
        #expect(handler.trailers != nil)
        _ = try fixture.client.sent()
        _ = fixture.beginTaking()
        #expect(try !fixture.client.sent().contains("x-sealgate-link"))
        try fixture.client.receive("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        // A while later there is another.
        fixture.client.advance(5)
        try fixture.open()
        _ = fixture.beginTaking()
        #expect(try fixture.client.sent().contains("x-sealgate-link"))
    }

    @Test("a server's failure is told")
    func failure() throws {
        let fixture = try FileFixture()
        try fixture.open()
        let handler = fixture.beginTaking()
        try fixture.client.receive("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na")
        try fixture.client.close()
        #expect(handler.error == .connectionClosed)
        #expect(handler.body == Array("a".utf8))
    }

    @Test("bytes lent to one exchange aren't overwritten by another's")
    func lent() throws {
        let fixture = try FileFixture(windowBytes: 131_072)
        try fixture.open()
        let (first, one) = fixture.begin()
        let (second, two) = fixture.begin()
        let paths = try [body, body.reversed()].enumerated().map {
            try fixture.peer.file("\($0.offset)", Array($0.element))
        }
        for (token, path) in paths.enumerated() {
            fixture.peer.send(UInt64(token), [(path, 0..<600_000)])
        }
        try fixture.answer("0", 0)
        try fixture.answer("1", 1)
        // Each has the other go on while its own bytes are lent.
        one.beforeBody = { _ in second.consume(131_072) }
        two.beforeBody = { _ in first.consume(131_072) }
        first.consume(131_072)
        fixture.client.loop.run()
        #expect(one.body == body)
        #expect(two.body == body.reversed())
        #expect(one.trailers != nil && two.trailers != nil)
    }

    @Test("nobody listens: requests go as they are")
    func absent() throws {
        let fixture = try FileFixture()
        fixture.peer.leave()
        _ = fixture.begin()
        _ = fixture.begin()
        #expect(try !fixture.client.sent().contains("x-sealgate-link"))
    }
}
