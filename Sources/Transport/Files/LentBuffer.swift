/// Memory of an event loop that one reader at a time fills, and lends what it read.
///
/// Who is lent bytes may call back into other readers: those have to come again.
@safe
final class LentBuffer {
    private let memory: UnsafeMutableRawBufferPointer
    private var isLent = false

    init(byteCount: Int) {
        unsafe memory = .allocate(byteCount: byteCount, alignment: 4096)
    }

    deinit { unsafe memory.deallocate() }

    /// Has `fill` read into the memory, and hands what it gave the count of to `use`; `false`,
    /// without doing anything, while another reader's bytes are lent.
    func lend(
        _ fill: (UnsafeMutableRawBufferPointer) -> Int?,
        to use: (Span<UInt8>) -> Void
    ) -> Bool {
        guard !isLent else { return false }
        isLent = true
        defer { isLent = false }
        guard let count = unsafe fill(memory) else { return true }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[..<count])
        unsafe use(bytes.bindMemory(to: UInt8.self).span)
        return true
    }
}
