import Crypto
import TestSupport
import Testing

@Suite("HMAC")
struct HMACTests {
    /// RFC 4231 cases 1, 2 and 6 (RFC 2202's messages for MD5 and SHA-1), and nothing under an
    /// empty key.
    private static let messages: [(key: [UInt8], message: [UInt8])] = [
        ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8)),
        (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        ),
        ([], []),
    ]

    private static let known: [(HashFunction, [String])] = [
        (
            .md5,
            [
                "5ccec34ea9656392457fa1ac27f08fbc", "750c783e6ab0b503eaa86e310a5db738",
                "bfecaf4efff90a3a668f3922fec3762d", "74e6f7298a9c2d168935f58c001bad88",
            ]
        ),
        (
            .sha1,
            [
                "b617318655057264e28bc0b6fb378c8ef146be00",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
                "90d0dace1c1bdc957339307803160335bde6df2b",
                "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
            ]
        ),
        (
            .sha256,
            [
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
            ]
        ),
        (
            .sha384,
            [
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                    + "faea9ea9076ede7f4af152e8b2fa9cb6",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                    + "8e2240ca5e69e2c78b3239ecfab21649",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
                    + "0c2ef6ab4030fe8296248df163f44952",
                "6c1f2ee938fad2e24bd91298474382ca218c75db3d83e114b3d4367776d14d35"
                    + "51289e75e8209cd4b792302840234adc",
            ]
        ),
    ]

    @Test("gives the published codes", arguments: 0..<4)
    func published(index: Int) throws {
        let (function, codes) = Self.known[index]
        for (input, code) in zip(Self.messages, codes) {
            #expect(try HMAC.code(function, key: input.key, message: input.message) == bytes(code))
        }
    }

    @Test("gives the same codes in pieces, for many messages under one key")
    func reused() throws {
        let (key, message) = Self.messages[1]
        var hmac = try HMAC(.sha256, key: key.span)
        for size in [1, 5, 28, 100] {
            var offset = 0
            while offset < message.count {
                let end = min(offset + size, message.count)
                hmac.update(message.span.extracting(offset..<end))
                offset = end
            }
            let code = hmac.finish()
            #expect(code == bytes(Self.known[2].1[1]))
        }
    }
}
