/// A cipher suite of TLS 1.3 whose records Sealgate protects by itself, RFC 8446 appendix B.4.
struct TLSRecordSuite: Sendable {
    /// The hash function in OpenSSL's words.
    let digest: StaticString
    /// The bytes of a traffic secret.
    let secretCount: Int
    /// The bytes of an AES key.
    let keyCount: Int

    static let aes128GCM = TLSRecordSuite(digest: "SHA2-256", secretCount: 32, keyCount: 16)
    static let aes256GCM = TLSRecordSuite(digest: "SHA2-384", secretCount: 48, keyCount: 32)

    /// The suite of that number; `nil` for any other than those with AES-GCM.
    static func known(_ number: UInt16) -> TLSRecordSuite? {
        switch number {
        case 0x1301: aes128GCM
        case 0x1302: aes256GCM
        default: nil
        }
    }
}
