/// Bytes of a body that wait for their digests.
@safe
final class DigestBuffer {
    /// Bytes of one buffer, a multiple of every digest's block.
    static let capacity = 131_072

    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init() {
        unsafe memory = .allocate(byteCount: Self.capacity, alignment: 32)
    }

    deinit { unsafe memory.deallocate() }

    var isFull: Bool { count == Self.capacity }

    /// The address of the first byte; good as long as the buffer is held.
    var address: UnsafePointer<UInt8>? {
        unsafe UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    /// Copies as many bytes from `offset` on as there is room for; gives their number.
    func append(_ bytes: Span<UInt8>, from offset: Int) -> Int {
        let taken = min(bytes.count - offset, Self.capacity - count)
        unsafe bytes.extracting(offset..<offset + taken).withUnsafeBytes { source in
            unsafe memory[count..<count + taken].copyBytes(from: source)
        }
        count += taken
        return taken
    }

    /// Lends the bytes of a range.
    func withBytes(_ range: Range<Int>, _ body: (Span<UInt8>) -> Void) {
        let bytes = unsafe UnsafeRawBufferPointer(memory)[range]
        unsafe body(UnsafeRawBufferPointer(rebasing: bytes).bindMemory(to: UInt8.self).span)
    }
}

/// Filled by the event loop, then read by one thread at a time and changed by none.
extension DigestBuffer: @unchecked Sendable {}
