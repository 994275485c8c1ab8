internal import Crypto

/// Names the key of a stream without telling it: 32 bytes, in the header and in the envelope.
///
/// Source: docs/format.md, "Stream".
public struct Commitment: Hashable, Sendable {
    /// The length in bytes.
    public static let count = 32

    let value: InlineBytes<4>

    /// A commitment of 32 bytes.
    ///
    /// - Throws: `.lengthInvalid` for another length.
    public init(_ bytes: some Collection<UInt8>) throws(SealedObjectError) {
        value = try InlineBytes(bytes)
    }

    /// The commitment among what was derived with a key.
    init(_ derived: borrowing SecretBytes, _ range: Range<Int>) {
        value = InlineBytes(copying: derived.span.extracting(range))
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { value.bytes }

    /// Appends the 32 bytes.
    func append(to bytes: inout [UInt8]) { value.append(to: &bytes) }

    /// Whether the two are the same, in constant time.
    func isEqual(to other: Commitment) -> Bool { value.isEqual(to: other.value) }
}
