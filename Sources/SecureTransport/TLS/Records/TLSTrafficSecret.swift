internal import COpenSSL
internal import Encoding

/// The secret that the records of one direction are protected with, RFC 8446 section 7.1.
///
/// Wiped when it goes; it can't be printed.
@safe
final class TLSTrafficSecret {
    private let bytes: UnsafeMutableRawBufferPointer

    private init(count: Int) {
        unsafe bytes = .allocate(byteCount: count, alignment: 8)
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    /// A secret from hexadecimal digits, as OpenSSL logs it; `nil` where they are none.
    convenience init?(hexadecimal digits: UnsafeBufferPointer<UInt8>) {
        guard digits.count > 0, digits.count % 2 == 0 else { return nil }
        self.init(count: digits.count / 2)
        for index in 0..<digits.count / 2 {
            guard let high = unsafe Hex.value(ofDigit: digits[2 * index]),
                let low = unsafe Hex.value(ofDigit: digits[2 * index + 1])
            else { return nil }
            unsafe bytes[index] = high << 4 | low
        }
    }

    /// Its length in bytes.
    var count: Int { unsafe bytes.count }

    /// The secret that follows it after a KeyUpdate, RFC 8446 section 7.2.
    ///
    /// - Throws: `.libraryFailure`.
    func next(_ suite: TLSRecordSuite) throws(TLSRecordError) -> TLSTrafficSecret {
        let secret = TLSTrafficSecret(count: count)
        try unsafe expand(suite, "traffic upd", into: secret.bytes)
        return secret
    }

    /// Derives what `label` names, RFC 8446 section 7.3.
    ///
    /// - Throws: `.libraryFailure`.
    @unsafe
    func expand(
        _ suite: TLSRecordSuite,
        _ label: StaticString,
        into output: UnsafeMutableRawBufferPointer
    ) throws(TLSRecordError) {
        let isDone = unsafe sealgate_tls13_expand(
            UnsafeRawPointer(suite.digest.utf8Start).assumingMemoryBound(to: CChar.self),
            bytes.baseAddress,
            bytes.count,
            UnsafeRawPointer(label.utf8Start).assumingMemoryBound(to: CChar.self),
            output.baseAddress,
            output.count
        )
        guard isDone == 1 else { throw .libraryFailure }
    }
}
