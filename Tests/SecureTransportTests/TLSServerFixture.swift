import NIOCore
import NIOEmbedded

@testable import SecureTransport

/// A `TLSHandler` as server in an embedded channel, with what reached the handler above.
final class TLSServerFixture {
    let channel = EmbeddedChannel()
    let collector = Collector()
    private(set) var infos: [TLSConnectionInfo] = []
    let session: TLSSession

    init(_ context: TLSServerContext, timeout: TimeAmount = .seconds(10)) throws {
        let operations = channel.pipeline.syncOperations
        let session = try context.makeSession()
        self.session = session
        let handler = TLSHandler(session, handshakeTimeout: timeout) { [unowned self] info in
            infos.append(info)
            try operations.addHandler(collector)
        }
        try operations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    /// Feeds ciphertext, in pieces of `piece` bytes.
    func receive(_ bytes: [UInt8], piece: Int = .max) {
        var rest = bytes[...]
        while !rest.isEmpty {
            channel.read()
            _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
    }

    /// The ciphertext that it sent, one element for each write to the socket.
    func sent() -> [[UInt8]] {
        var writes: [[UInt8]] = []
        while let data = try? channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = data {
                writes.append(Array(buffer.readableBytesView))
            }
        }
        return writes
    }

    /// Moves bytes both ways until nothing moves.
    func exchange(with peer: OpenSSLPeer, piece: Int = .max) {
        for _ in 0..<64 {
            peer.handshake()
            let up = peer.send()
            receive(up, piece: piece)
            let down = sent().flatMap { $0 }
            for byte in Pieces(down, piece) { peer.receive(Array(byte)) }
            if up.isEmpty, down.isEmpty { break }
        }
    }

    /// Keeps what comes from below.
    final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var bytes: [UInt8] = []
        var reads = 0
        var errors: [TLSError] = []
        var isInactive = false

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
            reads += 1
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let error = error as? TLSError { errors.append(error) }
        }

        func channelInactive(context: ChannelHandlerContext) { isInactive = true }
    }
}

/// The pieces of a sequence of bytes.
struct Pieces: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>
    private let count: Int

    init(_ bytes: [UInt8], _ count: Int) {
        rest = bytes[...]
        self.count = count
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
