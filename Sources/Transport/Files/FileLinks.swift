internal import CLinux
internal import Encoding
internal import Glibc
public import NIOCore
internal import NIOPosix
internal import Synchronization

/// The server's ends of file links: connections over which open files go to clients, beside the
/// answers that speak of them (docs/backend-dialect.md, "Files").
public final class FileLinks: Sendable {
    /// Bytes of an open file, a piece of a body.
    public struct Piece: Sendable {
        /// The open file; it stays the caller's.
        public var descriptor: Int32
        /// The bytes.
        public var range: Range<Int64>

        /// Some bytes of an open file.
        public init(descriptor: Int32, range: Range<Int64>) {
            self.descriptor = descriptor
            self.range = range
        }
    }

    /// What became of files.
    public enum Outcome: Equatable, Sendable {
        /// They are on their way, under this token.
        case sent(token: UInt64)
        /// There is no such link any more.
        case unknownLink
        /// They aren't: too many, or the link is full.
        case refused
    }

    /// The most pieces of a body that can be sent.
    public static let piecesMax = FileMessage.piecesMax

    private let links = Mutex<[String: FileLinkSocket]>([:])

    /// Without a link; `add` takes accepted connections.
    public init() {}

    /// Makes an accepted connection a link, once it is active.
    public func add(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(FileLinkHandler(self))
    }

    /// Sends a body's files over the link of that name; the bytes are lent as they are later read.
    public func send(_ pieces: [Piece], over name: String) -> Outcome {
        guard let link = links.withLock({ $0[name] }) else { return .unknownLink }
        guard (1...Self.piecesMax).contains(pieces.count) else { return .refused }
        return link.send(pieces).map { .sent(token: $0) } ?? .refused
    }

    /// Takes a socket in under a name that no link had before; gives the name.
    fileprivate func open(_ socket: FileLinkSocket) -> String {
        let name = Hex.encode((0..<FileLink.nameBytes / 2).map { _ in UInt8.random(in: 0...255) })
        links.withLock { $0[name] = socket }
        return name
    }

    fileprivate func close(_ name: String) { links.withLock { $0[name] = nil } }
}

/// A socket of its own beside NIO's, so that files never go to whoever gets that number next.
private final class FileLinkSocket: Sendable {
    private let descriptor: Int32
    private let token = Atomic<UInt64>(0)

    init?(copying handle: Int32) {
        descriptor = fcntl(handle, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    func send(_ pieces: [FileLinks.Piece]) -> UInt64? {
        let token = token.wrappingAdd(1, ordering: .relaxed).newValue
        let message = FileMessage(
            token: token,
            pieces: pieces.map {
                .init(offset: $0.range.lowerBound, count: Int64($0.range.count))
            }
        )
        let (bytes, files) = (message.bytes, pieces.map(\.descriptor))
        let result = unsafe sealgate_send_files(
            descriptor,
            bytes,
            bytes.count,
            files,
            files.count
        )
        return result == 0 ? token : nil
    }
}

/// Tells a new link its name; nothing but files goes over it afterwards.
private final class FileLinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let links: FileLinks
    private var name: String?

    init(_ links: FileLinks) { self.links = links }

    func channelActive(context: ChannelHandlerContext) {
        let socket = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { FileLinkSocket(copying: $0) }
        guard let socket = socket.flatMap(\.self) else { return context.close(promise: nil) }
        let name = links.open(socket)
        self.name = name
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: name)), promise: nil)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let name { links.close(name) }
        name = nil
        context.fireChannelInactive()
    }

    // Clients have nothing to say here.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ConnectionEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
