import Crypto
import Testing

@Suite("Secret bytes")
struct SecretBytesTests {
    private func secret(_ bytes: [UInt8]) throws -> SecretBytes {
        try SecretBytes(copying: bytes.span)
    }

    private func copy(_ secret: borrowing SecretBytes) -> [UInt8] {
        var copy: [UInt8] = []
        for index in secret.span.indices { copy.append(secret.span[index]) }
        return copy
    }

    @Test("are lent as they were given")
    func lent() throws {
        let secret = try secret([1, 2, 3])
        let copied = copy(secret)
        #expect(copied == [1, 2, 3])
    }

    @Test("begin as zeros for whoever fills them")
    func zeroed() throws {
        let secret = try SecretBytes(count: 64) { memory in memory[63] = 7 }
        let copied = copy(secret)
        #expect(copied == [UInt8](repeating: 0, count: 63) + [7])
    }

    @Test("pass on what their filling throws")
    func fillThrows() {
        #expect(throws: CryptoError.authenticationFailed) {
            _ = try SecretBytes(count: 8) { _ throws(CryptoError) in throw .authenticationFailed }
        }
    }

    @Test("are drawn anew each time")
    func random() throws {
        let one = try SecretBytes.random(count: 32)
        let two = try SecretBytes.random(count: 32)
        let isEqual = one.isEqual(to: two)
        #expect(!isEqual)
        let isZero = copy(one).allSatisfy { $0 == 0 }
        #expect(!isZero)
    }

    @Test("never repeat when drawn, over the edges of blocks and from many tasks at once")
    func randomPieces() async throws {
        let drawn = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for count in [32, 24, 64, 65] {
                group.addTask {
                    try (0..<500).map { _ in self.copy(try SecretBytes.random(count: count)) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        // Nor does a piece of one stand in another.
        let words = drawn.flatMap { bytes in
            stride(from: 0, to: bytes.count - 7, by: 8).map { bytes[$0..<($0 + 8)] }
        }
        #expect(words.count == 11_500)
        #expect(Set(words).count == words.count)
    }

    @Test("are equal to a clone, and not to others or other lengths")
    func equal() throws {
        let one = try secret([1, 2, 3])
        let clone = try one.clone()
        let isEqual = one.isEqual(to: clone)
        #expect(isEqual)
        for other in [[1, 2, 4], [0, 2, 3], [1, 2], [1, 2, 3, 0]] as [[UInt8]] {
            let different = try secret(other)
            let isEqual = one.isEqual(to: different)
            #expect(!isEqual)
        }
    }

    @Test("give parts, and refuse parts that are empty or outside")
    func parts() throws {
        let one = try secret([1, 2, 3, 4])
        let middle = copy(try one.part(1..<3))
        let all = copy(try one.part(0..<4))
        #expect(middle == [2, 3] && all == [1, 2, 3, 4])
        for range in [0..<0, 2..<2, -1..<2, 3..<5, 5..<6, 0..<Int.max] {
            #expect(throws: CryptoError.lengthInvalid) { _ = try one.part(range) }
        }
    }

    @Test("can't be empty, nor larger than their heap")
    func sizes() {
        for count in [Int.min, -1, 0] {
            #expect(throws: CryptoError.lengthInvalid) {
                _ = try SecretBytes(count: count) { _ in }
            }
        }
        #expect(throws: CryptoError.lengthInvalid) { _ = try secret([]) }
        #expect(throws: CryptoError.secretMemoryExhausted) {
            _ = try SecretBytes.random(count: 2 * SecretHeap.size)
        }
        #expect(throws: CryptoError.lengthInvalid) { _ = try SecretBytes.random(count: 0) }
    }

    @Test("give their memory back")
    func givenBack() throws {
        for _ in 0..<10 {
            for _ in 0..<10_000 { _ = try secret([UInt8](repeating: 1, count: 256)) }
        }
        #expect(SecretHeap.isLocked)
    }
}
