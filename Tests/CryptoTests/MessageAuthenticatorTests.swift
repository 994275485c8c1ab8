import TestSupport
import Testing

@testable import Crypto

@Suite("HMAC-SHA-256 of short messages")
struct MessageAuthenticatorTests {
    @Test("is what OpenSSL's HMAC is, for keys and messages of any length")
    func differential() throws {
        var random = SplitMix64(seed: 3)
        for keyCount in [1, 20, 32, 63, 64] {
            let key = random.bytes(keyCount)
            let authenticator = try MessageAuthenticator(key: key.span)
            for count in [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000] {
                let message = random.bytes(count)
                let expected = try HMAC.code(.sha256, key: key, message: message)
                let code = try authenticator.code(of: message.span)
                #expect(code.indices.map { code[$0] } == expected)
            }
        }
    }

    @Test("refuses keys that would be hashed first, and none")
    func lengths() {
        for count in [0, 65, 128] {
            #expect(throws: CryptoError.lengthInvalid) {
                _ = try MessageAuthenticator(key: [UInt8](repeating: 1, count: count).span)
            }
        }
    }

    @Test("SHA-2 called itself is SHA-2 by name", arguments: [HashFunction.sha256, .sha384])
    func digests(function: HashFunction) {
        var random = SplitMix64(seed: 4)
        for count in [0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 129, 5000] {
            let text = random.bytes(count)
            #expect(function.digest(text) == function.digestByName(text.span))
        }
    }
}
