import Testing

@testable import Crypto

struct ScryptTests {
    @Test("derives the keys of RFC 7914 section 12")
    func vectors() throws {
        let scrypt = try #require(Scrypt(checking: 16384, blockSize: 8, parallelism: 1))
        let passphrase = try SecretBytes(copying: Array("pleaseletmein".utf8).span)
        let key = try scrypt.derive(
            passphrase: passphrase,
            salt: Array("SodiumChloride".utf8),
            count: 8
        )
        let expected = try SecretBytes(
            copying: ([0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48] as [UInt8]).span
        )
        let isEqual = key.isEqual(to: expected)
        #expect(isEqual)
    }

    @Test(
        "refuses parameters that are malformed or ask for too much",
        arguments: [
            (0, 8, 1), (1, 8, 1), (3, 8, 1), (1 << 21, 8, 1), (2, 0, 1), (2, 33, 1), (2, 8, 0),
            (2, 8, 17), (1 << 20, 8, 1),
        ]
    )
    func parameters(cost: UInt64, blockSize: UInt32, parallelism: UInt32) {
        let scrypt = Scrypt(checking: cost, blockSize: blockSize, parallelism: parallelism)
        #expect(scrypt == nil)
    }
}
