import Foundation
import HTTPWire
import NIOCore
import NIOPosix
import TestSupport
import Testing
import Transport

@testable import SecureTransport

/// Real sockets and real clients: curl, nghttp and h2load, which the test script installs.
@Suite struct LoopbackTests {
    let certificates: TestCertificates

    init() throws { certificates = try TestCertificates.shared.get() }

    private func curl(_ arguments: [String]) throws -> String {
        let authority = ["--cacert", certificates.path("ca.pem")]
        return try Command.run("curl", ["-sS", "--max-time", "30"] + authority + arguments)
    }

    @Test(arguments: [("--http2", "2 http2"), ("--http1.1", "1.1 http1_1")])
    func `curl gets and puts over either version`(option: String, version: String) async throws {
        let loopback = try await LoopbackServer.start(certificates.server())
        let format = [
            "-o", "/dev/null", "-w", "%{http_version} %header{x-version} %{size_download}",
        ]
        let printed = try curl([option] + format + [loopback.url("/5000000")])
        #expect(printed.hasPrefix(String(version.prefix { $0 != " " })))
        #expect(printed.hasSuffix(" 5000000"))

        var random = SplitMix64(seed: 1)
        let body = random.bytes(3_000_000)
        let sent = certificates.path("sent-\(loopback.port)")
        let received = certificates.path("received-\(loopback.port)")
        try Data(body).write(to: URL(fileURLWithPath: sent))
        _ = try curl([option, "-T", sent, "-o", received, loopback.url("/x")])
        #expect(try Data(contentsOf: URL(fileURLWithPath: received)) == Data(body))
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test func `nghttp gets several streams of one connection`() async throws {
        let loopback = try await LoopbackServer.start(certificates.server())
        let printed = try Command.run(
            "nghttp",
            ["-nsa", "--no-verify-peer", loopback.url("/100000"), loopback.url("/200000")]
        )
        #expect(printed.contains("/100000"))
        #expect(printed.contains("/200000"))
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test func `h2load succeeds with every request`() async throws {
        let loopback = try await LoopbackServer.start(certificates.server())
        let printed = try Command.run(
            "h2load",
            ["-n", "2000", "-c", "8", "-m", "32", loopback.url("/1024")]
        )
        #expect(printed.contains("2000 succeeded, 0 failed, 0 errored, 0 timeout"))
        #expect(loopback.metrics.requestsTotal.load(ordering: .relaxed) == 2000)
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test func `a client without a certificate is refused where one is required`() async throws {
        var configuration = certificates.server()
        configuration.clientCAFile = certificates.path("ca.pem")
        configuration.clientCertificate = .required
        let loopback = try await LoopbackServer.start(configuration)
        #expect(throws: Command.Failed.self) { try curl([loopback.url("/1")]) }
        let identity = [
            "--cert", certificates.path("client.pem"), "--key", certificates.path("client.key"),
        ]
        #expect(try curl(identity + [loopback.url("/3")]) == "aaa")
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test func `a pool's exchanges go through TLS`() async throws {
        let loopback = try await LoopbackServer.start(certificates.server())
        let result = await PoolExchange.run(
            loopback.port,
            try SecureClientPipeline(
                context: TLSClientContext(
                    .init(authoritiesFile: certificates.path("ca.pem"))
                ),
                serverName: "127.0.0.1"
            )
        )
        #expect(try result.get() == 100_000)
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test func `a client shows its certificate where the server wants one`() async throws {
        var configuration = certificates.server()
        configuration.clientCAFile = certificates.path("ca.pem")
        configuration.clientCertificate = .required
        let loopback = try await LoopbackServer.start(configuration)
        for (name, isTaken) in [("client", true), ("stranger", false)] {
            let identity = TLSClientContext.Configuration(
                authoritiesFile: certificates.path("ca.pem"),
                certificateFile: certificates.path(name + ".pem"),
                keyFile: certificates.path(name + ".key")
            )
            let result = await PoolExchange.run(
                loopback.port,
                try SecureClientPipeline(
                    context: TLSClientContext(identity),
                    serverName: "localhost"
                )
            )
            #expect((try? result.get()) == (isTaken ? 100_000 : nil))
        }
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test(arguments: [("ca.pem", "other.test"), ("otherca.pem", "localhost")])
    func `a server that isn't who it should be isn't trusted`(
        authority: String,
        name: String
    ) async throws {
        let loopback = try await LoopbackServer.start(certificates.server())
        let result = await PoolExchange.run(
            loopback.port,
            try SecureClientPipeline(
                context: TLSClientContext(.init(authoritiesFile: certificates.path(authority))),
                serverName: name
            )
        )
        guard case .failure(.peerNotTrusted) = result else {
            Issue.record("\(result)")
            return
        }
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1", "a.store.test", "localhost."])
    func `names and addresses of the certificate are accepted`(name: String) async throws {
        let loopback = try await LoopbackServer.start(certificates.server())
        let result = await PoolExchange.run(
            loopback.port,
            try SecureClientPipeline(
                context: TLSClientContext(.init(authoritiesFile: certificates.path("ca.pem"))),
                serverName: name
            )
        )
        #expect(try result.get() == 100_000)
        await loopback.server.drain(deadline: .seconds(5))
    }

    @Test(arguments: ["", "a b", "ä.test"])
    func `a server name that is none is refused`(name: String) throws {
        let context = try TLSClientContext(.init(authoritiesFile: certificates.path("ca.pem")))
        #expect(throws: TLSError.serverNameInvalid(name)) {
            try TLSHandler(client: context, serverName: name) { _ in }
        }
    }
}

/// One GET of 100,000 bytes through a pool.
private final class PoolExchange: HTTPClientHandler {
    private let done: EventLoopPromise<Int>
    private var count = 0
    private var exchange: (any HTTPClientExchange)?

    private init(_ done: EventLoopPromise<Int>) { self.done = done }

    static func run(
        _ port: Int,
        _ pipeline: SecureClientPipeline
    ) async -> Result<Int, HTTPClientError> {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Int.self)
        loop.execute {
            let pool = HTTP1ClientPool(
                target: .tcp(host: "127.0.0.1", port: port),
                eventLoop: loop,
                metrics: TransportMetrics(),
                configure: { try pipeline.add(to: $0) }
            )
            let handler = PoolExchange(done)
            let head = HTTPRequestHead(method: .get, target: "/100000", authority: "localhost")
            handler.exchange = pool.begin(head, handler: handler)
            done.futureResult.assumeIsolated().whenComplete { _ in pool.close() }
        }
        do {
            return .success(try await done.futureResult.get())
        } catch {
            return .failure(error as? HTTPClientError ?? .responseInvalid)
        }
    }

    func received(_ head: HTTPResponseHead) {}

    func received(_ body: Span<UInt8>) {
        count += body.count
        exchange?.consume(body.count)
    }

    func receivedEnd(trailers: HTTPFields) { done.succeed(count) }

    func becameWritable() {}

    func failed(_ error: HTTPClientError) { done.fail(error) }
}
