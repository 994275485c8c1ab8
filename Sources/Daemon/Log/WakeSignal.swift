import Glibc

/// Wakes a waiting thread; a semaphore, because `Mutex` has no condition.
@safe
final class WakeSignal: Sendable {
    // Semaphores are made for use by several threads at once.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    /// Lets one wait, now or later, end.
    func signal() { unsafe sem_post(semaphore) }

    /// Waits for a signal.
    func wait() { while unsafe sem_wait(semaphore) != 0 && errno == EINTR {} }
}
