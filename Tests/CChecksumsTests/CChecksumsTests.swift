import CChecksums
import TestSupport
import Testing

@Suite("Checksums")
struct CChecksumsTests {
    /// One of the checks, all widened to 64 bits.
    struct Check: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var expected: UInt64
        var rest: UInt64
        var update: @Sendable (UInt64, UnsafeRawBufferPointer) -> UInt64
        var portable: @Sendable (UInt64, UnsafeRawBufferPointer) -> UInt64
        var combine: @Sendable (UInt64, UInt64, UInt64) -> UInt64

        func callAsFunction(_ bytes: [UInt8], from start: UInt64 = 0) -> UInt64 {
            bytes.withUnsafeBytes { update(start, $0) }
        }

        /// Bit by bit, from the definition.
        func slow(_ bytes: [UInt8]) -> UInt64 {
            let ones: UInt64 = expected > UInt64(UInt32.max) ? .max : UInt64(UInt32.max)
            var state = ones
            for byte in bytes {
                state ^= UInt64(byte)
                for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 1 ? rest : 0) }
            }
            return state ^ ones
        }
    }

    static let checks = [
        Check(
            testDescription: "CRC-32",
            expected: 0xcbf4_3926,
            rest: 0xedb8_8320,
            update: { UInt64(sealgate_crc32(UInt32($0), $1.baseAddress, $1.count)) },
            portable: { UInt64(sealgate_crc32_portable(UInt32($0), $1.baseAddress, $1.count)) },
            combine: { UInt64(sealgate_crc32_combine(UInt32($0), UInt32($1), $2)) }
        ),
        Check(
            testDescription: "CRC-32C",
            expected: 0xe306_9283,
            rest: 0x82f6_3b78,
            update: { UInt64(sealgate_crc32c(UInt32($0), $1.baseAddress, $1.count)) },
            portable: { UInt64(sealgate_crc32c_portable(UInt32($0), $1.baseAddress, $1.count)) },
            combine: { UInt64(sealgate_crc32c_combine(UInt32($0), UInt32($1), $2)) }
        ),
        Check(
            testDescription: "CRC-64/NVME",
            expected: 0xae8b_1486_0a79_9888,
            rest: 0x9a6c_9329_ac4b_c9b5,
            update: { sealgate_crc64nvme($0, $1.baseAddress, $1.count) },
            portable: { sealgate_crc64nvme_portable($0, $1.baseAddress, $1.count) },
            combine: { sealgate_crc64nvme_combine($0, $1, $2) }
        ),
    ]

    @Test("have the check values of their definitions", arguments: checks)
    func checkValue(_ check: Check) {
        let text = Array("123456789".utf8)
        #expect(check(text) == check.expected)
        #expect(text.withUnsafeBytes { check.portable(0, $0) } == check.expected)
        #expect(check.slow(text) == check.expected)
        #expect(check([]) == 0)
        #expect(check([], from: 5) == 5)
    }

    @Test("are the same by instructions, by tables and by bits", arguments: checks)
    func lengthsAndAlignments(_ check: Check) {
        var random = SplitMix64(seed: 1)
        let bytes = random.bytes(40_000)
        let lengths =
            Array(0...700) + (0..<200).map { _ in Int(random.next() % 39_000) }
        for length in lengths {
            let offset = Int(random.next() % 65)
            let start = UInt64(UInt32(truncatingIfNeeded: random.next()))
            bytes.withUnsafeBytes { all in
                let part = UnsafeRawBufferPointer(rebasing: all[offset..<(offset + length)])
                let tabled = check.portable(start, part)
                if check.update(start, part) != tabled {
                    Issue.record("length \(length), offset \(offset)")
                }
            }
            if length <= 700 {
                let part = Array(bytes[offset..<(offset + length)])
                #expect(check(part) == check.slow(part))
            }
        }
    }

    @Test("a text split anywhere has the check of the whole", arguments: checks)
    func split(_ check: Check) {
        var random = SplitMix64(seed: 2)
        let bytes = random.bytes(13_000)
        let whole = check(bytes)
        for at in Array(0...200) + (0..<300).map({ _ in Int(random.next() % 13_001) }) {
            let first = check(Array(bytes[..<at]))
            let rest = Array(bytes[at...])
            #expect(check(rest, from: first) == whole)
            #expect(check.combine(first, check(rest), UInt64(rest.count)) == whole)
        }
    }

    @Test("combines any lengths", arguments: checks)
    func combine(_ check: Check) {
        #expect(check.combine(7, 0, 0) == 7)
        // 2^40 bytes of zeros, doubled up from one.
        var zeros = check([0])
        for shift in 0..<40 { zeros = check.combine(zeros, zeros, 1 << UInt64(shift)) }
        var pieces: UInt64 = 0
        for _ in 0..<4 { pieces = check.combine(pieces, quarter(check), 1 << 38) }
        #expect(pieces == zeros)
        // 2^64 bytes, in two ways: the number of bits is beyond 64 bits.
        let once = check.combine(check.combine(9, 0, .max), 0, 1)
        #expect(once == check.combine(check.combine(9, 0, 1 << 63), 0, 1 << 63))
    }

    private func quarter(_ check: Check) -> UInt64 {
        var zeros = check([0])
        for shift in 0..<38 { zeros = check.combine(zeros, zeros, 1 << UInt64(shift)) }
        return zeros
    }
}
