import S3Wire

/// Cyclic redundancy checks of bytes that follow each other, from the checks of the pieces.
///
/// `crc(A ‖ B) = crc(A) · x^(8·|B|) mod P ⊕ crc(B)`, bits reflected as in all three algorithms; it
/// holds for them because what they start from and what they are inverted with are the same.
struct ChecksumCombination {
    /// The algorithm's polynomial, reflected.
    private let polynomial: UInt64
    /// The highest bit of a check, which stands for 1.
    private let one: UInt64
    /// `x^8`: what one byte more multiplies by.
    private let byte: UInt64
    private let byteCount: Int

    /// The check so far; 0 is that of no bytes.
    private var check: UInt64 = 0

    /// A combination of no pieces; `nil` for algorithms whose values can't be combined.
    init?(_ algorithm: ChecksumAlgorithm) {
        switch algorithm {
        case .crc32: polynomial = 0xedb8_8320
        case .crc32c: polynomial = 0x82f6_3b78
        case .crc64nvme: polynomial = 0x9a6c_9329_ac4b_c9b5
        case .sha1, .sha256: return nil
        }
        byteCount = algorithm.digestCount
        one = 1 << (8 * UInt64(byteCount) - 1)
        byte = one >> 8
    }

    /// Adds a piece of `count` bytes, whose value is big-endian as S3 writes it.
    mutating func append(_ value: [UInt8], count: Int) {
        let added = value.reduce(0) { $0 << 8 | UInt64($1) }
        check = multiply(check, power(count)) ^ added
    }

    /// The check of all pieces, big-endian as S3 writes it.
    var value: [UInt8] {
        (0..<byteCount).map { index in
            UInt8(truncatingIfNeeded: check >> UInt64((byteCount - 1 - index) * 8))
        }
    }

    /// `x^(8·count) mod P`.
    private func power(_ count: Int) -> UInt64 {
        var result = one
        var square = byte
        var rest = max(count, 0)
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, square) }
            square = multiply(square, square)
            rest >>= 1
        }
        return result
    }

    private func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var product: UInt64 = 0
        var right = right
        var bit = one
        while bit > 0 {
            if left & bit != 0 { product ^= right }
            right = right & 1 == 1 ? right >> 1 ^ polynomial : right >> 1
            bit >>= 1
        }
        return product
    }
}
