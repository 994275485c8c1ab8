/// A key that the client gave for one request (SSE-C): 32 bytes, overwritten when it ends.
///
/// It can't be copied, printed, compared or turned into a `String`; its bytes are lent for the
/// time of a call.
@safe
public struct CustomerKey: ~Copyable, @unchecked Sendable {
    // `@unchecked`: the memory is written in `init` alone and read-only until `deinit`. It isn't an
    // array, since an array's storage can't be overwritten with certainty: it may be shared.
    private let memory: UnsafeMutablePointer<UInt8>

    /// The key's MD5, base64: what answers show as `…-customer-key-MD5`.
    public let digest: String

    /// The length of a key in bytes.
    public static let byteCount = 32

    /// A copy of 32 bytes, with their MD5; the caller wipes its own.
    ///
    /// - Precondition: `bytes` are 32.
    init(copying bytes: [UInt8], digest: String) {
        precondition(bytes.count == Self.byteCount)
        unsafe memory = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.byteCount)
        for (index, byte) in bytes.enumerated() {
            unsafe (memory + index).initialize(to: byte)
        }
        self.digest = digest
    }

    /// Lends the 32 bytes to `body`, which must not keep them.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe UnsafeBufferPointer(start: memory, count: Self.byteCount)
        return try unsafe body(bytes.span)
    }

    deinit {
        unsafe Self.wipe(memory, count: Self.byteCount)
        unsafe memory.deallocate()
    }

    /// Overwrites an array's bytes with zeros; in place, where nobody else holds it.
    static func wipe(_ bytes: inout [UInt8]) {
        let count = bytes.count
        unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { unsafe wipe(start, count: count) }
        }
    }

    // Kept from the optimizer, which may leave out writes that it sees nobody read.
    @inline(never)
    @_optimize(none)
    private static func wipe(_ memory: UnsafeMutablePointer<UInt8>, count: Int) {
        for index in 0..<count { unsafe memory[index] = 0 }
    }
}
