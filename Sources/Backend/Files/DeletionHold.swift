internal import Glibc

/// While a backup or a check of a data folder runs, no body is deleted from it, by whomever.
///
/// The file `hold` is locked by whoever reads bodies of a snapshot of the index; whoever deletes a
/// body looks at it in between the commit that dropped the body and the deletion. A body that a
/// snapshot names was dropped after the snapshot, so its deletion finds the lock.
final class DeletionHold: Sendable {
    private static let triesMax = 10_000

    private let descriptor: Int32

    /// The hold of a folder, not yet taken.
    init(folder: Int32) throws(StoreError) {
        descriptor = try FileCalls.open("hold", in: folder, flags: O_RDWR | O_CREAT)
    }

    deinit { close(descriptor) }

    /// Whether somebody else holds back deletions.
    var isHeld: Bool {
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return true }
        flock(descriptor, LOCK_UN)
        return false
    }

    /// Takes it until this goes; `false` where another has it.
    func take() -> Bool {
        // Who looks at it has it for a moment.
        for _ in 0..<Self.triesMax {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            sched_yield()
        }
        return false
    }
}
