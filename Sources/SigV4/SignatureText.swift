internal import Encoding

/// Signatures and digests in hexadecimal digits.
enum SignatureText {
    /// The 32 bytes of a signature in 64 digits, else `nil`.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        text.count == 64 ? Hex.decode(text) : nil
    }
}
