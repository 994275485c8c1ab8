internal import COpenSSL

/// The process's locked heap for secrets: mlock, MADV_DONTDUMP and guard pages, by OpenSSL.
public enum SecretHeap {
    /// The size of the heap in bytes: room for some 30,000 keys of 32 bytes.
    public static let size = 2 << 20

    private static let startResult: CInt = sealgate_secure_heap_start(size, 32)

    /// Whether less than half of the heap is used, so that what only saves time may be kept there.
    public static var isRoomy: Bool { CRYPTO_secure_used() < size / 2 }

    /// Makes the heap at the first call; later calls do nothing.
    public static func start() { _ = startResult }

    /// Whether the heap is there and its pages are locked in memory (`RLIMIT_MEMLOCK` allows it).
    public static var isLocked: Bool { startResult == 1 }
}
