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
        var digits: [UInt8] = []
        digits.reserveCapacity(16)
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = Hex.digit(UInt8(truncatingIfNeeded: mixed >> UInt64(shift)) & 15)
            digits.append(digit >= 0x61 ? digit - 0x20 : digit)
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
