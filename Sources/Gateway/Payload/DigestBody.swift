import NIOCore
import Synchronization

/// The digests of one body, with the bytes that wait for them: the loop brings bytes, and one
/// thread after the other takes them in.
final class DigestBody: Sendable {
    /// What waits, and who has the body; changed by the queue alone.
    struct Waiting {
        enum Place { case nowhere, queue, thread }

        var buffers = CircularBuffer<DigestBuffer>()
        var isEnded = false
        var place = Place.nowhere
        /// Whether its place in the queue counts as an urgent one.
        var isCountedUrgent = false

        var isEmpty: Bool { buffers.isEmpty && !isEnded }
    }

    let waiting = Mutex(Waiting())
    private let digests: Mutex<PayloadDigests>
    /// Whether MD5 is all that takes long, so that it gains by being computed beside others.
    let isShareable: Bool
    /// Is told by a thread after each job.
    let progressed: @Sendable (DigestProgress) -> Void

    init(
        _ expected: PayloadExpectations,
        progressed: @escaping @Sendable (DigestProgress) -> Void
    ) {
        isShareable = expected.wantsOnlyMD5
        digests = Mutex(PayloadDigests(expected))
        self.progressed = progressed
    }

    /// Takes a buffer into all digests but MD5, which is handed out.
    func begin(_ buffer: DigestBuffer?) -> MD5Stream? {
        digests.withLock { digests in
            if let buffer {
                buffer.withBytes(0..<buffer.count) { digests.updateAllButMD5($0) }
            }
            return digests.md5
        }
    }

    /// Takes MD5 back; gives the digests after the last buffer.
    func end(_ md5: MD5Stream?, isLast: Bool) -> PayloadDigests.Found? {
        digests.withLock { digests in
            if let md5 { digests.md5 = md5 }
            return isLast ? digests.finish() : nil
        }
    }
}
