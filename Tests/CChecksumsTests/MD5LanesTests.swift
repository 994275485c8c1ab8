import CChecksums
import TestSupport
import Testing

@Suite("MD5 in lanes")
struct MD5LanesTests {
    @Test("streams side by side are the same streams one by one, by each set of instructions")
    func sameAsAlone() {
        let laneCount = Int(sealgate_md5_lane_count())
        // One lane: the processor lacks the instructions of them all.
        guard laneCount > 1 else { return }
        var random = SplitMix64(seed: 3)
        for (count, blockCount) in zip(1...laneCount, [0, 1, 2, 3, 64, 500] + Array(4...20)) {
            let bytes = (0..<count).map { _ in random.bytes(blockCount * 64 + 1) }
            let starts = (0..<count).map { _ in
                let words = (0..<4).map { _ in UInt32(truncatingIfNeeded: random.next()) }
                return sealgate_md5_state(words: (words[0], words[1], words[2], words[3]))
            }
            var alone = starts
            for lane in 0..<count {
                sealgate_md5_blocks(&alone[lane], bytes[lane], blockCount)
            }
            for lanes in [sealgate_md5_lanes, sealgate_md5_lanes_avx2] {
                var together = starts
                withAddresses(of: bytes) { lanes(&together, $0, count, blockCount) }
                #expect(together.map(words) == alone.map(words))
            }
        }
    }

    private func words(_ state: sealgate_md5_state) -> [UInt32] {
        [state.words.0, state.words.1, state.words.2, state.words.3]
    }

    private func withAddresses(
        of rows: [[UInt8]],
        _ addresses: [UnsafePointer<UInt8>?] = [],
        _ body: ([UnsafePointer<UInt8>?]) -> Void
    ) {
        guard addresses.count < rows.count else { return body(addresses) }
        rows[addresses.count].withUnsafeBufferPointer {
            withAddresses(of: rows, addresses + [$0.baseAddress], body)
        }
    }
}
