import Crypto

/// The customer's key that a request brought, for as long as the request lasts; never stored.
final class CustomerKeyHolder: Sendable {
    /// The key, 32 bytes.
    let bytes: SecretBytes
    /// The MD5 of the key in base64, as the answer repeats it.
    let md5: String

    init(_ bytes: consuming SecretBytes, md5: String) {
        self.bytes = bytes
        self.md5 = md5
    }
}
