import CAESGCMProvider
import COpenSSL
import NIOCore
import TestSupport
import Testing

@testable import SecureTransport

@Suite("TLS over BoringSSL's AES-GCM with clients that use OpenSSL's")
struct AcceleratedTLSTests {
    struct Suite: Sendable, CustomTestStringConvertible {
        let version: Int32
        let name: String

        var testDescription: String { name }
    }

    private let context: TLSServerContext

    init() throws {
        #expect(sealgate_aes_gcm_load() == 1)
        context = try TLSServerContext(TestCertificates.shared.get().server())
    }

    static let suites = [
        Suite(version: TLS1_3_VERSION, name: "TLS_AES_256_GCM_SHA384"),
        Suite(version: TLS1_3_VERSION, name: "TLS_AES_128_GCM_SHA256"),
        Suite(version: TLS1_3_VERSION, name: "TLS_CHACHA20_POLY1305_SHA256"),
        Suite(version: TLS1_2_VERSION, name: "ECDHE-ECDSA-AES256-GCM-SHA384"),
        Suite(version: TLS1_2_VERSION, name: "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ]

    private func connect(_ suite: Suite) throws -> (TLSServerFixture, OpenSSLPeer) {
        let server = try TLSServerFixture(context)
        let isNew = suite.version == TLS1_3_VERSION
        let client = try OpenSSLPeer(
            least: suite.version,
            most: suite.version,
            suites: isNew ? "DEFAULT:@SECLEVEL=0" : suite.name,
            suites13: isNew ? suite.name : nil
        )
        server.exchange(with: client)
        #expect(client.isComplete, "\(client.failure ?? "")")
        #expect(client.suite == suite.name)
        return (server, client)
    }

    @Test("bytes arrive whole, both ways", arguments: suites)
    func roundTrips(suite: Suite) throws {
        let (server, client) = try connect(suite)
        var random = SplitMix64(seed: 11)
        var (up, down, received): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        for _ in 0..<20 {
            let question = random.bytes(Int.random(in: 1...40_000, using: &random))
            up += question
            client.write(question)
            server.exchange(with: client)
            let answer = random.bytes(Int.random(in: 1...40_000, using: &random))
            down += answer
            server.channel.writeAndFlush(
                IOData.byteBuffer(ByteBuffer(bytes: answer)),
                promise: nil
            )
            server.exchange(with: client)
            received += client.read()
        }
        #expect(server.collector.bytes == up)
        #expect(received == down)
    }

    @Test("a changed record ends the connection", arguments: suites)
    func changed(suite: Suite) throws {
        let (server, client) = try connect(suite)
        client.write([1, 2, 3])
        var records = client.send()
        records[records.count - 1] ^= 1
        server.receive(records)
        #expect(server.collector.bytes.isEmpty)
        #expect(!server.channel.isActive)
    }
}
