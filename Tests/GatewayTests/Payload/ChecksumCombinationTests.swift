import S3Wire
import TestSupport
import Testing

@testable import Gateway

@Suite struct ChecksumCombinationTests {
    private func sum(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        var computation = ChecksumComputation(algorithm)
        computation.update(bytes.span)
        return computation.finish()
    }

    @Test(
        "the checks of pieces make the check of the whole",
        arguments: [ChecksumAlgorithm.crc32, .crc32c, .crc64nvme]
    )
    func combined(algorithm: ChecksumAlgorithm) throws {
        var random = SplitMix64(seed: 4)
        for _ in 0..<50 {
            var combination = try #require(ChecksumCombination(algorithm))
            var whole: [UInt8] = []
            for _ in 0..<(random.next() % 6) {
                let piece = random.bytes(Int(random.next() % 3000))
                combination.append(sum(algorithm, piece), count: piece.count)
                whole += piece
            }
            #expect(combination.value == sum(algorithm, whole))
        }
    }

    @Test("pieces of gigabytes take no time: 5 GiB of zeros twice are 10 GiB of zeros")
    func large() throws {
        var halves = try #require(ChecksumCombination(.crc32))
        var quarters = try #require(ChecksumCombination(.crc32))
        var mebibyte = try #require(ChecksumCombination(.crc32))
        let zeros = sum(.crc32, [UInt8](repeating: 0, count: 1 << 20))
        for _ in 0..<1280 { mebibyte.append(zeros, count: 1 << 20) }
        for _ in 0..<4 { quarters.append(mebibyte.value, count: 1280 << 20) }
        for _ in 0..<2 {
            var half = try #require(ChecksumCombination(.crc32))
            half.append(mebibyte.value, count: 1280 << 20)
            half.append(mebibyte.value, count: 1280 << 20)
            halves.append(half.value, count: 2560 << 20)
        }
        #expect(halves.value == quarters.value)
    }

    @Test("digests can't be combined", arguments: [ChecksumAlgorithm.sha1, .sha256])
    func digests(algorithm: ChecksumAlgorithm) {
        #expect(ChecksumCombination(algorithm) == nil)
    }
}
