internal import COpenSSL

/// AES-256-GCM, NIST SP 800-38D: key of 32 bytes, nonce of 12, tag of 16.
///
/// One object holds one key, in one direction, for many messages; a message may come in pieces.
/// Bound to one thread at a time.
@safe
public final class AESGCM {
    /// What the object does with messages.
    public enum Direction: Sendable {
        /// Decrypts and verifies.
        case open
        /// Encrypts and authenticates.
        case seal
    }

    /// The length of a key in bytes.
    public static let keyCount = 32
    /// The length of a nonce in bytes.
    public static let nonceCount = 12
    /// The length of a tag in bytes.
    public static let tagCount = 16

    private nonisolated(unsafe) static let algorithm = unsafe EVP_CIPHER_fetch(
        nil,
        "AES-256-GCM",
        sealgate_cipher_properties()
    )

    private let context: OpaquePointer

    /// A cipher under `key`.
    ///
    /// - Throws: `.lengthInvalid` for a key that isn't 32 bytes, `.libraryFailure`.
    public init(key: Span<UInt8>, _ direction: Direction) throws(CryptoError) {
        guard key.count == Self.keyCount else { throw .lengthInvalid }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .libraryFailure }
        unsafe self.context = context
        let result = unsafe key.withUnsafeBufferPointer {
            unsafe EVP_CipherInit_ex2(
                context,
                Self.algorithm,
                $0.baseAddress,
                nil,
                direction == .seal ? 1 : 0,
                nil
            )
        }
        guard result == 1 else { throw .libraryFailure }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Begins a message.
    ///
    /// - Throws: `.lengthInvalid` for a nonce that isn't 12 bytes, `.libraryFailure`.
    public func begin(nonce: Span<UInt8>) throws(CryptoError) {
        guard nonce.count == Self.nonceCount else { throw .lengthInvalid }
        let result = unsafe nonce.withUnsafeBufferPointer {
            unsafe EVP_CipherInit_ex2(context, nil, nil, $0.baseAddress, -1, nil)
        }
        guard result == 1 else { throw .libraryFailure }
    }

    /// Takes associated data in, before any of the message.
    ///
    /// - Throws: `.libraryFailure`.
    public func authenticate(_ associated: Span<UInt8>) throws(CryptoError) {
        guard associated.count > 0 else { return }
        var count: CInt = 0
        let result = unsafe associated.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(context, nil, &count, $0.baseAddress, CInt($0.count))
        }
        guard result == 1 else { throw .libraryFailure }
    }

    /// Encrypts or decrypts the next piece; what was decrypted is to be trusted after
    /// `finishOpening` only.
    ///
    /// - Parameters:
    ///   - input: the piece, below 2^31 bytes.
    ///   - output: room for as many bytes; may be where the input is.
    /// - Throws: `.lengthInvalid`, `.libraryFailure`.
    @unsafe
    public func update(
        _ input: Span<UInt8>,
        into output: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        guard input.count > 0 else { return }
        guard let inputCount = CInt(exactly: input.count) else { throw .lengthInvalid }
        var count: CInt = 0
        let result = unsafe input.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(
                context,
                output.assumingMemoryBound(to: UInt8.self),
                &count,
                $0.baseAddress,
                inputCount
            )
        }
        guard result == 1 else { throw .libraryFailure }
    }

    /// Ends a sealed message and writes its tag, 16 bytes.
    ///
    /// - Throws: `.libraryFailure`.
    @unsafe
    public func finishSealing(tag: UnsafeMutableRawPointer) throws(CryptoError) {
        var count: CInt = 0
        var none: UInt8 = 0
        guard unsafe EVP_CipherFinal_ex(context, &none, &count) == 1,
            unsafe sealgate_gcm_get_tag(context, tag, CInt(Self.tagCount)) == 1
        else { throw .libraryFailure }
    }

    /// Ends an opened message and verifies its tag, in constant time.
    ///
    /// - Throws: `.authenticationFailed`, `.lengthInvalid` for a tag that isn't 16 bytes.
    public func finishOpening(tag: Span<UInt8>) throws(CryptoError) {
        guard tag.count == Self.tagCount else { throw .lengthInvalid }
        let set = unsafe tag.withUnsafeBytes {
            unsafe sealgate_gcm_set_tag(context, $0.baseAddress, CInt(Self.tagCount))
        }
        var count: CInt = 0
        var none: UInt8 = 0
        guard set == 1, unsafe EVP_CipherFinal_ex(context, &none, &count) == 1 else {
            // Whoever shares the thread, TLS above all, must not find this failure as its own.
            ERR_clear_error()
            throw .authenticationFailed
        }
    }
}
