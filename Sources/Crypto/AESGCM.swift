internal import CAESGCMProvider
internal import COpenSSL

/// AES-256-GCM, NIST SP 800-38D: key of 32 bytes, nonce of 12, tag of 16; for TLS AES-128-GCM too.
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

    private nonisolated(unsafe) static let algorithm128 = unsafe EVP_CIPHER_fetch(
        nil,
        "AES-128-GCM",
        sealgate_cipher_properties()
    )
    private nonisolated(unsafe) static let algorithm256 = unsafe EVP_CIPHER_fetch(
        nil,
        "AES-256-GCM",
        sealgate_cipher_properties()
    )

    /// Whose code it is: BoringSSL's where the accelerator is on, without OpenSSL's layer, which
    /// costs a short message more than AES does.
    enum Implementation: CaseIterable {
        case boringSSL
        case openSSL

        static var current: Self { AESGCMAccelerator.isOn ? .boringSSL : .openSSL }
    }

    @safe
    private enum Context {
        case boringSSL(OpaquePointer)
        case openSSL(OpaquePointer)
    }

    private let context: Context
    private let seals: CInt

    /// A cipher under `key`.
    ///
    /// - Throws: `.lengthInvalid` for a key that isn't 32 bytes, `.libraryFailure`.
    public convenience init(key: Span<UInt8>, _ direction: Direction) throws(CryptoError) {
        guard key.count == Self.keyCount else { throw .lengthInvalid }
        try self.init(key: key, direction, by: .current)
    }

    /// A cipher for records of TLS, whose suites have keys of 16 or 32 bytes.
    ///
    /// - Throws: `.lengthInvalid` for a key of another length, `.libraryFailure`.
    public convenience init(recordKey: Span<UInt8>, _ direction: Direction) throws(CryptoError) {
        try self.init(key: recordKey, direction, by: .current)
    }

    init(
        key: Span<UInt8>,
        _ direction: Direction,
        by implementation: Implementation
    ) throws(CryptoError) {
        guard key.count == 16 || key.count == Self.keyCount else { throw .lengthInvalid }
        seals = direction == .seal ? 1 : 0
        switch implementation {
        case .boringSSL:
            guard let context = unsafe gcm_new(key.count) else { throw .libraryFailure }
            unsafe self.context = .boringSSL(context)
        case .openSSL:
            guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .libraryFailure }
            unsafe self.context = .openSSL(context)
        }
        guard unsafe key.withUnsafeBufferPointer({ unsafe start(key: $0, nonce: nil) }) else {
            throw .libraryFailure
        }
    }

    deinit {
        switch context {
        case .boringSSL(let context): unsafe gcm_free(context)
        case .openSSL(let context): unsafe EVP_CIPHER_CTX_free(context)
        }
    }

    private func start(
        key: UnsafeBufferPointer<UInt8>?,
        nonce: UnsafePointer<UInt8>?
    ) -> Bool {
        switch context {
        case .boringSSL(let context):
            return unsafe gcm_start(context, key?.baseAddress, nonce, seals) == 1
        case .openSSL(let context):
            let algorithm = unsafe key.flatMap {
                unsafe $0.count == 16 ? Self.algorithm128 : Self.algorithm256
            }
            return unsafe EVP_CipherInit_ex2(
                context,
                algorithm,
                key?.baseAddress,
                nonce,
                seals,
                nil
            ) == 1
        }
    }

    /// Takes bytes in: associated data where there is no output.
    private func take(_ input: Span<UInt8>, into output: UnsafeMutablePointer<UInt8>?) -> Bool {
        unsafe input.withUnsafeBufferPointer { input in
            switch context {
            case .boringSSL(let context):
                return unsafe gcm_update(context, output, input.baseAddress, input.count) == 1
            case .openSSL(let context):
                guard let inputCount = CInt(exactly: input.count) else { return false }
                var count: CInt = 0
                return unsafe EVP_CipherUpdate(
                    context,
                    output,
                    &count,
                    input.baseAddress,
                    inputCount
                ) == 1
            }
        }
    }

    /// Ends the message: whether it is authentic, where it was opened.
    private func finish() -> Bool {
        switch context {
        case .boringSSL(let context):
            return unsafe gcm_finish(context) == 1
        case .openSSL(let context):
            var count: CInt = 0
            var none: UInt8 = 0
            return unsafe EVP_CipherFinal_ex(context, &none, &count) == 1
        }
    }

    /// Begins a message.
    ///
    /// - Throws: `.lengthInvalid` for a nonce that isn't 12 bytes, `.libraryFailure`.
    public func begin(nonce: Span<UInt8>) throws(CryptoError) {
        guard nonce.count == Self.nonceCount else { throw .lengthInvalid }
        guard
            unsafe nonce.withUnsafeBufferPointer({ unsafe start(key: nil, nonce: $0.baseAddress) })
        else { throw .libraryFailure }
    }

    /// Takes associated data in, before any of the message.
    ///
    /// - Throws: `.libraryFailure`.
    public func authenticate(_ associated: Span<UInt8>) throws(CryptoError) {
        guard associated.count > 0 else { return }
        guard unsafe take(associated, into: nil) else { throw .libraryFailure }
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
        guard CInt(exactly: input.count) != nil else { throw .lengthInvalid }
        guard unsafe take(input, into: output.assumingMemoryBound(to: UInt8.self)) else {
            throw .libraryFailure
        }
    }

    /// Ends a sealed message and writes its tag, 16 bytes.
    ///
    /// - Throws: `.libraryFailure`.
    @unsafe
    public func finishSealing(tag: UnsafeMutableRawPointer) throws(CryptoError) {
        guard finish() else { throw .libraryFailure }
        let isDone =
            switch context {
            case .boringSSL(let context):
                unsafe gcm_get_tag(
                    context,
                    tag.assumingMemoryBound(to: UInt8.self),
                    Self.tagCount
                )
            case .openSSL(let context):
                unsafe sealgate_gcm_get_tag(context, tag, CInt(Self.tagCount))
            }
        guard isDone == 1 else { throw .libraryFailure }
    }

    /// Ends an opened message and verifies its tag, in constant time.
    ///
    /// - Throws: `.authenticationFailed`, `.lengthInvalid` for a tag that isn't 16 bytes.
    public func finishOpening(tag: Span<UInt8>) throws(CryptoError) {
        guard tag.count == Self.tagCount else { throw .lengthInvalid }
        let isSet = unsafe tag.withUnsafeBufferPointer { tag in
            switch context {
            case .boringSSL(let context):
                unsafe gcm_set_tag(context, tag.baseAddress, Self.tagCount)
            case .openSSL(let context):
                unsafe sealgate_gcm_set_tag(context, tag.baseAddress, CInt(Self.tagCount))
            }
        }
        guard isSet == 1, finish() else {
            // Whoever shares the thread, TLS above all, must not find this failure as its own.
            ERR_clear_error()
            throw .authenticationFailed
        }
    }
}
