import Crypto
import Testing

@Suite("Random numbers")
struct RandomTests {
    @Test("never repeat, over the edges of blocks and from many tasks at once")
    func distinct() async throws {
        let drawn = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for size in [16, 24, 24, 64] {
                group.addTask { try (0..<1000).map { _ in try Random.bytes(size) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(drawn.count == 4000)
        #expect(Set(drawn.map { $0.prefix(16) }).count == 4000)
        // Nor does a piece of one stand in another.
        let words = drawn.flatMap { bytes in
            stride(from: 0, to: bytes.count, by: 8).map { bytes[$0..<($0 + 8)] }
        }
        #expect(Set(words).count == words.count)
    }

    @Test("have the length asked for", arguments: [0, 1, 63, 64, 65, 4096, 10_000])
    func lengths(_ count: Int) throws {
        let bytes = try Random.bytes(count)
        #expect(bytes.count == count)
        if count >= 63 { #expect(Set(bytes).count > 16) }
    }
}
