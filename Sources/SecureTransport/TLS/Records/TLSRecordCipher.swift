internal import COpenSSL
internal import Crypto

/// The protection of one direction's records under one key: AES-GCM, RFC 8446 sections 5.2 and 5.3.
///
/// Bound to one thread at a time.
@safe
final class TLSRecordCipher {
    /// The bytes of a record's header.
    static let headerCount = 5
    /// The bytes of a record's tag.
    static let tagCount = AESGCM.tagCount

    /// The number of the next record.
    private(set) var sequence: UInt64

    private let cipher: AESGCM
    private let iv: InlineArray<12, UInt8>

    /// A cipher under the key that `secret` gives.
    ///
    /// - Throws: `.libraryFailure`.
    init(
        _ suite: TLSRecordSuite,
        _ secret: TLSTrafficSecret,
        isSealing: Bool,
        sequence: UInt64 = 0
    ) throws(TLSRecordError) {
        self.sequence = sequence
        var iv = InlineArray<12, UInt8>(repeating: 0)
        var key = InlineArray<32, UInt8>(repeating: 0)
        defer {
            unsafe withUnsafeMutablePointer(to: &key) { unsafe ConstantTime.wipe($0, count: 32) }
        }
        let isExpanded = unsafe withUnsafeMutableBytes(of: &iv) { iv in
            unsafe withUnsafeMutableBytes(of: &key) { key in
                let key = unsafe UnsafeMutableRawBufferPointer(rebasing: key[..<suite.keyCount])
                return unsafe (try? secret.expand(suite, "iv", into: iv)) != nil
                    && (try? secret.expand(suite, "key", into: key)) != nil
            }
        }
        do throws(CryptoError) {
            guard isExpanded else { throw .libraryFailure }
            let key = key.span.extracting(first: suite.keyCount)
            cipher = try AESGCM(recordKey: key, isSealing ? .seal : .open)
        } catch {
            ERR_clear_error()
            throw .libraryFailure
        }
        self.iv = iv
    }

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
        let type = InlineArray<1, UInt8>(repeating: type.rawValue)
        let content = unsafe content.assumingMemoryBound(to: UInt8.self)
        do throws(CryptoError) {
            try unsafe begin(header: record)
            try unsafe cipher.update(content.span, into: body)
            try unsafe cipher.update(type.span, into: body + content.count)
            try unsafe cipher.finishSealing(tag: body + innerCount)
        } catch {
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
        let sealed = unsafe record.assumingMemoryBound(to: UInt8.self)
            .span.extracting(droppingFirst: Self.headerCount)
        do throws(CryptoError) {
            try unsafe begin(header: header)
            try unsafe cipher.update(sealed.extracting(first: innerCount), into: inner)
            try cipher.finishOpening(tag: sealed.extracting(last: Self.tagCount))
        } catch {
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
    private func begin(header: UnsafeRawPointer) throws(CryptoError) {
        guard sequence < .max else { throw .libraryFailure }
        var nonce = iv
        for index in 0..<8 {
            nonce[4 + index] ^= UInt8(truncatingIfNeeded: sequence >> UInt64(56 - 8 * index))
        }
        sequence += 1
        try cipher.begin(nonce: nonce.span)
        let bytes = unsafe UnsafeRawBufferPointer(start: header, count: Self.headerCount)
            .assumingMemoryBound(to: UInt8.self)
        try unsafe cipher.authenticate(bytes.span)
    }
}
