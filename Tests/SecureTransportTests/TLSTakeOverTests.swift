import COpenSSL
import NIOCore
import TestSupport
import Testing

@testable import SecureTransport

@Suite("records without OpenSSL after its handshake")
struct TLSTakeOverTests {
    private let certificates: TestCertificates
    private let context: TLSServerContext

    init() throws {
        certificates = try TestCertificates.shared.get()
        context = try TLSServerContext(certificates.server())
    }

    private func connect(_ client: OpenSSLPeer) throws -> TLSServerFixture {
        let server = try TLSServerFixture(context)
        server.exchange(with: client)
        #expect(client.isComplete, "\(client.failure ?? "")")
        return server
    }

    private func expectEcho(_ server: TLSServerFixture, _ client: OpenSSLPeer) {
        let seen = server.collector.bytes.count
        client.write([1, 2, 3])
        server.exchange(with: client)
        server.channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(bytes: [4, 5])), promise: nil)
        server.exchange(with: client)
        #expect(server.collector.bytes.dropFirst(seen) == [1, 2, 3])
        #expect(client.read() == [4, 5])
    }

    @Test(arguments: [
        (TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true),
        (TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", true),
        (TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", false),
        (TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", false),
    ])
    func `they are made where the suite is AES-GCM of TLS 1.3`(
        version: Int32,
        suite: String,
        isTaken: Bool
    ) throws {
        let isNew = version == TLS1_3_VERSION
        let client = try OpenSSLPeer(
            least: version,
            most: version,
            suites: isNew ? "DEFAULT:@SECLEVEL=0" : suite,
            suites13: isNew ? suite : nil
        )
        let server = try connect(client)
        #expect(server.session.makesRecords == isTaken)
        #expect(server.infos.first?.cipher == suite)
        expectEcho(server, client)
    }

    @Test func `OpenSSL keeps them where the configuration says so`() throws {
        var configuration = certificates.server()
        configuration.makesRecords = false
        let server = try TLSServerFixture(TLSServerContext(configuration))
        let client = try OpenSSLPeer()
        server.exchange(with: client)
        #expect(!server.session.makesRecords)
        expectEcho(server, client)
    }

    @Test(arguments: [true, false])
    func `a client renews its keys and may ask for new ones`(isAsking: Bool) throws {
        let client = try OpenSSLPeer()
        let server = try connect(client)
        for _ in 0..<5 {
            client.updateKeys(asking: isAsking)
            expectEcho(server, client)
        }
        #expect(server.channel.isActive)
    }

    @Test func `keys asked for many times are renewed once, with the next data`() throws {
        let client = try OpenSSLPeer()
        let server = try connect(client)
        for index in 0..<100 {
            client.updateKeys(asking: true)
            client.write([UInt8(index)])
            server.receive(client.send())
        }
        #expect(server.collector.bytes == Array(0..<100))
        #expect(server.sent().isEmpty)
        server.channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(bytes: [7])), promise: nil)
        let answer = server.sent().flatMap { $0 }
        // KeyUpdate of 5 bytes, then one byte of data.
        #expect(answer.count == 22 + 5 + 22 + 1)
        client.receive(answer)
        #expect(client.read() == [7])
    }

    @Test func `the ticket sent before them resumes a session`() throws {
        let client = try OpenSSLPeer()
        let server = try connect(client)
        expectEcho(server, client)
        let ticket = try #require(client.ticket())
        defer { SSL_SESSION_free(ticket) }
        client.close()
        server.exchange(with: client)

        let again = try OpenSSLPeer()
        again.resume(ticket)
        let resumed = try connect(again)
        #expect(again.isResumed)
        #expect(resumed.session.makesRecords)
        expectEcho(resumed, again)
    }

    @Test func `a client that is refused is told by an alert`() throws {
        let client = try OpenSSLPeer()
        let server = try connect(client)
        server.receive([20, 3, 3, 0, 1, 1])
        for write in server.sent() { client.receive(write) }
        #expect(client.read() == [])
        #expect(OpenSSLErrorQueue.drain().contains("alert unexpected message"))
        #expect(server.collector.errors == [.protocolFailed(reason: "unexpected message")])
        #expect(!server.channel.isActive)
    }

    @Test func `secrets and tickets that don't belong together are left to OpenSSL`() throws {
        let suite = TLSRecordSuite.aes128GCM
        let digits = String(repeating: "5a", count: 32)
        let secret = try #require(
            Array(digits.utf8).withUnsafeBufferPointer { TLSTrafficSecret(hexadecimal: $0) }
        )
        var (writer, sent) = (try TLSRecordWriter(suite, secret, sequence: 0), ByteBuffer())
        try writer.write([1, 2], into: &sent)
        let ticket = Array(sent.readableBytesView)

        func layer(_ suite: TLSRecordSuite, _ lines: [String], _ sent: [UInt8]) -> TLSRecordLayer? {
            var secrets = TLSFirstSecrets()
            for line in lines { Array(line.utf8).withUnsafeBufferPointer { secrets.take($0) } }
            return TLSRecordLayer(suite, secrets, sent: ByteBuffer(bytes: sent).readableBytesView)
        }
        let client = "CLIENT_TRAFFIC_SECRET_0 00 \(digits)"
        let server = "SERVER_TRAFFIC_SECRET_0 00 \(digits)"
        #expect(layer(suite, [client, server], ticket) != nil)
        #expect(layer(suite, [client, server], []) != nil)
        #expect(layer(suite, [client, server], ticket + ticket) == nil)
        #expect(layer(suite, [client, server], Array(ticket.dropLast())) == nil)
        #expect(layer(suite, [client, server], Array(ticket.dropFirst())) == nil)
        #expect(layer(.aes256GCM, [client, server], []) == nil)
        #expect(layer(suite, [client], ticket) == nil)
        #expect(layer(suite, [server], ticket) == nil)
        #expect(layer(suite, [client, server + "5a"], []) == nil)
        #expect(layer(suite, [client, server.dropLast(2) + "zz"], ticket) == nil)
        #expect(layer(suite, [client, server.dropLast(2) + "5b"], ticket) == nil)
    }
}
