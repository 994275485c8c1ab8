internal import COpenSSL
internal import Synchronization

/// Key material: locked in memory, left out of core dumps, wiped when it ends.
///
/// It can't be copied, printed, encoded or turned into a `String`; its bytes are lent for the time
/// of a call. The memory is OpenSSL's secure heap (`SecretHeap`), behind guard pages.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // `@unchecked`: the memory is written in `init` alone and read-only until `deinit`, but for the
    // supply of random bytes, which has a lock.
    private let memory: UnsafeMutableRawPointer

    /// The number of bytes.
    public let count: Int

    /// Secret bytes that `fill` writes; the memory is zeroed before.
    ///
    /// - Throws: `.secretMemoryExhausted`, `.lengthInvalid` for a count below 1, or what `fill`
    ///   throws (the memory is wiped then).
    public init(
        count: Int,
        fill: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard count > 0 else { throw .lengthInvalid }
        SecretHeap.start()
        guard let memory = unsafe SecretPool.allocate(count) else {
            throw .secretMemoryExhausted
        }
        do throws(CryptoError) {
            try unsafe fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
        } catch {
            unsafe SecretPool.free(memory, count)
            throw error
        }
        unsafe self.memory = memory
        self.count = count
    }

    /// A copy of `bytes`, which stay the caller's to wipe.
    ///
    /// - Throws: `.secretMemoryExhausted`, `.lengthInvalid` for no bytes.
    public init(copying bytes: Span<UInt8>) throws(CryptoError) {
        try unsafe self.init(count: bytes.count) { memory throws(CryptoError) in
            unsafe bytes.withUnsafeBytes { unsafe memory.copyMemory(from: $0) }
        }
    }

    /// `count` bytes of the system's random number generator for secrets.
    ///
    /// - Throws: `.randomUnavailable`, `.secretMemoryExhausted`, `.lengthInvalid`.
    public static func random(count: Int) throws(CryptoError) -> SecretBytes {
        guard count <= RandomSupply.pieceCountMax else { return try drawn(count: count) }
        return try unsafe SecretBytes(count: count) { memory throws(CryptoError) in
            try unsafe RandomSupply.take(into: memory)
        }
    }

    private static func drawn(count: Int) throws(CryptoError) -> SecretBytes {
        try unsafe SecretBytes(count: count) { memory throws(CryptoError) in
            let address = unsafe memory.bindMemory(to: UInt8.self).baseAddress
            guard let count = CInt(exactly: memory.count) else { throw .lengthInvalid }
            guard unsafe RAND_priv_bytes(address, count) == 1 else { throw .randomUnavailable }
        }
    }

    /// Keys to come, drawn many at once, in locked memory.
    ///
    /// A draw costs as much as sealing a small object. What is handed out is wiped here; the
    /// process never forks.
    private enum RandomSupply {
        static let pieceCountMax = 64
        private static let blockCount = 1024

        private struct Block: ~Copyable {
            var bytes: SecretBytes?
            var used = blockCount
        }

        private static let block = Mutex(Block())

        static func take(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
            try block.withLock { (block) throws(CryptoError) in
                if blockCount - block.used < output.count {
                    block.bytes = try drawn(count: blockCount)
                    block.used = 0
                }
                guard let memory = unsafe block.bytes?.memory else { throw .randomUnavailable }
                let piece = unsafe memory + block.used
                block.used += output.count
                unsafe output.copyMemory(
                    from: UnsafeRawBufferPointer(start: piece, count: output.count)
                )
                unsafe OPENSSL_cleanse(piece, output.count)
            }
        }
    }

    /// A copy of a part of the bytes: for keys derived together.
    ///
    /// - Throws: `.lengthInvalid` where the range isn't inside, `.secretMemoryExhausted`.
    public borrowing func part(_ range: Range<Int>) throws(CryptoError) -> SecretBytes {
        guard range.lowerBound >= 0, range.upperBound <= count else { throw .lengthInvalid }
        return try SecretBytes(copying: span.extracting(range))
    }

    /// A second, equal secret: where two owners need one key.
    ///
    /// - Throws: `.secretMemoryExhausted`.
    public borrowing func clone() throws(CryptoError) -> SecretBytes {
        try SecretBytes(copying: span)
    }

    /// The bytes, lent.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let bytes = unsafe UnsafeBufferPointer(
                start: memory.assumingMemoryBound(to: UInt8.self),
                count: count
            )
            return unsafe _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
        }
    }

    /// Lends the bytes for the time of a call: where the secret stands in an object, whose span
    /// can't outlive the access to it.
    ///
    /// - Throws: what `body` throws.
    public borrowing func withSpan<Value: ~Copyable, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(span)
    }

    /// Whether the two are equal, in time that depends on the length alone.
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        ConstantTime.equal(span, other.span)
    }

    deinit { unsafe SecretPool.free(memory, count) }
}
