internal import COpenSSL
internal import Synchronization

/// Random numbers that aren't secret: ids, salts.
///
/// Small ones are cut from a block that was drawn at once: a draw costs more than a salt's seal.
/// Nothing is ever handed out twice; the process never forks.
public enum Random {
    private static let blockCount = 4096
    /// Larger requests are drawn for themselves.
    private static let pieceCountMax = 64

    private struct Block {
        var bytes: [UInt8] = []
        var used = 0
    }

    private static let block = Mutex(Block())

    /// `count` bytes of the system's random number generator.
    ///
    /// - Throws: `.randomUnavailable`.
    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        guard count <= pieceCountMax else { return try draw(count) }
        return try take(count) { Array($0) }
    }

    /// Random words of 64 bits in the place of what is there.
    ///
    /// - Throws: `.randomUnavailable`.
    public static func fill(_ words: inout MutableSpan<UInt64>) throws(CryptoError) {
        for index in words.indices {
            words[index] = try take(8) { piece in
                unsafe piece.span.bytes.unsafeLoadUnaligned(as: UInt64.self)
            }
        }
    }

    /// The next `count` bytes of the block, which nobody is given again.
    private static func take<Value: Sendable>(
        _ count: Int,
        _ read: (ArraySlice<UInt8>) -> Value
    ) throws(CryptoError) -> Value {
        try block.withLock { (block) throws(CryptoError) in
            if block.bytes.count - block.used < count {
                block = Block(bytes: try draw(blockCount))
            }
            defer { block.used += count }
            return read(block.bytes[block.used..<(block.used + count)])
        }
    }

    private static func draw(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe RAND_bytes($0.baseAddress, CInt($0.count))
        }
        guard result == 1 else { throw .randomUnavailable }
        return bytes
    }
}
