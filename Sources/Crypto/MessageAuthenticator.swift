internal import CHashing

/// HMAC-SHA-256, RFC 2104, of many short messages under one key, which is taken in once.
public struct MessageAuthenticator: ~Copyable {
    // As much as a block of SHA-256: a longer key would be hashed first (RFC 2104 section 2).
    private static let keyCountMax = 64

    /// What the key became, or the key itself where algorithms come by name.
    private let keyed: SecretBytes

    /// An authenticator under a key of 1 to 64 bytes.
    ///
    /// - Throws: `.lengthInvalid`, `.secretMemoryExhausted`.
    public init(key: Span<UInt8>) throws(CryptoError) {
        guard (1...Self.keyCountMax).contains(key.count) else { throw .lengthInvalid }
        guard HashFunction.isDirect else {
            keyed = try SecretBytes(copying: key)
            return
        }
        let count = Int(SEALGATE_HMAC_KEYED_BYTES)
        keyed = try unsafe SecretBytes(count: count) { keyed throws(CryptoError) in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe sealgate_hmac_sha256_begin(keyed.baseAddress, key.baseAddress, key.count)
            }
        }
    }

    /// The code of a message, 32 bytes.
    ///
    /// - Throws: `.libraryFailure`.
    public borrowing func code(
        of message: Span<UInt8>
    ) throws(CryptoError) -> InlineArray<32, UInt8> {
        guard HashFunction.isDirect else {
            return HashFunction.copy(
                try HMAC.code(.sha256, key: keyed.span, message: message)
            )
        }
        var code = InlineArray<32, UInt8>(repeating: 0)
        var span = code.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { code in
            unsafe keyed.span.withUnsafeBytes { keyed in
                unsafe message.withUnsafeBufferPointer { message in
                    unsafe sealgate_hmac_sha256(
                        keyed.baseAddress,
                        message.baseAddress,
                        message.count,
                        code.baseAddress
                    )
                }
            }
        }
        return code
    }
}
