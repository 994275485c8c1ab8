internal import COpenSSL

/// HKDF with SHA-384, RFC 5869.
public enum HKDF {
    private nonisolated(unsafe) static let algorithm = unsafe EVP_KDF_fetch(nil, "HKDF", nil)

    /// HKDF-Extract.
    ///
    /// - Parameters:
    ///   - salt: not secret, 1 byte or more.
    ///   - secret: the input keying material.
    /// - Returns: a key of 48 bytes.
    /// - Throws: `.libraryFailure`, `.secretMemoryExhausted`.
    public static func extract(
        salt: [UInt8],
        secret: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        try derive(
            mode: EVP_KDF_HKDF_MODE_EXTRACT_ONLY,
            key: secret.span,
            name: OSSL_KDF_PARAM_SALT,
            value: salt.span,
            count: 48
        )
    }

    /// HKDF-Expand: `count` bytes, 1...12,240.
    ///
    /// - Throws: `.libraryFailure`, `.lengthInvalid`, `.secretMemoryExhausted`.
    public static func expand(
        _ key: borrowing SecretBytes,
        info: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard (1...12_240).contains(count) else { throw .lengthInvalid }
        return try derive(
            mode: EVP_KDF_HKDF_MODE_EXPAND_ONLY,
            key: key.span,
            name: OSSL_KDF_PARAM_INFO,
            value: info.span,
            count: count
        )
    }

    private static func derive(
        mode: CInt,
        key: Span<UInt8>,
        name: String,
        value: Span<UInt8>,
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard let context = unsafe EVP_KDF_CTX_new(algorithm) else { throw .libraryFailure }
        defer { unsafe EVP_KDF_CTX_free(context) }
        return try unsafe SecretBytes(count: count) { output throws(CryptoError) in
            var mode = mode
            var digest = Array("SHA384".utf8CString)
            let result = unsafe withUnsafeMutablePointer(to: &mode) { mode in
                unsafe digest.withUnsafeMutableBufferPointer { digest in
                    unsafe key.withUnsafeBytes { key in
                        unsafe value.withUnsafeBytes { value in
                            // OpenSSL reads these and takes them by a pointer that isn't const.
                            let parameters = unsafe [
                                OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, mode),
                                OSSL_PARAM_construct_utf8_string(
                                    OSSL_KDF_PARAM_DIGEST,
                                    digest.baseAddress,
                                    0
                                ),
                                OSSL_PARAM_construct_octet_string(
                                    OSSL_KDF_PARAM_KEY,
                                    UnsafeMutableRawPointer(mutating: key.baseAddress),
                                    key.count
                                ),
                                OSSL_PARAM_construct_octet_string(
                                    name,
                                    UnsafeMutableRawPointer(mutating: value.baseAddress),
                                    value.count
                                ),
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
            }
            guard result == 1 else { throw .libraryFailure }
        }
    }
}
