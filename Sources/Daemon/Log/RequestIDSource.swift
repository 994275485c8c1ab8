internal import Encoding

/// Makes request ids: 16 upper-case hexadecimal digits, unlike in one process and over restarts.
public struct RequestIDSource: Sendable {
    private var next: UInt64

    /// A source whose first id follows from `seed`.
    public init(seed: UInt64) { next = seed }

    /// The next id: mixed, so that ids of one source don't read like a count.
    public mutating func make() -> String {
        next &+= 0x9e37_79b9_7f4a_7c15
        var mixed = next
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return unsafe String(unsafeUninitializedCapacity: 16) { digits in
            for index in 0..<16 {
                let value = UInt8(truncatingIfNeeded: mixed >> UInt64(60 - 4 * index)) & 15
                unsafe digits.initializeElement(at: index, to: Hex.upperDigit(value))
            }
            return 16
        }
    }
}
