internal import Synchronization

/// Memory of one body that is written past the page cache: two halves, one filled while the other
/// is on its way to the disk.
@safe
final class DirectBuffer {
    /// What memory, offsets and counts of such writes must be a multiple of, in bytes: the largest
    /// block of usual disks (open(2), O_DIRECT).
    static let alignment = 4096

    /// Bytes of each half.
    let halfBytes: Int
    private let memory: UnsafeMutableRawBufferPointer

    fileprivate init(halfBytes: Int) {
        self.halfBytes = halfBytes
        unsafe memory = .allocate(byteCount: 2 * halfBytes, alignment: Self.alignment)
    }

    deinit { unsafe memory.deallocate() }

    /// Copies bytes into a half, from `offset` of it on; they must fit.
    func fill(_ half: Half, at offset: Int, with bytes: Span<UInt8>) {
        let start = position(of: half) + offset
        unsafe bytes.withUnsafeBytes { source in
            unsafe memory[start..<start + source.count].copyBytes(from: source)
        }
    }

    /// Lends bytes of a half.
    func withBytes<Value>(
        of half: Half,
        _ range: Range<Int>,
        _ body: (Span<UInt8>) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let start = position(of: half)
        let bytes = unsafe UnsafeRawBufferPointer(memory)[start..<start + halfBytes][
            start + range.lowerBound..<start + range.upperBound
        ]
        return try unsafe body(
            UnsafeRawBufferPointer(rebasing: bytes).bindMemory(to: UInt8.self).span
        )
    }

    /// One of the two.
    enum Half {
        case first, second

        var other: Half { self == .first ? .second : .first }
    }

    private func position(of half: Half) -> Int { half == .first ? 0 : halfBytes }
}

/// The event loop fills one half while a thread reads the other.
extension DirectBuffer: @unchecked Sendable {}

/// The memory for bodies that are written past the page cache, up to a limit; what was used once
/// is kept.
final class DirectBuffers: Sendable {
    private struct State {
        var free: [DirectBuffer] = []
        var lentCount = 0
    }

    /// Bytes of one buffer.
    let bufferBytes: Int
    private let countMax: Int
    private let halfBytes: Int
    private let state = Mutex(State())

    /// No buffer yet, and no more than fit into `bytesMax`.
    ///
    /// - Parameters:
    ///   - bytesMax: bytes of all buffers together.
    ///   - halfBytes: bytes written at a time, a multiple of `DirectBuffer.alignment`.
    init(bytesMax: Int, halfBytes: Int = 524_288) {
        self.halfBytes = halfBytes
        bufferBytes = 2 * halfBytes
        countMax = bytesMax / bufferBytes
    }

    /// Bytes of the buffers that are lent.
    var lentBytes: Int { state.withLock { $0.lentCount } * bufferBytes }

    /// Lends a buffer; `nil` where all are lent.
    func take() -> DirectBuffer? {
        state.withLock { state in
            guard state.lentCount < countMax else { return nil }
            state.lentCount += 1
            return state.free.popLast() ?? DirectBuffer(halfBytes: halfBytes)
        }
    }

    /// Takes a buffer back, which nobody may use any more.
    func give(_ buffer: DirectBuffer) {
        state.withLock { state in
            state.lentCount -= 1
            state.free.append(buffer)
        }
    }
}
