import CChecksums

/// An MD5 (RFC 1321) in the making, which `MD5Lanes` can carry on beside others.
struct MD5Stream: Sendable {
    private static let blockBytes = Int(SEALGATE_MD5_BLOCK)

    private var state = sealgate_md5_start()
    /// The bytes of a block that isn't complete.
    private var rest: [UInt8] = []
    /// Bytes taken in; the digest holds their number modulo 2^61.
    private var count: UInt64 = 0

    /// Whether the next byte begins a block.
    var isBetweenBlocks: Bool { rest.isEmpty }

    /// Takes the next bytes in.
    mutating func update(_ bytes: Span<UInt8>) {
        count &+= UInt64(bytes.count)
        var position = 0
        if !rest.isEmpty {
            position = min(Self.blockBytes - rest.count, bytes.count)
            append(bytes.extracting(0..<position))
            guard rest.count == Self.blockBytes else { return }
            let block = rest
            rest = []
            Self.takeBlocks(block.span, into: &state)
        }
        let end = bytes.count - (bytes.count - position) % Self.blockBytes
        Self.takeBlocks(bytes.extracting(position..<end), into: &state)
        append(bytes.extracting(end..<bytes.count))
    }

    /// The digest of all bytes, 16 bytes; the stream is of no use afterwards.
    mutating func finish() -> [UInt8] {
        let bits = count &* 8
        let zeros = (2 * Self.blockBytes - 9 - rest.count) % Self.blockBytes
        var padding = [0x80] + [UInt8](repeating: 0, count: zeros)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            padding.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        update(padding.span)
        return unsafe withUnsafeBytes(of: state) { words in unsafe Array(words) }
    }

    /// Takes the state to a kernel that adds `blockCount` blocks to it, and back.
    mutating func advance(
        by blockCount: Int,
        _ change: (inout sealgate_md5_state) -> Void
    ) {
        count &+= UInt64(blockCount * Self.blockBytes)
        change(&state)
    }

    /// The state, for a kernel.
    var current: sealgate_md5_state { state }

    private static func takeBlocks(
        _ bytes: Span<UInt8>,
        into state: inout sealgate_md5_state
    ) {
        guard bytes.count > 0 else { return }
        unsafe bytes.withUnsafeBufferPointer { blocks in
            guard let address = blocks.baseAddress else { return }
            unsafe sealgate_md5_blocks(&state, address, blocks.count / blockBytes)
        }
    }

    private mutating func append(_ bytes: Span<UInt8>) {
        for index in bytes.indices { rest.append(bytes[index]) }
    }
}
