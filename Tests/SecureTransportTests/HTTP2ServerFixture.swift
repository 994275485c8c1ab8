import NIOCore
import NIOEmbedded

@testable import SecureTransport
@testable import Transport

/// An `HTTP2ServerHandler` in an embedded channel, in plaintext.
final class HTTP2ServerFixture {
    let channel = EmbeddedChannel()
    let application: RecordingApplication
    let handler: HTTP2ServerHandler
    let metrics = TransportMetrics()
    let secureMetrics = SecureTransportMetrics()
    private(set) var sentCount = 0

    init(
        _ application: RecordingApplication,
        limits: HTTPServerLimits = HTTPServerLimits()
    ) throws {
        self.application = application
        handler = HTTP2ServerHandler(
            application: application,
            peer: PeerInfo(address: "127.0.0.1"),
            limits: limits,
            metrics: metrics,
            secureMetrics: secureMetrics
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    var requests: [RecordingApplication.Request] { application.requests }

    func receive(_ bytes: [UInt8], piece: Int = .max) {
        for part in Pieces(bytes, piece) {
            guard channel.isActive else { return }
            _ = try? channel.writeInbound(ByteBuffer(bytes: part))
        }
        channel.embeddedEventLoop.run()
    }

    func sent() -> [UInt8] {
        var bytes: [UInt8] = []
        while let data = try? channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = data { bytes += buffer.readableBytesView }
        }
        sentCount += bytes.count
        return bytes
    }

    /// Moves bytes both ways until nothing moves.
    func exchange(with client: HTTP2TestClient, piece: Int = .max) {
        for _ in 0..<1000 {
            let up = client.send()
            receive(up, piece: piece)
            channel.embeddedEventLoop.run()
            let down = sent()
            client.receive(down)
            if up.isEmpty, down.isEmpty { break }
        }
    }

    func advance(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
        channel.embeddedEventLoop.run()
    }

    /// Makes the channel as if its socket took nothing, or did again.
    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
        channel.embeddedEventLoop.run()
    }
}

/// HTTP/2 frames by hand, for what no library sends (RFC 9113 section 4, RFC 7541).
enum RawFrames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, [])

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ body: [UInt8]) -> [UInt8] {
        let count = body.count
        let head = [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
        return head + [type, flags] + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) } + body
    }

    /// A whole header block in one frame.
    static func headers(
        _ stream: UInt32,
        _ fields: [(String, String)],
        ends: Bool = true
    ) -> [UInt8] {
        frame(1, ends ? 5 : 4, stream, fields.flatMap { literal($0.0, $0.1) })
    }

    static func request(_ path: String = "/") -> [(String, String)] {
        [
            (":method", "GET"), (":scheme", "https"), (":path", path),
            (":authority", "localhost"),
        ]
    }

    /// A field without indexing.
    static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0] + string(name) + string(value)
    }

    /// A field that goes into the dynamic table as entry 62.
    static func indexed(_ name: String, _ value: String) -> [UInt8] {
        [0x40] + string(name) + string(value)
    }

    private static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var rest = bytes.count - 127
        var count: [UInt8] = [127]
        while rest >= 128 {
            count.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return count + [UInt8(rest)] + bytes
    }

    static func reset(_ stream: UInt32) -> [UInt8] { frame(3, 0, stream, [0, 0, 0, 8]) }

    /// The frames in `bytes`: type, flags, stream and body.
    static func parse(_ bytes: [UInt8]) -> [(type: UInt8, stream: UInt32, body: [UInt8])] {
        var frames: [(type: UInt8, stream: UInt32, body: [UInt8])] = []
        var rest = bytes[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            rest = rest.dropFirst(9)
            frames.append((head[3], stream, Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return frames
    }

    /// The last four bytes of RST_STREAM and the code of GOAWAY.
    static func errorCode(_ frame: (type: UInt8, stream: UInt32, body: [UInt8])) -> UInt32? {
        let code = frame.type == 7 ? frame.body.dropFirst(4).prefix(4) : frame.body.prefix(4)
        guard frame.type == 3 || frame.type == 7 else { return nil }
        return code.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
}
