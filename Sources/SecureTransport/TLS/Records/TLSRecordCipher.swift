internal import COpenSSL

/// The protection of one direction's records under one key: AES-GCM, RFC 8446 sections 5.2 and 5.3.
///
/// Bound to one thread at a time.
@safe
final class TLSRecordCipher {
    /// The bytes of a record's header.
    static let headerCount = 5
    /// The bytes of a record's tag.
    static let tagCount = 16

    /// The number of the next record.
    private(set) var sequence: UInt64

    private let context: OpaquePointer
    // The 12 bytes of the IV, as stored.
    private let iv: (UInt32, UInt32, UInt32)

    /// A cipher under the key that `secret` gives.
    ///
    /// - Throws: `.libraryFailure`.
    init(
        _ suite: TLSRecordSuite,
        _ secret: TLSTrafficSecret,
        isSealing: Bool,
        sequence: UInt64 = 0
    ) throws(TLSRecordError) {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .libraryFailure }
        unsafe self.context = context
        self.sequence = sequence
        var iv: (UInt32, UInt32, UInt32) = (0, 0, 0)
        var key: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var failure: TLSRecordError?
        unsafe withUnsafeMutableBytes(of: &iv) { iv in
            unsafe withUnsafeMutableBytes(of: &key) { key in
                let key = unsafe UnsafeMutableRawBufferPointer(rebasing: key[..<suite.keyCount])
                defer { unsafe OPENSSL_cleanse(key.baseAddress, key.count) }
                do throws(TLSRecordError) {
                    try unsafe secret.expand(suite, "iv", into: iv)
                    try unsafe secret.expand(suite, "key", into: key)
                    let isSet = unsafe EVP_CipherInit_ex2(
                        context,
                        suite.cipher,
                        key.baseAddress,
                        nil,
                        isSealing ? 1 : 0,
                        nil
                    )
                    if isSet != 1 { throw .libraryFailure }
                } catch {
                    failure = error
                }
            }
        }
        self.iv = iv
        if let failure {
            ERR_clear_error()
            throw failure
        }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Seals one record: header, content, type and tag, 22 bytes more than the content.
    ///
    /// - Throws: `.libraryFailure`.
    @unsafe
    func seal(
        _ type: TLSContentType,
        _ content: UnsafeRawBufferPointer,
        into record: UnsafeMutableRawPointer
    ) throws(TLSRecordError) {
        let innerCount = content.count + 1
        unsafe Self.putHeader(bodyCount: innerCount + Self.tagCount, record)
        let body = unsafe record + Self.headerCount
        var type = type.rawValue
        guard unsafe begin(header: record),
            unsafe update(content.baseAddress, content.count, body),
            unsafe update(&type, 1, body + content.count),
            finish(),
            unsafe sealgate_gcm_get_tag(context, body + innerCount, CInt(Self.tagCount)) == 1
        else {
            ERR_clear_error()
            throw .libraryFailure
        }
    }

    /// Opens one whole record, header included: content, type and padding, 21 bytes less.
    ///
    /// What stands in `inner` is to be trusted only where nothing was thrown.
    ///
    /// - Throws: `.badRecord`.
    @unsafe
    func open(
        _ record: UnsafeRawBufferPointer,
        into inner: UnsafeMutableRawPointer
    ) throws(TLSRecordError) {
        let innerCount = record.count - Self.headerCount - Self.tagCount
        guard innerCount > 0, let header = record.baseAddress else { throw .badRecord }
        let body = unsafe header + Self.headerCount
        let tag = unsafe body + innerCount
        guard unsafe begin(header: header),
            unsafe update(body, innerCount, inner),
            unsafe sealgate_gcm_set_tag(context, tag, CInt(Self.tagCount)) == 1,
            finish()
        else {
            ERR_clear_error()
            throw .badRecord
        }
    }

    /// The header of protected records, RFC 8446 section 5.2.
    private static func putHeader(bodyCount: Int, _ record: UnsafeMutableRawPointer) {
        unsafe record.storeBytes(of: UInt32(0x1703_0300).bigEndian, as: UInt32.self)
        unsafe record.storeBytes(
            of: UInt16(truncatingIfNeeded: bodyCount).bigEndian,
            toByteOffset: 3,
            as: UInt16.self
        )
    }

    // A nonce is used once: the number goes up even where the record fails.
    private func begin(header: UnsafeRawPointer) -> Bool {
        guard sequence < .max else { return false }
        var nonce = iv
        nonce.1 ^= UInt32(truncatingIfNeeded: sequence >> 32).bigEndian
        nonce.2 ^= UInt32(truncatingIfNeeded: sequence).bigEndian
        sequence += 1
        let isSet = unsafe withUnsafeBytes(of: &nonce) {
            unsafe EVP_CipherInit_ex2(
                context,
                nil,
                nil,
                $0.baseAddress?.assumingMemoryBound(to: UInt8.self),
                -1,
                nil
            )
        }
        return unsafe isSet == 1 && update(header, Self.headerCount, nil)
    }

    private func update(
        _ input: UnsafeRawPointer?,
        _ count: Int,
        _ output: UnsafeMutableRawPointer?
    ) -> Bool {
        guard count > 0 else { return true }
        guard let count = CInt(exactly: count) else { return false }
        var written: CInt = 0
        return unsafe EVP_CipherUpdate(
            context,
            output?.assumingMemoryBound(to: UInt8.self),
            &written,
            input?.assumingMemoryBound(to: UInt8.self),
            count
        ) == 1
    }

    private func finish() -> Bool {
        var none: UInt8 = 0
        var count: CInt = 0
        return unsafe EVP_CipherFinal_ex(context, &none, &count) == 1
    }
}
