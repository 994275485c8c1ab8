import COpenSSL
import NIOCore
import TestSupport

@testable import SecureTransport

/// Records as a client seals them, by OpenSSL's cipher under the keys of RFC 8448 section 3: what
/// stands in them is for the test to choose.
struct ClientRecords {
    /// The suite and the client's first traffic secret there.
    static let secret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
    private static let key = bytes("17422dda596ed5d9acd890e3c63f5051")
    private static let iv = bytes("5b78923dee08579033e523d9")

    /// The number of the next record.
    var sequence: UInt64 = 0

    /// A record of this content and type, with padding.
    mutating func seal(_ content: [UInt8], type: UInt8 = 23, padding: Int = 0) -> [UInt8] {
        seal(inner: content + [type] + [UInt8](repeating: 0, count: padding))
    }

    /// A record of content, type and padding together.
    mutating func seal(inner: [UInt8], outerType: UInt8 = 23) -> [UInt8] {
        let count = inner.count + 16
        let header: [UInt8] = [outerType, 3, 3, UInt8(count >> 8), UInt8(count & 0xff)]
        var nonce = Self.iv
        for index in 0..<8 { nonce[11 - index] ^= UInt8(sequence >> (8 * index) & 0xff) }
        sequence += 1
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var (written, tag) = (Int32(0), [UInt8](repeating: 0, count: 16))
        var sealed = [UInt8](repeating: 0, count: max(1, inner.count))
        EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), Self.key, nonce, nil)
        EVP_EncryptUpdate(context, nil, &written, header, 5)
        EVP_EncryptUpdate(context, &sealed, &written, inner, Int32(inner.count))
        EVP_EncryptFinal_ex(context, &tag, &written)
        _ = sealgate_gcm_get_tag(context, &tag, 16)
        return header + sealed.prefix(inner.count) + tag
    }
}

extension TLSRecordWriter {
    /// Seals an array, whose closure can't throw errors of one type.
    mutating func write(_ bytes: [UInt8], into outbound: inout ByteBuffer) throws {
        let result: Result<Void, TLSRecordError> = bytes.withUnsafeBytes {
            do throws(TLSRecordError) {
                return .success(try write($0, into: &outbound))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
