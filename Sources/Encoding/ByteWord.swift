/// Eight bytes of a text, looked at together.
///
/// Tests give a word whose bytes have their highest bit set where they hold. Of several, the
/// lowest is exact, and whether there is one at all.
public struct ByteWord: Sendable {
    /// The bytes, the first in the lowest bits.
    @usableFromInline let value: UInt64

    @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101
    @usableFromInline static let highBits: UInt64 = 0x8080_8080_8080_8080

    @inlinable
    init(_ value: UInt64) { self.value = value }

    /// The bytes from an index on; the caller has seen that there are eight.
    @inlinable
    public init(_ span: Span<UInt8>, at index: Int) {
        let bytes = unsafe span.bytes
        value = UInt64(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        )
    }

    /// Where a byte stands; bits that `mask` lacks may be any.
    @inlinable
    public func places(of byte: UInt8, mask: UInt8 = 0xff) -> UInt64 {
        // A byte of the difference is zero where it is the one that is looked for.
        let difference = (value & (UInt64(mask) &* Self.ones)) ^ (UInt64(byte) &* Self.ones)
        return (difference &- Self.ones) & ~difference & Self.highBits
    }

    /// Where bytes below a bound stand, 0x80 at most.
    @inlinable
    public func places(below bound: UInt8) -> UInt64 {
        (value &- UInt64(bound) &* Self.ones) & ~value & Self.highBits
    }

    /// Where bytes of a range stand, in a word of ASCII: any where a byte is 0x80 or more.
    ///
    /// - Parameters:
    ///   - first: the lowest of the range, 1 at least.
    ///   - last: the highest, 0x7f at most.
    /// - Returns: a word of their highest bits.
    @inlinable
    func placesOfASCII(from first: UInt8, through last: UInt8) -> UInt64 {
        // Below 0x80 on both sides, no sum goes over into the next byte.
        let fromFirst = value &+ UInt64(0x80 &- first) &* Self.ones
        let behindLast = value &+ UInt64(0x7f &- last) &* Self.ones
        return fromFirst & ~behindLast & Self.highBits
    }

    /// Whether all bytes are unreserved characters of URLs (RFC 3986 section 2.3).
    @inlinable public var isUnreserved: Bool {
        guard placesOfNonASCII == 0 else { return false }
        let lowercase = ByteWord(value | 0x20 &* Self.ones)
        let places =
            lowercase.placesOfASCII(from: UInt8(ascii: "a"), through: UInt8(ascii: "z"))
            | placesOfASCII(from: UInt8(ascii: "0"), through: UInt8(ascii: "9"))
            | placesOfASCII(from: UInt8(ascii: "-"), through: UInt8(ascii: "."))
            | placesOfASCII(from: UInt8(ascii: "_"), through: UInt8(ascii: "_"))
            | placesOfASCII(from: UInt8(ascii: "~"), through: UInt8(ascii: "~"))
        return places == Self.highBits
    }

    /// Where bytes from 0x80 on stand.
    @inlinable public var placesOfNonASCII: UInt64 { value & Self.highBits }
}
