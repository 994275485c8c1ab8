import Crypto
import Testing

@Suite("Comparison in constant time")
struct ConstantTimeTests {
    @Test("tells every changed byte, and lengths")
    func equal() {
        let bytes = [UInt8](0..<64)
        #expect(ConstantTime.equal(bytes, bytes))
        #expect(ConstantTime.equal([UInt8](), []))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x80
            #expect(!ConstantTime.equal(bytes, changed))
        }
        #expect(!ConstantTime.equal(bytes, Array(bytes.dropLast())))
        #expect(!ConstantTime.equal(bytes, []))
    }

    @Test("wipes and empties")
    func wipe() {
        var bytes = [UInt8](0..<64)
        ConstantTime.wipe(&bytes)
        #expect(bytes.isEmpty)
        ConstantTime.wipe(&bytes)
        #expect(bytes.isEmpty)
        var others = [UInt8](0..<64)
        others.withUnsafeMutableBytes { others in
            guard let address = others.baseAddress else { return }
            ConstantTime.wipe(address, count: 0)
            ConstantTime.wipe(address + 1, count: 62)
        }
        #expect(others == [UInt8](repeating: 0, count: 63) + [63])
    }

    @Test("random bytes differ each time, and may be none")
    func random() throws {
        #expect(try Random.bytes(16) != Random.bytes(16))
        #expect(try Random.bytes(0).isEmpty)
    }
}
