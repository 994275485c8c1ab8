import COpenSSL
import TestSupport
import Testing

@testable import Crypto

@Suite("Blocks for secrets that were given back", .serialized)
struct SecretPoolTests {
    init() { SecretHeap.start() }

    @Test(
        "are zeros when they come again, and nobody else has them",
        arguments: [1, 32, 33, 64, 100, 128, 129]
    )
    func zeroed(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        var held: [(UnsafeMutableRawPointer, [UInt8])] = []
        for _ in 0..<2000 {
            if held.count < 40, Bool.random(using: &random) {
                let block = try #require(SecretPool.allocate(count))
                let bytes = UnsafeMutableRawBufferPointer(start: block, count: count)
                #expect(bytes.allSatisfy { $0 == 0 })
                let content = random.bytes(count)
                bytes.copyBytes(from: content)
                held.append((block, content))
            } else if !held.isEmpty {
                let index = Int(random.next() % UInt64(held.count))
                let (block, content) = held.remove(at: index)
                let bytes = UnsafeRawBufferPointer(start: block, count: count)
                #expect(Array(bytes) == content)
                SecretPool.free(block, count)
            }
        }
        for (block, _) in held { SecretPool.free(block, count) }
    }

    @Test("are wiped when they are given back: zeros but for an address", arguments: [32, 64, 128])
    func wiped(count: Int) throws {
        let block = try #require(SecretPool.allocate(count))
        memset(block, 0xa5, count)
        SecretPool.free(block, count)
        // It stays mapped, whoever has it now: none of the content is there any more.
        let bytes = UnsafeRawBufferPointer(start: block, count: count)
        #expect(bytes.dropFirst(8).count { $0 == 0xa5 } < count / 4)
    }

    @Test("are kept up to a number; the rest go back to the heap")
    func limit() throws {
        let blocks = try (0..<(SecretPool.keptMax + 50)).map { _ in
            try #require(SecretPool.allocate(128))
        }
        for block in blocks {
            SecretPool.free(block, 128)
            // Other tests give and take too.
            #expect(SecretPool.keptCount(128) <= SecretPool.keptMax)
        }
        #expect(SecretPool.keptCount(128) > SecretPool.keptMax / 2)
    }

    @Test("belong to the locked heap")
    func locked() throws {
        for count in [16, 64, 128] {
            let block = try #require(SecretPool.allocate(count))
            #expect(CRYPTO_secure_allocated(block) == 1)
            SecretPool.free(block, count)
            let again = try #require(SecretPool.allocate(count))
            #expect(CRYPTO_secure_allocated(again) == 1)
            SecretPool.free(again, count)
        }
    }

    @Test("go from thread to thread")
    func threads() async {
        await withTaskGroup(of: Int.self) { group in
            for seed in 0..<4 {
                group.addTask {
                    var wrong = 0
                    for round in 0..<3000 {
                        let count = [32, 64, 128][(round + seed) % 3]
                        guard let block = SecretPool.allocate(count) else { return -1 }
                        let bytes = UnsafeMutableRawBufferPointer(start: block, count: count)
                        if !bytes.allSatisfy({ $0 == 0 }) { wrong += 1 }
                        memset(block, CInt(seed + 1), count)
                        if !bytes.allSatisfy({ $0 == UInt8(seed + 1) }) { wrong += 1 }
                        SecretPool.free(block, count)
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }
}
