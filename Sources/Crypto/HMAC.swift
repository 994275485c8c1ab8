internal import COpenSSL

/// HMAC, RFC 2104, keyed once and used for many messages.
@safe
public struct HMAC: ~Copyable {
    private let context: OpaquePointer
    private let digestCount: Int
    /// Whether the last message ended: the next begins the context anew.
    private var isFinished = false

    // Contexts that know their digest already: a copy needs no look-up by name.
    private nonisolated(unsafe) static let templateMD5 = unsafe template(.md5)
    private nonisolated(unsafe) static let templateSHA1 = unsafe template(.sha1)
    private nonisolated(unsafe) static let templateSHA256 = unsafe template(.sha256)
    private nonisolated(unsafe) static let templateSHA384 = unsafe template(.sha384)

    // OSSL_PARAM keeps the pointer to a name: it must outlive the call that makes the parameter.
    private static let digestName: StaticString = "digest"

    /// An HMAC under `key`, 0 bytes or more.
    ///
    /// - Throws: `.libraryFailure`.
    public init(_ function: HashFunction, key: Span<UInt8>) throws(CryptoError) {
        guard let template = unsafe Self.known(function),
            let context = unsafe EVP_MAC_CTX_dup(template)
        else { throw .libraryFailure }
        let result = unsafe key.withUnsafeBufferPointer { key in
            // A null key would mean "go on with the last one".
            var empty: UInt8 = 0
            return unsafe withUnsafePointer(to: &empty) { empty in
                unsafe EVP_MAC_init(context, key.baseAddress ?? empty, key.count, nil)
            }
        }
        guard result == 1 else {
            unsafe EVP_MAC_CTX_free(context)
            throw .libraryFailure
        }
        unsafe self.context = context
        digestCount = function.digestCount
    }

    private static func known(_ function: HashFunction) -> OpaquePointer? {
        switch function {
        case .md5: unsafe templateMD5
        case .sha1: unsafe templateSHA1
        case .sha256: unsafe templateSHA256
        case .sha384: unsafe templateSHA384
        }
    }

    private static func template(_ function: HashFunction) -> OpaquePointer? {
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { return nil }
        var name = Array(function.name.utf8CString)
        let result = unsafe name.withUnsafeMutableBufferPointer { name in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(digestName.cString, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_CTX_set_params(context, parameters)
        }
        return unsafe result == 1 ? context : nil
    }

    /// Takes the next bytes of the message in.
    public mutating func update(_ bytes: Span<UInt8>) {
        if isFinished {
            _ = unsafe EVP_MAC_init(context, nil, 0, nil)
            isFinished = false
        }
        unsafe bytes.withUnsafeBufferPointer {
            _ = unsafe EVP_MAC_update(context, $0.baseAddress, $0.count)
        }
    }

    /// Writes the code of the message, `digestCount` bytes; the next begins under the same key.
    @unsafe
    mutating func finish(into output: UnsafeMutablePointer<UInt8>) {
        if isFinished { update(Span()) }
        var count = 0
        _ = unsafe EVP_MAC_final(context, output, &count, digestCount)
        isFinished = true
    }

    /// The code of the message; the next message begins under the same key.
    public mutating func finish() -> [UInt8] {
        if isFinished { update(Span()) }
        var code = [UInt8](repeating: 0, count: digestCount)
        var count = 0
        unsafe code.withUnsafeMutableBufferPointer {
            _ = unsafe EVP_MAC_final(context, $0.baseAddress, &count, $0.count)
        }
        isFinished = true
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
