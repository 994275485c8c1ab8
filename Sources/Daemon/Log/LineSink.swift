import Glibc
import Synchronization

/// Writes lines to a file or a descriptor from a thread of its own.
///
/// `write(_:)` never blocks and never fails: lines go to a queue of bounded bytes, and those that
/// don't fit are dropped and counted.
public final class LineSink: Sendable {
    /// Why a sink can't be made or opened again.
    public enum OpenError: Error, Equatable, Sendable {
        /// The file can't be opened; the reason in words.
        case fileUnusable(path: String, reason: String)
        /// The system has no thread left.
        case threadRefused
    }

    private struct Queue {
        var bytes: [UInt8] = []
        var lines = 0
        var closed = false
    }

    // Apart from the sink, so that the thread doesn't keep the sink alive.
    private final class Core: Sendable {
        let queue = Mutex(Queue())
        let descriptor: Mutex<Int32>
        let wake = WakeSignal()
        let linesDropped = Atomic<UInt64>(0)

        init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

        // Taken under the descriptor's lock, so that what was queued first is written first.
        func drain() {
            descriptor.withLock { descriptor in
                let taken = queue.withLock { queue in
                    let taken = queue
                    queue.bytes = []
                    queue.lines = 0
                    return taken
                }
                if !LineSink.writeAll(taken.bytes, to: descriptor) {
                    linesDropped.wrappingAdd(UInt64(taken.lines), ordering: .relaxed)
                }
            }
        }

        func run() {
            while true {
                wake.wait()
                let closed = queue.withLock(\.closed)
                drain()
                if closed { return }
            }
        }
    }

    private let core: Core
    private let queueBytesMax: Int
    private let path: String?
    private let thread: Mutex<DaemonThread?>

    /// A sink to an open descriptor, which stays the caller's.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go; 2 is standard error.
    ///   - queueBytesMax: how many bytes may wait.
    /// - Throws: `.threadRefused`.
    public convenience init(
        descriptor: Int32,
        queueBytesMax: Int = 4 << 20
    ) throws(OpenError) {
        try self.init(descriptor: descriptor, path: nil, queueBytesMax: queueBytesMax)
    }

    /// A sink to a file, appended to and made with mode 0600.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - queueBytesMax: how many bytes may wait.
    /// - Throws: `.fileUnusable`, `.threadRefused`.
    public convenience init(path: String, queueBytesMax: Int = 4 << 20) throws(OpenError) {
        try self.init(
            descriptor: Self.open(path),
            path: path,
            queueBytesMax: queueBytesMax
        )
    }

    private init(descriptor: Int32, path: String?, queueBytesMax: Int) throws(OpenError) {
        let core = Core(descriptor)
        self.core = core
        self.path = path
        self.queueBytesMax = queueBytesMax
        do {
            thread = Mutex(try DaemonThread { core.run() })
        } catch {
            if path != nil { Glibc.close(descriptor) }
            throw .threadRefused
        }
    }

    deinit { close() }

    /// How many lines were lost, because the queue was full or writing failed.
    public var linesDropped: UInt64 { core.linesDropped.load(ordering: .relaxed) }

    /// Queues a line, which must end in a line feed; drops it where the queue is full.
    public func write(_ line: [UInt8]) {
        let (accepted, first) = core.queue.withLock { queue in
            guard !queue.closed, queue.bytes.count + line.count <= queueBytesMax else {
                return (false, false)
            }
            let first = queue.bytes.isEmpty
            queue.bytes.append(contentsOf: line)
            queue.lines += 1
            return (true, first)
        }
        if first { core.wake.signal() }
        if !accepted { core.linesDropped.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Writes what is queued before it returns; blocks.
    public func flush() { core.drain() }

    /// Goes on in a new file of the same path: after log rotation.
    ///
    /// Without effect on a sink to a descriptor, or a closed one. Where the file can't be opened,
    /// the old one stays.
    ///
    /// - Throws: `.fileUnusable`.
    public func reopen() throws(OpenError) {
        guard let path, !core.queue.withLock(\.closed) else { return }
        let fresh = try Self.open(path)
        core.drain()
        let old = core.descriptor.withLock { descriptor in
            let old = descriptor
            descriptor = fresh
            return old
        }
        Glibc.close(old)
    }

    /// Writes what is queued and ends the thread; later lines are dropped.
    public func close() {
        let running = thread.withLock { thread in
            let running = thread
            thread = nil
            return running
        }
        guard let running else { return }
        core.queue.withLock { $0.closed = true }
        core.wake.signal()
        running.join()
        guard path != nil else { return }
        core.descriptor.withLock { descriptor in
            Glibc.close(descriptor)
            descriptor = -1
        }
    }

    private static func open(_ path: String) throws(OpenError) -> Int32 {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            throw .fileUnusable(path: path, reason: SystemFile.reason(errno))
        }
        return descriptor
    }

    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: $0[offset...]).baseAddress,
                    bytes.count - offset
                )
            }
            if count >= 0 {
                offset += count
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard unsafe poll(&wanted, 1, 5000) > 0 || errno == EINTR else { return false }
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
