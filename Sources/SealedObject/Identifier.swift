internal import Encoding

/// A random id of 16 bytes: of an object, a part table, a bucket key or an attribute key.
public struct Identifier: Hashable, Sendable {
    /// The length in bytes.
    public static let count = 16
    /// The id that stands where there is none: zeros.
    public static let zero = Identifier(InlineBytes())

    let value: InlineBytes<2>

    private init(_ value: InlineBytes<2>) { self.value = value }

    /// The 16 bytes.
    public var bytes: [UInt8] { value.bytes }

    /// An id of 16 bytes.
    ///
    /// - Throws: `.lengthInvalid` for another length.
    public init(_ bytes: some Collection<UInt8>) throws(SealedObjectError) {
        value = try InlineBytes(bytes)
    }

    /// An id of its two halves, big-endian.
    public init(high: UInt64, low: UInt64) { value = InlineBytes(words: [high, low]) }

    /// The first 8 bytes, big-endian.
    public var high: UInt64 { value.words[0] }
    /// The last 8 bytes, big-endian.
    public var low: UInt64 { value.words[1] }

    /// A new id.
    ///
    /// - Throws: `.crypto(.randomUnavailable)`.
    public static func random() throws(SealedObjectError) -> Identifier {
        Identifier(try .random())
    }

    /// Appends the 16 bytes.
    func append(to bytes: inout [UInt8]) { value.append(to: &bytes) }

    /// The ETag of an SSE-KMS or SSE-C object with this id, without quotes.
    ///
    /// No MD5 is in it, and no key is needed for it (docs/format.md, "ETags").
    ///
    /// - Parameter parts: the number of parts; 1 for an object that wasn't uploaded in parts.
    /// - Returns: 32 hexadecimal digits, "-", the number.
    public func opaqueETag(parts: Int) -> String {
        // In place, with the end that nearly all have: "-1".
        let text: InlineArray<5, UInt64> = [
            HexWord(UInt32(truncatingIfNeeded: high >> 32)).text,
            HexWord(UInt32(truncatingIfNeeded: high)).text,
            HexWord(UInt32(truncatingIfNeeded: low >> 32)).text,
            HexWord(UInt32(truncatingIfNeeded: low)).text,
            (UInt64(UInt8(ascii: "-")) << 56 | UInt64(UInt8(ascii: "1")) << 48).bigEndian,
        ]
        let tag = unsafe text.span.withUnsafeBytes { text in
            let text = unsafe UnsafeRawBufferPointer(rebasing: text[..<(parts == 1 ? 34 : 32)])
            return unsafe String(decoding: text, as: UTF8.self)
        }
        return parts == 1 ? tag : "\(tag)-\(parts)"
    }
}
