import COpenSSL
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import SecureTransport

@Suite struct TLSHandlerTests {
    let certificates: TestCertificates
    let server: TLSServerFixture
    let client: OpenSSLPeer

    init() throws {
        certificates = try TestCertificates.shared.get()
        server = try TLSServerFixture(try TLSServerContext(certificates.server()))
        client = try OpenSSLPeer()
        server.exchange(with: client)
    }

    @Test func `random writes arrive whole, both ways`() throws {
        var random = SplitMix64(seed: 7)
        var up: [UInt8] = []
        var down: [UInt8] = []
        var received: [UInt8] = []
        for _ in 0..<60 {
            let question = random.bytes(Int.random(in: 1...40_000, using: &random))
            up += question
            client.write(question)
            server.exchange(with: client, piece: Int.random(in: 1000...9000, using: &random))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let answer = random.bytes(Int.random(in: 0...50_000, using: &random))
                down += answer
                server.channel.write(IOData.byteBuffer(ByteBuffer(bytes: answer)), promise: nil)
            }
            server.channel.flush()
            server.exchange(with: client)
            received += client.read()
        }
        #expect(server.collector.bytes == up)
        #expect(received == down)
    }

    @Test func `many small writes share a record, and one write reaches the socket`() throws {
        for index in 0..<100 {
            let buffer = ByteBuffer(repeating: UInt8(index), count: 10)
            server.channel.write(IOData.byteBuffer(buffer), promise: nil)
        }
        server.channel.flush()
        let writes = server.sent()
        #expect(writes.count == 1)
        #expect(writes.first?.count ?? 0 < 1000 + 64)
        writes.forEach { client.receive($0) }
        #expect(client.read() == (0..<100).flatMap { [UInt8](repeating: $0, count: 10) })
    }

    @Test func `large writes go in batches of about 192 KiB and full records`() throws {
        let piece = ByteBuffer(repeating: 5, count: 16_393)
        for _ in 0..<64 { server.channel.write(IOData.byteBuffer(piece), promise: nil) }
        server.channel.flush()
        let writes = server.sent()
        let total = 64 * 16_393
        #expect(writes.allSatisfy { $0.count < 300_000 })
        #expect(writes.map(\.count).reduce(0, +) < total + (total / 16_384 + 8) * 40)
        writes.forEach { client.receive($0) }
        #expect(client.read().count == total)
    }

    @Test func `promises are kept when their last byte is written`() throws {
        var kept: [Int] = []
        for index in 0..<3 {
            let promise = server.channel.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess { kept.append(index) }
            let buffer = ByteBuffer(repeating: 0, count: 20_000)
            server.channel.write(IOData.byteBuffer(buffer), promise: promise)
        }
        #expect(kept.isEmpty)
        server.channel.flush()
        #expect(kept.sorted() == [0, 1, 2])
    }

    @Test func `plaintext waits until the handler above reads`() throws {
        client.write([1, 2, 3])
        let records = client.send()
        // The burst before ended the reads asked for; none is asked for now.
        server.channel.pipeline.fireChannelReadComplete()
        _ = try? server.channel.writeInbound(ByteBuffer(bytes: records))
        #expect(server.collector.bytes.isEmpty)
        server.channel.read()
        server.channel.embeddedEventLoop.run()
        #expect(server.collector.bytes == [1, 2, 3])
    }

    @Test func `several records come as one read`() throws {
        for _ in 0..<8 { client.write([UInt8](repeating: 9, count: 16_000)) }
        let before = server.collector.reads
        server.receive(client.send())
        #expect(server.collector.bytes.count == 128_000)
        #expect(server.collector.reads - before <= 2)
    }

    @Test func `closing sends what is queued and close_notify`() throws {
        server.channel.write(IOData.byteBuffer(ByteBuffer(string: "last")), promise: nil)
        server.channel.close(promise: nil)
        server.channel.embeddedEventLoop.run()
        server.sent().forEach { client.receive($0) }
        #expect(client.read() == Array("last".utf8))
        #expect(client.isClosedByPeer)
        #expect(!server.channel.isActive)
    }

    @Test func `an end without close_notify is reported as truncated`() throws {
        server.channel.pipeline.fireChannelInactive()
        #expect(server.collector.errors == [.truncated])
        #expect(server.collector.isInactive)
    }

    @Test func `the peer's close_notify closes without an error`() throws {
        client.close()
        server.exchange(with: client)
        server.channel.embeddedEventLoop.run()
        #expect(server.collector.errors.isEmpty)
        #expect(server.collector.isInactive)
        #expect(client.read().isEmpty)
        #expect(client.isClosedByPeer)
    }

    @Test func `a forged record ends the connection and delivers nothing`() throws {
        client.write([UInt8](repeating: 1, count: 100))
        var record = client.send()
        record[record.count - 1] ^= 1
        server.receive(record)
        server.channel.embeddedEventLoop.run()
        #expect(server.collector.bytes.isEmpty)
        #expect(server.collector.errors.count == 1)
        guard case .protocolFailed? = server.collector.errors.first else {
            Issue.record("another error")
            return
        }
        #expect(!server.channel.isActive)
        #expect(ERR_peek_error() == 0)
    }

    @Test func `a region of a file is refused`() throws {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: -1)
        defer { _ = try? handle.takeDescriptorOwnership() }
        let region = FileRegion(fileHandle: handle, readerIndex: 0, endIndex: 1)
        #expect(throws: TLSError.fileRegionRefused) {
            try server.channel.writeAndFlush(IOData.fileRegion(region)).wait()
        }
    }

    @Test func `after closing writes fail`() throws {
        server.channel.close(promise: nil)
        server.channel.embeddedEventLoop.run()
        #expect(throws: (any Error).self) {
            try server.channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(string: "x"))).wait()
        }
    }
}
