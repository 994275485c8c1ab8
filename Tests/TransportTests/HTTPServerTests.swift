import Foundation
import HTTPWire
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct HTTPServerTests {
    private let me: Set<UInt32> = [getuid()]

    @Test("echoes bodies of all framings over one kept connection")
    func echo() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let server = try await serve(
            EchoApplication(),
            on: .unix(path: path, allowedUserIDs: me)
        )
        let client = try await SocketClient(.unix(path: path), on: anyLoop)
        var random = SplitMix64(seed: 7)
        for count in [0, 1, 4096, 65_536, 5_000_000] {
            let body = random.bytes(count)
            for length in [HTTPBodyLength.known(UInt64(count)), .unknown] {
                let response = try await client.exchange(
                    .put,
                    "/",
                    body: ByteBuffer(bytes: body),
                    length: length,
                    partBytes: 50_000
                )
                #expect(response.status == 200)
                #expect(response.body == body)
                #expect(response.trailers["x-end"] == "yes")
            }
        }
        #expect(client.metrics.poolOpen.load(ordering: .relaxed) == 1)
        #expect(server.connectionsOpen == 1)
        client.close()
        await server.drain(deadline: .seconds(5))
        #expect(server.connectionsOpen == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("serves on a free TCP port, many exchanges at a time")
    func tcp() async throws {
        let metrics = TransportMetrics()
        let server = try await serve(
            EchoApplication(),
            on: .tcp(host: "127.0.0.1", port: 0),
            metrics: metrics
        )
        let port = try #require(server.port)
        #expect(port > 0)
        let client = try await SocketClient(.tcp(host: "127.0.0.1", port: port), on: anyLoop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let body = Array("body \(number)".utf8)
                    let response = try await client.exchange(
                        .post,
                        "/\(number)",
                        body: ByteBuffer(bytes: body)
                    )
                    #expect(response.body == body)
                }
            }
            try await group.waitForAll()
        }
        #expect(metrics.requestsTotal.load(ordering: .relaxed) == 200)
        #expect(metrics.connectionsTotal.load(ordering: .relaxed) <= 64)
        #expect(client.metrics.poolQueued.load(ordering: .relaxed) == 0)
        client.close()
        await server.drain(deadline: .seconds(5))
        #expect(metrics.connectionsOpen.load(ordering: .relaxed) == 0)
    }

    @Test("sends a file without copying it, and lets go of it afterwards")
    func file() async throws {
        let folder = try TemporaryFolder()
        let metrics = TransportMetrics()
        var random = SplitMix64(seed: 8)
        let bytes = random.bytes(3_000_000)
        try Data(bytes).write(to: URL(filePath: folder.file("f")))
        let path = folder.file("s")
        let server = try await serve(
            FileApplication(path: folder.file("f")),
            on: .unix(path: path, allowedUserIDs: me),
            metrics: metrics
        )
        let client = try await SocketClient(.unix(path: path), on: anyLoop)
        for number in 1...3 {
            let response = try await client.exchange(.get, "/f")
            #expect(response.body == bytes)
            #expect(metrics.bytesOut.load(ordering: .relaxed) > number * bytes.count)
        }
        client.close()
        await server.drain(deadline: .seconds(5))
    }

    @Test("takes no connections of users that aren't allowed")
    func peerUser() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let metrics = TransportMetrics()
        let server = try await serve(
            EchoApplication(),
            on: .unix(path: path, allowedUserIDs: [getuid() + 1]),
            metrics: metrics
        )
        let client = try await SocketClient(.unix(path: path), on: anyLoop)
        await #expect(throws: HTTPClientError.connectionClosed) {
            try await client.exchange(.get, "/")
        }
        #expect(metrics.connectionsRefused.load(ordering: .relaxed) == 1)
        #expect(metrics.requestsTotal.load(ordering: .relaxed) == 0)
        await server.drain(deadline: .seconds(5))
    }

    @Test("lets only the owner at its socket")
    func socketMode() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let server = try await serve(
            EchoApplication(),
            on: .unix(path: path, allowedUserIDs: me)
        )
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        await server.stopAccepting()
    }

    @Test("replaces a stale socket, but no answering one and no other file")
    func socketPaths() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let address = HTTPServer.Address.unix(path: path, allowedUserIDs: me)
        let server = try await serve(EchoApplication(), on: address)
        await #expect(throws: HTTPServerError.addressInUse(path)) {
            try await serve(EchoApplication(), on: address)
        }
        // The file of a listener that died stays behind; a link to it does like it.
        try FileManager.default.linkItem(atPath: path, toPath: folder.file("stale"))
        await server.drain(deadline: .seconds(5))
        let stale = HTTPServer.Address.unix(path: folder.file("stale"), allowedUserIDs: me)
        let second = try await serve(EchoApplication(), on: stale)
        await second.stopAccepting()
        try Data().write(to: URL(filePath: path))
        await #expect(throws: HTTPServerError.notASocket(path)) {
            try await serve(EchoApplication(), on: address)
        }
    }

    @Test("refuses a TCP port that is taken")
    func portTaken() async throws {
        let server = try await serve(EchoApplication(), on: .tcp(host: "127.0.0.1", port: 0))
        let port = try #require(server.port)
        await #expect(throws: HTTPServerError.self) {
            try await serve(EchoApplication(), on: .tcp(host: "127.0.0.1", port: port))
        }
        await server.stopAccepting()
    }

    @Test("closes connections over the limit at once")
    func connectionsMax() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        var limits = HTTPServerLimits()
        limits.connectionsMax = 1
        let metrics = TransportMetrics()
        let server = try await serve(
            EchoApplication(),
            on: .unix(path: path, allowedUserIDs: me),
            limits: limits,
            metrics: metrics
        )
        let first = try await SocketClient(.unix(path: path), on: anyLoop)
        let second = try await SocketClient(.unix(path: path), on: anyLoop)
        #expect(try await first.exchange(.get, "/").status == 200)
        await #expect(throws: HTTPClientError.connectionClosed) {
            try await second.exchange(.get, "/")
        }
        #expect(metrics.connectionsRefused.load(ordering: .relaxed) == 1)
        #expect(try await first.exchange(.get, "/").status == 200)
        first.close()
        await server.drain(deadline: .seconds(5))
    }

    @Test("closes what is still open at the deadline of a drain")
    func drainDeadline() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let begun = anyLoop.makePromise(of: Void.self)
        let server = try await serve(
            SilentApplication(begun: begun),
            on: .unix(path: path, allowedUserIDs: me)
        )
        let client = try await SocketClient(.unix(path: path), on: anyLoop)
        let response = Task { try await client.exchange(.get, "/") }
        try await begun.futureResult.get()
        await server.drain(deadline: .milliseconds(1))
        #expect(server.connectionsOpen == 0)
        await #expect(throws: HTTPClientError.connectionClosed) { _ = try await response.value }
    }

    @Test("holds a client up whose body nobody consumes")
    func backpressure() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let received = Mutex(0)
        let full = anyLoop.makePromise(of: Void.self)
        let application = HoardingApplication { count in
            let total = received.withLock { total in
                total += count
                return total
            }
            if total == HTTPServerLimits().bodyWindowBytes { full.succeed() }
        }
        let server = try await serve(application, on: .unix(path: path, allowedUserIDs: me))
        let sent = try await Flood.start(at: path, on: anyLoop, bytes: 100_000_000)
        try await full.futureResult.get()
        await server.drain(deadline: .milliseconds(20))
        let total = try await sent.get()
        // The window, one burst of reads, the kernel's buffers and the client's own queue.
        #expect(total < 4_000_000)
        #expect(received.withLock(\.self) == HTTPServerLimits().bodyWindowBytes)
    }

    @Test("fails exchanges with a socket that isn't there")
    func noServer() async throws {
        let folder = try TemporaryFolder()
        let client = try await SocketClient(.unix(path: folder.file("none")), on: anyLoop)
        await #expect {
            try await client.exchange(.get, "/")
        } throws: { error in
            guard case .connectFailed? = error as? HTTPClientError else { return false }
            return true
        }
    }
}
