internal import Encoding

/// A random salt of 24 bytes: one for each stream, each wrap, each part table.
public struct Salt: Hashable, Sendable {
    /// The length in bytes.
    public static let count = 24

    let value: InlineBytes<3>

    private init(_ value: InlineBytes<3>) { self.value = value }

    /// The 24 bytes.
    public var bytes: [UInt8] { value.bytes }

    /// A salt of 24 bytes.
    ///
    /// - Throws: `.lengthInvalid` for another length.
    public init(_ bytes: some Collection<UInt8>) throws(SealedObjectError) {
        value = try InlineBytes(bytes)
    }

    /// A new salt.
    ///
    /// - Throws: `.crypto(.randomUnavailable)`.
    public static func random() throws(SealedObjectError) -> Salt {
        Salt(try .random())
    }

    /// Appends the 24 bytes.
    func append(to bytes: inout [UInt8]) { value.append(to: &bytes) }

    /// The ETag of an SSE-KMS or SSE-C part with this stream salt, without quotes.
    ///
    /// New with every attempt, as the salt is: 32 hexadecimal digits, then "-1".
    public var opaquePartETag: String { Hex.encode(bytes.prefix(16)) + "-1" }
}
