import Crypto
import KMS
import Testing

// One after the other: one fills the heap that the other needs.
@Suite("A data key", .serialized)
struct DataKeyTests {
    @Test("keeps its expander, which gives what the key gives")
    func expander() throws {
        let key = DataKey(try SecretBytes(copying: [UInt8](0..<32).span))
        let expander = try key.expander()
        #expect(try key.expander() === expander)
        #expect(expander.keyCount == 32)
        let info: [UInt8] = [1, 2, 3]
        let expanded = try expander.expand(info: info.span, count: 44)
        let alone = try HKDF.expand(key.bytes, info: info.span, count: 44)
        let isEqual = expanded.isEqual(to: alone)
        #expect(isEqual)
    }

    @Test("keeps none where the heap for secrets is half full")
    func fullHeap() throws {
        let key = DataKey(try SecretBytes(copying: [UInt8](0..<32).span))
        var held: [DataKey] = []
        while SecretHeap.isRoomy { held.append(DataKey(try SecretBytes.random(count: 16_384))) }
        let expander = try key.expander()
        #expect(try key.expander() !== expander)
        // They are held until here.
        #expect(held.count <= SecretHeap.size / 2 / 16_384)
    }
}
