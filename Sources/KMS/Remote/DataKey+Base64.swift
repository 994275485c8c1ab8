internal import Crypto
internal import Encoding

extension DataKey {
    /// A key of 32 bytes as a KMS on the network writes it.
    ///
    /// - Throws: `.unreachable` for anything else, `.cryptographyFailed`.
    convenience init(base64 text: String) throws(KMSError) {
        guard var bytes = Base64.decode(text), bytes.count == 32 else {
            throw .unreachable("the answer holds no key of 32 bytes")
        }
        defer { ConstantTime.wipe(&bytes) }
        do throws(CryptoError) { self.init(try SecretBytes(copying: bytes.span)) } catch {
            throw KMSError(error)
        }
    }
}

extension DataKey {
    /// The key as a KMS on the network takes it; the text isn't wiped, as no text can be.
    var base64: String {
        withSpan { key in
            var bytes = key.indices.map { key[$0] }
            defer { ConstantTime.wipe(&bytes) }
            return Base64.encode(bytes)
        }
    }
}

extension String {
    /// What a peer sent, fit for logs and answers: at most 200 bytes of printable ASCII.
    var printable: String {
        let bytes = utf8.prefix(200).map { (0x20...0x7e).contains($0) ? $0 : 0x20 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
