import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import SecureTransport

@Suite struct TLSHandshakeTests {
    let certificates: TestCertificates
    let context: TLSServerContext

    init() throws {
        certificates = try TestCertificates.shared.get()
        context = try TLSServerContext(certificates.server())
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `a handshake fed one byte at a time completes and carries bytes`(version: Int32) throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer(least: version, most: version)
        server.exchange(with: client, piece: 1)
        #expect(client.isComplete)
        #expect(server.infos.map(\.version) == [client.version])
        #expect(server.infos.first?.applicationProtocol == "h2")
        client.write(Array("ping".utf8))
        server.exchange(with: client, piece: 1)
        #expect(server.collector.bytes == Array("ping".utf8))
        try server.channel.writeOutbound(IOData.byteBuffer(ByteBuffer(string: "pong")))
        server.exchange(with: client, piece: 1)
        #expect(client.read() == Array("pong".utf8))
    }

    @Test func `every split of the client's first flight is the same to the server`() throws {
        let length = try {
            let client = try OpenSSLPeer()
            client.handshake()
            return client.send().count
        }()
        for split in stride(from: 1, to: length, by: 3) {
            let server = try TLSServerFixture(context)
            let client = try OpenSSLPeer()
            client.handshake()
            let flight = client.send()
            server.receive(Array(flight.prefix(split)))
            server.receive(Array(flight.dropFirst(split)))
            for write in server.sent() { client.receive(write) }
            server.exchange(with: client)
            #expect(client.isComplete)
        }
    }

    @Test func `bytes in the packet that ends the handshake reach the handler just added`() throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer()
        client.handshake()
        server.receive(client.send())
        for write in server.sent() { client.receive(write) }
        client.handshake()
        client.write(Array("early".utf8))
        server.receive(client.send())
        #expect(server.collector.bytes == Array("early".utf8))
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func `TLS 1.0 and 1.1 are refused`(version: Int32) throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer(least: version, most: version)
        server.exchange(with: client)
        #expect(!client.isComplete)
        #expect(client.failure?.contains("protocol version") == true)
        #expect(server.infos.isEmpty)
        #expect(!server.channel.isActive)
        #expect(ERR_peek_error() == 0)
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-CCM",
    ])
    func `TLS 1.2 suites that aren't of the AEAD list are refused`(suite: String) throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer(most: TLS1_2_VERSION, suites: suite + ":@SECLEVEL=0")
        server.exchange(with: client)
        #expect(!client.isComplete)
        #expect(!server.channel.isActive)
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ])
    func `TLS 1.2 suites of the AEAD list are taken`(suite: String) throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer(most: TLS1_2_VERSION, suites: suite)
        server.exchange(with: client)
        #expect(server.infos.map(\.cipher) == [suite])
    }

    @Test(
        arguments: [
            (["http/1.1", "h2"], "h2"), (["h2"], "h2"), (["spdy/1", "http/1.1"], "http/1.1"),
            ([], nil),
        ] as [([String], String?)]
    )
    func `ALPN prefers h2, then http1.1`(offered: [String], chosen: String?) throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer(protocols: offered)
        server.exchange(with: client)
        #expect(server.infos.map(\.applicationProtocol) == [chosen])
    }

    @Test func `a client without a protocol in common is refused`() throws {
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer(protocols: ["smtp"])
        server.exchange(with: client)
        #expect(client.failure?.contains("no application protocol") == true)
        #expect(server.infos.isEmpty)
    }

    @Test func `a handshake that takes too long ends the connection`() throws {
        let server = try TLSServerFixture(context, timeout: .seconds(10))
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(server.channel.isActive)
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!server.channel.isActive)
    }

    @Test func `plain HTTP on the port is refused without a trap`() throws {
        let server = try TLSServerFixture(context)
        server.receive(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(!server.channel.isActive)
    }

    @Test func `a required client certificate is verified and named`() throws {
        var configuration = certificates.server()
        configuration.clientCAFile = certificates.path("ca.pem")
        configuration.clientCertificate = .required
        let context = try TLSServerContext(configuration)
        for (name, subject) in [
            ("client", "CN=client,O=Sealgate"), ("stranger", nil), (nil, nil),
        ] as [(String?, String?)] {
            let server = try TLSServerFixture(context)
            let client = try OpenSSLPeer(
                certificate: name.map { certificates.path($0 + ".pem") },
                key: name.map { certificates.path($0 + ".key") }
            )
            server.exchange(with: client)
            #expect(server.infos.first?.peerCertificateSubject == subject)
            #expect(server.infos.isEmpty == (subject == nil))
            #expect(server.channel.isActive == (subject != nil))
        }
    }

    @Test func `an optional client certificate may be absent`() throws {
        var configuration = certificates.server()
        configuration.clientCAFile = certificates.path("ca.pem")
        configuration.clientCertificate = .optional
        let server = try TLSServerFixture(try TLSServerContext(configuration))
        let client = try OpenSSLPeer()
        server.exchange(with: client)
        #expect(server.infos.count == 1)
        #expect(server.infos.first?.peerCertificateSubject == nil)
    }
}
