import Crypto
import KMS
import Testing

@Suite("A data key")
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
}
