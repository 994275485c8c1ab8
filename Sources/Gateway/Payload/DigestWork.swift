import Daemon
import NIOCore
import Synchronization

/// The digests of one body, computed in order on threads beside its event loop.
///
/// Bytes are copied here, since those of the transport are lent. What waits is bounded by the
/// sender's credit: while `isBehind`, none is to be given. Bound to the event loop.
final class DigestWork {
    /// The digests, which the loop makes and one thread after the other carries on.
    private final class State: Sendable {
        let digests: Mutex<PayloadDigests>

        init(_ expected: PayloadExpectations) { digests = Mutex(PayloadDigests(expected)) }

        /// Takes the buffers in; gives the digests after the last.
        func run(_ batch: [ByteBuffer], isLast: Bool) -> PayloadDigests.Found? {
            digests.withLock { digests in
                for buffer in batch {
                    unsafe buffer.withUnsafeReadableBytes { bytes in
                        unsafe digests.update(bytes.bindMemory(to: UInt8.self).span)
                    }
                }
                return isLast ? digests.finish() : nil
            }
        }
    }

    /// Bytes copied into one buffer.
    private static let bufferBytes = 131_072

    private let threads: DigestThreads
    private let eventLoop: any EventLoop
    private let state: State
    private var filling = ByteBuffer()
    private var full: [ByteBuffer] = []
    private var backlog = 0
    private var isRunning = false
    private var isBroken = false
    private var completion: ((PayloadDigests.Found?) -> Void)?

    /// Called when the backlog is within its limit again.
    var caughtUp: (() -> Void)?

    init(_ expected: PayloadExpectations, _ threads: DigestThreads, on eventLoop: any EventLoop) {
        self.threads = threads
        self.eventLoop = eventLoop
        state = State(expected)
    }

    deinit { threads.waiting.subtract(backlog, ordering: .relaxed) }

    /// Whether more waits than the limit allows.
    var isBehind: Bool { backlog > threads.backlogMax }

    func update(_ bytes: Span<UInt8>) {
        let wasBehind = isBehind
        backlog += bytes.count
        threads.waiting.add(bytes.count, ordering: .relaxed)
        if isBehind, !wasBehind { threads.waits.increment() }
        var offset = 0
        while offset < bytes.count {
            if filling.capacity == 0 {
                filling = ByteBufferAllocator().buffer(capacity: Self.bufferBytes)
            }
            let room = Self.bufferBytes - filling.readableBytes
            let end = min(bytes.count, offset + room)
            unsafe bytes.extracting(offset..<end).withUnsafeBufferPointer {
                _ = unsafe filling.writeBytes($0)
            }
            offset = end
            if filling.readableBytes == Self.bufferBytes { endBuffer() }
        }
        runNext()
    }

    /// The body is complete; `completion` gets its digests, or `nil` where they could not be
    /// computed because the process stops.
    func finish(_ completion: @escaping (PayloadDigests.Found?) -> Void) {
        self.completion = completion
        endBuffer()
        runNext()
    }

    private func endBuffer() {
        guard filling.readableBytes > 0 else { return }
        full.append(filling)
        filling = ByteBuffer()
    }

    private func runNext() {
        guard !isRunning, !full.isEmpty || completion != nil else { return }
        isRunning = true
        let batch = full
        full = []
        let isLast = completion != nil
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        threads.submit { [state, eventLoop] isRun in
            let found = isRun ? state.run(batch, isLast: isLast) : nil
            let count = batch.reduce(0) { $0 + $1.readableBytes }
            eventLoop.execute { this.value.ran(count, found, isBroken: !isRun) }
        }
    }

    private func ran(_ count: Int, _ found: PayloadDigests.Found?, isBroken: Bool) {
        isRunning = false
        let wasBehind = isBehind
        backlog -= count
        threads.waiting.subtract(count, ordering: .relaxed)
        if isBroken { self.isBroken = true }
        if let completion, found != nil || self.isBroken {
            self.completion = nil
            return completion(self.isBroken ? nil : found)
        }
        runNext()
        if wasBehind, !isBehind { caughtUp?() }
    }
}
