internal import COpenSSL

/// Comparison and wiping that tell an attacker nothing.
public enum ConstantTime {
    /// Whether the bytes are equal, in time that depends on the lengths alone.
    public static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        unsafe equal(left.bytes, right.bytes)
    }

    /// Whether the bytes are equal, in time that depends on the lengths alone.
    public static func equal(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        guard left.byteCount > 0 else { return true }
        return unsafe left.withUnsafeBytes { leftBytes in
            unsafe right.withUnsafeBytes { rightBytes in
                let count = leftBytes.count
                return unsafe CRYPTO_memcmp(leftBytes.baseAddress, rightBytes.baseAddress, count)
                    == 0
            }
        }
    }

    /// Whether the bytes are equal, in time that depends on the lengths alone.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        equal(left.span, right.span)
    }

    /// Overwrites `bytes` with zeros in a way that the compiler keeps.
    public static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
        bytes.removeAll()
    }

    /// Overwrites `count` bytes at `address` with zeros in a way that the compiler keeps.
    @unsafe
    public static func wipe(_ address: UnsafeMutableRawPointer, count: Int) {
        guard count > 0 else { return }
        unsafe OPENSSL_cleanse(address, count)
    }
}
