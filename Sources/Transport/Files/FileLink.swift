internal import CLinux
internal import Glibc
internal import NIOCore

/// The client's end of a file link; bound to its event loop, and never waits.
///
/// It is made when it is first asked for, and again a while after it broke.
final class FileLink {
    /// Bytes of a link's name, with which the server begins.
    static let nameBytes = 16
    private static let retryDelay = TimeAmount.seconds(5)

    private struct Body {
        var files: [FileBody.Part]
        var since: NIODeadline
    }

    private let path: String
    /// Files that nobody asked for yet, at most; the oldest go first.
    private let unclaimedMax: Int
    private var socket: ReceivedSocket?
    private var greeting: [UInt8] = []
    private var name: String?
    private var retryAt = NIODeadline.uptimeNanoseconds(0)
    private var unclaimed: [UInt64: Body] = [:]

    init(path: String, unclaimedMax: Int) {
        self.path = path
        self.unclaimedMax = unclaimedMax
    }

    /// The name under which the server knows the link, once it said so.
    func nameIfOpen(_ now: NIODeadline) -> String? {
        if let name { return name }
        if socket == nil {
            guard now >= retryAt else { return nil }
            socket = ReceivedSocket(connectingTo: path)
            if socket == nil { reset(now) }
        }
        receiveName(now)
        return name
    }

    /// The body that an answer names, whose files came before the answer did.
    func claim(_ token: UInt64, _ now: NIODeadline) -> FileBody? {
        receiveAll(now)
        return unclaimed.removeValue(forKey: token).map { FileBody($0.files) }
    }

    /// Closes what came until `deadline` and was never claimed; whether anything is left.
    func sweep(until deadline: NIODeadline, _ now: NIODeadline) -> Bool {
        receiveAll(now)
        unclaimed = unclaimed.filter { $0.value.since > deadline }
        return !unclaimed.isEmpty
    }

    /// Lets go of the link and of what came over it; the next comes after a while.
    func reset(_ now: NIODeadline) {
        socket = nil
        name = nil
        greeting = []
        unclaimed = [:]
        retryAt = now + Self.retryDelay
    }

    private func receiveName(_ now: NIODeadline) {
        guard let socket else { return }
        switch socket.receive(upTo: Self.nameBytes - greeting.count) {
        case .nothing: return
        case .message(let bytes, let files):
            guard files.isEmpty else { return reset(now) }
            greeting += bytes
            guard greeting.count == Self.nameBytes else { return }
            name = String(decoding: greeting, as: UTF8.self)
        case .over: reset(now)
        }
    }

    private func receiveAll(_ now: NIODeadline) {
        while let socket, name != nil {
            switch socket.receive(upTo: FileMessage.bytesMax) {
            case .nothing: return
            case .message(let bytes, let files):
                guard let message = FileMessage(bytes.span, fileCount: files.count) else {
                    return reset(now)
                }
                keep(message, files, now)
            case .over: return reset(now)
            }
        }
    }

    private func keep(_ message: FileMessage, _ files: [ReceivedFile], _ now: NIODeadline) {
        var count = unclaimed.values.reduce(files.count) { $0 + $1.files.count }
        while count > unclaimedMax, let oldest = unclaimed.min(by: { $0.key < $1.key }) {
            count -= oldest.value.files.count
            unclaimed[oldest.key] = nil
        }
        let parts = zip(files, message.pieces).map { FileBody.Part(file: $0, piece: $1) }
        unclaimed[message.token] = Body(files: parts, since: now)
    }
}

/// A connected Unix socket that is asked without waiting.
private final class ReceivedSocket {
    enum Outcome {
        case nothing
        case message([UInt8], [ReceivedFile])
        /// It has ended, or is broken.
        case over
    }

    private let descriptor: Int32

    /// `nil` where nobody listens there.
    init?(connectingTo path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { name in
            unsafe name.copyBytes(from: path.utf8)
        }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = Glibc.socket(AF_UNIX, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let result = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func receive(upTo capacity: Int) -> Outcome {
        var files = [Int32](repeating: -1, count: FileMessage.piecesMax)
        var fileCount = files.count
        var received = -1
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            repeat {
                fileCount = files.count
                received = unsafe sealgate_receive_files(
                    descriptor,
                    buffer.baseAddress,
                    buffer.count,
                    &files,
                    &fileCount
                )
            } while received < 0 && errno == EINTR
            count = max(received, 0)
        }
        if received < 0 { return errno == EAGAIN ? .nothing : .over }
        guard received > 0 else { return .over }
        return .message(bytes, files.prefix(fileCount).map { ReceivedFile($0) })
    }
}
