import CLinux

/// How the C allocator treats memory that requests give back.
public enum AllocatorTuning {
    /// The freed memory kept for reuse, in bytes an arena: 16 MiB.
    ///
    /// By default glibc returns memory to the kernel as soon as 128 KiB lie free at an arena's end,
    /// and takes it again with page faults for the next request.
    public static let keptBytes = 16 << 20

    /// Keeps freed memory, from before threads are made; without effect where it is refused.
    public static func apply() { _ = sealgate_keep_freed_memory(keptBytes) }
}
