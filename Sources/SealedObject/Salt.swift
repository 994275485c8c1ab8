internal import Crypto
internal import Encoding

/// A random salt of 24 bytes: one for each stream, each wrap, each part table.
public struct Salt: Hashable, Sendable {
    /// The length in bytes.
    public static let count = 24

    /// The 24 bytes.
    public let bytes: [UInt8]

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// A salt of 24 bytes.
    ///
    /// - Throws: `.lengthInvalid` for another length.
    public init(_ bytes: some Collection<UInt8>) throws(SealedObjectError) {
        guard bytes.count == Self.count else { throw .lengthInvalid }
        self.bytes = Array(bytes)
    }

    /// A new salt.
    ///
    /// - Throws: `.crypto(.randomUnavailable)`.
    public static func random() throws(SealedObjectError) -> Salt {
        do { return Salt(unchecked: try Random.bytes(count)) } catch { throw .crypto(error) }
    }

    /// The ETag of an SSE-KMS or SSE-C part with this stream salt, without quotes.
    ///
    /// New with every attempt, as the salt is: 32 hexadecimal digits, then "-1".
    public var opaquePartETag: String { Hex.encode(bytes.prefix(16)) + "-1" }
}
