import Dispatch
import Synchronization

@testable import Backend

/// The real disk, of whose files none or all are in the page cache; what is brought in can be held.
final class ColdDisk: RealDisk {
    let disk = LinuxFiles()
    private let isHeld: Bool
    private let isWarm: Bool
    private let gate = DispatchSemaphore(value: 0)
    private let state = Mutex((begun: 0, done: [Range<Int64>]()))

    init(holding isHeld: Bool = false, warm isWarm: Bool = false) {
        self.isHeld = isHeld
        self.isWarm = isWarm
    }

    /// How often a thread began to bring something in.
    var begunCount: Int { state.withLock { $0.begun } }

    /// What was brought in.
    var brought: [Range<Int64>] { state.withLock { $0.done } }

    /// Lets so many held calls go.
    func letGo(_ count: Int) { for _ in 0..<count { gate.signal() } }

    func isCached(_ range: Range<Int64>, of descriptor: Int32) -> Bool { isWarm }

    func bringIn(_ range: Range<Int64>, of descriptor: Int32) throws(StoreError) {
        state.withLock { $0.begun += 1 }
        if isHeld { gate.wait() }
        try disk.bringIn(range, of: descriptor)
        state.withLock { $0.done.append(range) }
    }
}
