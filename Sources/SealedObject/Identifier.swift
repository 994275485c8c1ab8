internal import Crypto
internal import Encoding

/// A random id of 16 bytes: of an object, a part table, a bucket key or an attribute key.
public struct Identifier: Hashable, Sendable {
    /// The length in bytes.
    public static let count = 16
    /// The id that stands where there is none: zeros.
    public static let zero = Identifier(unchecked: [UInt8](repeating: 0, count: count))

    /// The 16 bytes.
    public let bytes: [UInt8]

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// An id of 16 bytes.
    ///
    /// - Throws: `.lengthInvalid` for another length.
    public init(_ bytes: some Collection<UInt8>) throws(SealedObjectError) {
        guard bytes.count == Self.count else { throw .lengthInvalid }
        self.bytes = Array(bytes)
    }

    /// A new id.
    ///
    /// - Throws: `.crypto(.randomUnavailable)`.
    public static func random() throws(SealedObjectError) -> Identifier {
        do { return Identifier(unchecked: try Random.bytes(count)) } catch { throw .crypto(error) }
    }

    /// The ETag of an SSE-KMS or SSE-C object with this id, without quotes.
    ///
    /// No MD5 is in it, and no key is needed for it (docs/format.md, "ETags").
    ///
    /// - Parameter parts: the number of parts; 1 for an object that wasn't uploaded in parts.
    /// - Returns: 32 hexadecimal digits, "-", the number.
    public func opaqueETag(parts: Int) -> String { "\(Hex.encode(bytes))-\(parts)" }
}
