internal import NIOCore
internal import NIOPosix

/// The large buffers of one event loop, lent to whichever connection is at work.
///
/// Connections that move much would else allocate 128 KiB and more for each turn, and pay for the
/// kernel's fresh pages; connections that are idle would hold them.
final class LoopBuffers {
    // Each thread sees its own value only.
    private nonisolated(unsafe) static let variable = ThreadSpecificVariable<LoopBuffers>()

    /// For what is decrypted.
    var plaintext = SpareBuffer(fullCount: 131_072)
    /// For HTTP/2 frames to be sent.
    var frames = SpareBuffer(fullCount: 262_144)
    /// For what is encrypted.
    var ciphertext = SpareBuffer(fullCount: 262_144)

    /// The current loop's.
    static var current: LoopBuffers {
        if let buffers = unsafe variable.currentValue { return buffers }
        let buffers = LoopBuffers()
        unsafe variable.currentValue = buffers
        return buffers
    }
}

/// A large buffer that is used again.
struct SpareBuffer {
    private let fullCount: Int
    private var spare: ByteBuffer?

    /// Small ones are allocated as needed: who keeps one must not keep 128 KiB.
    private static let smallCountMax = 32_768

    init(fullCount: Int) { self.fullCount = fullCount }

    /// An empty buffer with room for `count` bytes.
    mutating func take(_ count: Int) -> ByteBuffer {
        guard count > Self.smallCountMax else {
            return ByteBufferAllocator().buffer(capacity: count)
        }
        guard let buffer = spare, buffer.capacity >= count else {
            return ByteBufferAllocator().buffer(capacity: max(count, fullCount))
        }
        spare = nil
        return buffer
    }

    /// Gives a buffer back; others that still read it keep what they have.
    mutating func give(_ buffer: consuming ByteBuffer) {
        guard spare == nil, buffer.capacity >= fullCount, buffer.capacity <= 2 * fullCount else {
            return
        }
        buffer.clear()
        spare = buffer
    }
}
