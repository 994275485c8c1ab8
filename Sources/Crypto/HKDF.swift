internal import COpenSSL

/// HKDF with SHA-384, RFC 5869.
public enum HKDF {
    private nonisolated(unsafe) static let algorithm = unsafe EVP_KDF_fetch(nil, "HKDF", nil)

    // OSSL_PARAM keeps the pointer to a name: it must outlive the call that makes the parameter.
    private static let modeName: StaticString = "mode"
    private static let digestName: StaticString = "digest"
    private static let keyName: StaticString = "key"
    private static let saltName: StaticString = "salt"
    private static let infoName: StaticString = "info"

    /// HKDF-Extract.
    ///
    /// - Parameters:
    ///   - salt: not secret, 1 byte or more.
    ///   - secret: the input keying material.
    /// - Returns: a key of 48 bytes.
    /// - Throws: `.lengthInvalid` for an empty salt, `.libraryFailure`, `.secretMemoryExhausted`.
    public static func extract(
        salt: [UInt8],
        secret: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        guard !salt.isEmpty else { throw .lengthInvalid }
        return try derive(
            mode: EVP_KDF_HKDF_MODE_EXTRACT_ONLY,
            key: secret.span,
            name: saltName,
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
            name: infoName,
            value: info.span,
            count: count
        )
    }

    private static func derive(
        mode: CInt,
        key: Span<UInt8>,
        name: StaticString,
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
                                OSSL_PARAM_construct_int(modeName.cString, mode),
                                OSSL_PARAM_construct_utf8_string(
                                    digestName.cString,
                                    digest.baseAddress,
                                    0
                                ),
                                OSSL_PARAM_construct_octet_string(
                                    keyName.cString,
                                    UnsafeMutableRawPointer(mutating: key.baseAddress),
                                    key.count
                                ),
                                OSSL_PARAM_construct_octet_string(
                                    name.cString,
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

extension StaticString {
    /// The text as C has it: it ends with a zero and lives as long as the process.
    var cString: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
