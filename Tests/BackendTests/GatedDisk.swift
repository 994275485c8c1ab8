import Dispatch
import Glibc
import Synchronization

@testable import Backend

/// The real disk, whose writes can be held, seen, and refused past the page cache.
final class GatedDisk: RealDisk {
    /// A write, and whether it went past the page cache.
    struct Write: Equatable, Sendable {
        var offset: Int64
        var count: Int
        var isDirect: Bool
    }

    /// What it makes of writes past the page cache.
    enum Manner: Sendable {
        case takes
        /// The file system knows none.
        case unknown
        /// The disk refuses each.
        case refuses
    }

    private struct State {
        var writes: [Write] = []
        var direct: Set<Int32> = []
        var failsAll = false
    }

    let disk = LinuxFiles()
    private let manner: Manner
    private let isHeld: Bool
    private let gate = DispatchSemaphore(value: 0)
    private let began = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    init(_ manner: Manner = .takes, holdingWrites isHeld: Bool = false) {
        self.manner = manner
        self.isHeld = isHeld
    }

    /// In the order in which they were done.
    var writes: [Write] { state.withLock { $0.writes } }

    /// Waits until a write that is held has begun.
    func awaitWrite() { began.wait() }

    /// Lets one held write go.
    func letGo() { gate.signal() }

    func failAllWrites() { state.withLock { $0.failsAll = true } }

    func setDirect(_ isDirect: Bool, _ descriptor: Int32) -> Bool {
        if manner == .unknown { return false }
        state.withLock { state in
            if isDirect {
                state.direct.insert(descriptor)
            } else {
                state.direct.remove(descriptor)
            }
        }
        // The scratch folder's file system may know none.
        _ = disk.setDirect(isDirect, descriptor)
        return true
    }

    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        let (isDirect, fails) = state.withLock { state in
            let isDirect = state.direct.contains(descriptor)
            return (isDirect, state.failsAll || isDirect && manner == .refuses)
        }
        if isHeld {
            began.signal()
            gate.wait()
        }
        if fails { throw StoreError(errno: isDirect ? EINVAL : EIO, doing: "write") }
        try disk.write(bytes, to: descriptor, at: offset)
        let write = Write(offset: offset, count: bytes.count, isDirect: isDirect)
        state.withLock { $0.writes.append(write) }
    }

    func close(_ descriptor: Int32) {
        state.withLock { _ = $0.direct.remove(descriptor) }
        disk.close(descriptor)
    }
}
