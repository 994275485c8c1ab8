internal import COpenSSL

/// HMAC, RFC 2104, keyed once and used for many messages.
@safe
public struct HMAC: ~Copyable {
    private let context: OpaquePointer
    private let digestCount: Int

    private nonisolated(unsafe) static let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil)

    // OSSL_PARAM keeps the pointer to a name: it must outlive the call that makes the parameter.
    private static let digestName: StaticString = "digest"

    /// An HMAC under `key`, 0 bytes or more.
    ///
    /// - Throws: `.libraryFailure`.
    public init(_ function: HashFunction, key: Span<UInt8>) throws(CryptoError) {
        guard let context = unsafe EVP_MAC_CTX_new(Self.algorithm) else { throw .libraryFailure }
        var name = Array(function.name.utf8CString)
        let result = unsafe name.withUnsafeMutableBufferPointer { name in
            unsafe key.withUnsafeBufferPointer { key in
                let parameters = unsafe [
                    OSSL_PARAM_construct_utf8_string(
                        Self.digestName.cString,
                        name.baseAddress,
                        0
                    ),
                    OSSL_PARAM_construct_end(),
                ]
                // A null key would mean "go on with the last one".
                var empty: UInt8 = 0
                return unsafe withUnsafePointer(to: &empty) { empty in
                    unsafe EVP_MAC_init(context, key.baseAddress ?? empty, key.count, parameters)
                }
            }
        }
        guard result == 1 else {
            unsafe EVP_MAC_CTX_free(context)
            throw .libraryFailure
        }
        unsafe self.context = context
        digestCount = function.digestCount
    }

    /// Takes the next bytes of the message in.
    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer {
            _ = unsafe EVP_MAC_update(context, $0.baseAddress, $0.count)
        }
    }

    /// The code of the message; the next message begins under the same key.
    public mutating func finish() -> [UInt8] {
        var code = [UInt8](repeating: 0, count: digestCount)
        var count = 0
        unsafe code.withUnsafeMutableBufferPointer {
            _ = unsafe EVP_MAC_final(context, $0.baseAddress, &count, $0.count)
        }
        _ = unsafe EVP_MAC_init(context, nil, 0, nil)
        return code
    }

    /// The code of one message.
    ///
    /// - Throws: `.libraryFailure`.
    public static func code(
        _ function: HashFunction,
        key: Span<UInt8>,
        message: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        var hmac = try HMAC(function, key: key)
        hmac.update(message)
        return hmac.finish()
    }

    /// The code of one message.
    ///
    /// - Throws: `.libraryFailure`.
    public static func code(
        _ function: HashFunction,
        key: [UInt8],
        message: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try code(function, key: key.span, message: message.span)
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }
}
