internal import COpenSSL

/// Scrypt, RFC 7914: a key out of a passphrase, at a price in memory and time.
public struct Scrypt: Equatable, Sendable {
    /// The cost N, a power of two.
    public let cost: UInt64
    /// The block size r.
    public let blockSize: UInt32
    /// The parallelism p.
    public let parallelism: UInt32

    /// 128 MiB and a few tenths of a second: N = 2^17, r = 8, p = 1.
    public static let standard = Scrypt(cost: 1 << 17, blockSize: 8, parallelism: 1)

    private nonisolated(unsafe) static let algorithm = unsafe EVP_KDF_fetch(nil, "SCRYPT", nil)
    private static let memoryMax: UInt64 = 1 << 30

    // OSSL_PARAM keeps the pointer to a name: it must outlive the call that makes the parameter.
    private static let passphraseName: StaticString = "pass"
    private static let saltName: StaticString = "salt"
    private static let costName: StaticString = "n"
    private static let blockSizeName: StaticString = "r"
    private static let parallelismName: StaticString = "p"
    private static let memoryName: StaticString = "maxmem_bytes"

    /// Parameters, or `nil` for a cost that isn't a power of two in 2...2^20, a block size outside
    /// 1...32, a parallelism outside 1...16, or over 1 GiB of memory.
    public init?(checking cost: UInt64, blockSize: UInt32, parallelism: UInt32) {
        guard (2...1 << 20).contains(cost), cost.nonzeroBitCount == 1,
            (1...32).contains(blockSize), (1...16).contains(parallelism),
            128 * cost * UInt64(blockSize) < Self.memoryMax
        else { return nil }
        self.init(cost: cost, blockSize: blockSize, parallelism: parallelism)
    }

    private init(cost: UInt64, blockSize: UInt32, parallelism: UInt32) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// Derives a key; blocks the thread for as long as the parameters ask.
    ///
    /// - Parameters:
    ///   - passphrase: 1 byte or more.
    ///   - salt: not secret, 16 bytes or more where it's new.
    ///   - count: the length of the key in bytes, 1...1,024.
    /// - Returns: the key.
    /// - Throws: `.lengthInvalid`, `.libraryFailure`, `.secretMemoryExhausted`.
    public func derive(
        passphrase: borrowing SecretBytes,
        salt: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard (1...1024).contains(count) else { throw .lengthInvalid }
        return try derive(passphrase.span, salt.span, count)
    }

    private func derive(
        _ passphrase: Span<UInt8>,
        _ salt: Span<UInt8>,
        _ count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard let context = unsafe EVP_KDF_CTX_new(Self.algorithm) else { throw .libraryFailure }
        defer { unsafe EVP_KDF_CTX_free(context) }
        return try unsafe SecretBytes(count: count) { output throws(CryptoError) in
            // OpenSSL reads these and takes them by pointers that aren't const.
            var numbers = [cost, UInt64(blockSize), UInt64(parallelism), 2 * Self.memoryMax]
            let result = unsafe numbers.withUnsafeMutableBufferPointer { numbers -> CInt in
                unsafe passphrase.withUnsafeBytes { passphrase in
                    unsafe salt.withUnsafeBytes { salt -> CInt in
                        guard let number = numbers.baseAddress else { return 0 }
                        let parameters = unsafe [
                            OSSL_PARAM_construct_octet_string(
                                Self.passphraseName.cString,
                                UnsafeMutableRawPointer(mutating: passphrase.baseAddress),
                                passphrase.count
                            ),
                            OSSL_PARAM_construct_octet_string(
                                Self.saltName.cString,
                                UnsafeMutableRawPointer(mutating: salt.baseAddress),
                                salt.count
                            ),
                            OSSL_PARAM_construct_uint64(Self.costName.cString, number),
                            OSSL_PARAM_construct_uint64(Self.blockSizeName.cString, number + 1),
                            OSSL_PARAM_construct_uint64(Self.parallelismName.cString, number + 2),
                            OSSL_PARAM_construct_uint64(Self.memoryName.cString, number + 3),
                            OSSL_PARAM_construct_end(),
                        ]
                        return unsafe EVP_KDF_derive(
                            context,
                            output.bindMemory(to: UInt8.self).baseAddress,
                            output.count,
                            parameters
                        )
                    }
                }
            }
            guard result == 1 else { throw .libraryFailure }
        }
    }
}
