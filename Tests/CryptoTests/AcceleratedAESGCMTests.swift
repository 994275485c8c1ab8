import CAESGCMProvider
import COpenSSL
import Foundation
import TestSupport
import Testing

@Suite("AES-GCM of BoringSSL as an OpenSSL provider")
struct AcceleratedAESGCMTests {
    private typealias Provider = EVPCipher.Provider

    init() { #expect(sealgate_aes_gcm_load() == 1) }

    @Test("whoever asks for it gets it")
    func fetched() throws {
        for name in ["AES-128-GCM", "AES-256-GCM"] {
            let properties = sealgate_cipher_properties()
            let cipher = try #require(EVP_CIPHER_fetch(nil, name, properties))
            defer { EVP_CIPHER_free(cipher) }
            let provider = try #require(EVP_CIPHER_get0_provider(cipher))
            let found = try #require(OSSL_PROVIDER_get0_name(provider))
            #expect(String(cString: found) == "sealgate-aes-gcm")
        }
        // What it doesn't have comes from OpenSSL as before.
        let other = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", sealgate_cipher_properties())
        #expect(other != nil)
        EVP_CIPHER_free(other)
    }

    @Test("the self-test finds wrong answers", arguments: EVPCipher.Provider.allCases)
    func selfTest(provider: EVPCipher.Provider) throws {
        let tag = bytes("953ccabcc118046b5c075d4437816e26")
        func gives(_ tag: [UInt8], _ name: StaticString) -> Bool {
            var answer = sealgate_aes_gcm_answer()
            withUnsafeMutableBytes(of: &answer.tag) { $0.copyBytes(from: tag) }
            return name.withUTF8Buffer { name in
                name.withMemoryRebound(to: CChar.self) {
                    answer.algorithm = $0.baseAddress
                    return sealgate_aes_gcm_gives(provider.rawValue, &answer) == 1
                }
            }
        }
        #expect(gives(tag, "AES-256-GCM"))
        #expect(!gives(tag, "AES-128-GCM"))
        for index in tag.indices {
            var wrong = tag
            wrong[index] ^= 0x10
            #expect(!gives(wrong, "AES-256-GCM"))
        }
    }

    @Test("Project Wycheproof's cases", arguments: EVPCipher.Provider.allCases)
    func wycheproof(provider: EVPCipher.Provider) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/aes-gcm/wycheproof.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 133)
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let values = words.dropFirst(2).map { bytes($0) }
            try #require(values.count == 6)
            let sealed = values[4] + values[5]
            let cipher = try EVPCipher(provider, keyCount: values[0].count)
            try cipher.start(key: values[0], nonce: values[1], seals: false)
            let opened = try? cipher.open(sealed, associated: values[2])
            #expect(opened == (words[1] == "valid" ? values[3] : nil), "case \(words[0])")
            guard words[1] == "valid" else { continue }
            try cipher.start(key: nil, nonce: values[1], seals: true)
            let again = try cipher.seal(values[3], associated: values[2])
            #expect(again == sealed, "case \(words[0])")
        }
    }

    @Test("seals and opens what OpenSSL does, however cut", arguments: [16, 32])
    func differential(keyCount: Int) throws {
        var random = SplitMix64(seed: UInt64(keyCount))
        // Around what vector code takes at once: blocks, 8 and 16 of them, records, segments.
        let edges = [
            0, 1, 15, 16, 17, 127, 128, 129, 255, 256, 257, 511, 513, 4096, 16_384, 65_536,
        ]
        for round in 0..<300 {
            let count =
                round < edges.count ? edges[round] : Int.random(in: 0...9000, using: &random)
            let key = random.bytes(keyCount)
            let nonce = random.bytes(12)
            let plaintext = random.bytes(count)
            let associated = random.bytes(Int.random(in: 0...40, using: &random))
            let splits = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                Int.random(in: 0...count, using: &random)
            }
            var sealed: [[UInt8]] = []
            for provider in Provider.allCases {
                let cipher = try EVPCipher(provider, keyCount: keyCount)
                try cipher.start(key: key, nonce: nonce, seals: true)
                sealed.append(
                    try cipher.seal(plaintext, associated: associated, splits: splits)
                )
            }
            #expect(sealed[0] == sealed[1], "\(count) bytes cut at \(splits)")
            let cipher = try EVPCipher(.accelerated, keyCount: keyCount)
            try cipher.start(key: key, nonce: nonce, seals: false)
            let opened = try cipher.open(sealed[0], associated: associated, splits: splits)
            #expect(opened == plaintext)
            var changed = sealed[0]
            changed[Int.random(in: changed.indices, using: &random)] ^= 4
            try cipher.start(key: nil, nonce: nonce, seals: false)
            #expect(throws: EVPCipher.Refused.self) {
                try cipher.open(changed, associated: associated, splits: splits)
            }
        }
    }

    @Test("a nonce serves one message, and a key comes before it")
    func nonceOnce() throws {
        let nonce = [UInt8](repeating: 1, count: 12)
        let cipher = try EVPCipher(.accelerated, keyCount: 32)
        try cipher.start(key: [UInt8](repeating: 2, count: 32), nonce: nonce, seals: true)
        _ = try cipher.seal([1, 2, 3], associated: [])
        #expect(throws: EVPCipher.Refused.self) { try cipher.seal([4, 5, 6], associated: []) }
        let other = try EVPCipher(.accelerated, keyCount: 32)
        try other.start(key: [UInt8](repeating: 2, count: 32), nonce: nil, seals: true)
        #expect(throws: EVPCipher.Refused.self) { try other.seal([4, 5, 6], associated: []) }
    }

    @Test("refuses other lengths of nonces, keys and tags")
    func lengths() throws {
        let key = [UInt8](repeating: 2, count: 32)
        let nonce = [UInt8](repeating: 1, count: 12)
        let cipher = try EVPCipher(.accelerated, keyCount: 32)
        try cipher.start(key: key, nonce: nonce, seals: false)
        for count in [8, 16] as [CInt] {
            #expect(EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_AEAD_SET_IVLEN, count, nil) != 1)
        }
        #expect(EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_AEAD_SET_IVLEN, 12, nil) == 1)
        #expect(EVP_CIPHER_CTX_set_key_length(cipher.context, 16) != 1)
        #expect(throws: EVPCipher.Refused.self) {
            try cipher.setTag([UInt8](repeating: 0, count: 17))
        }
        // The tag of what is opened is the caller's to give, not to ask for.
        #expect(throws: EVPCipher.Refused.self) { try cipher.tag() }
    }

    @Test("a copied context goes on for itself")
    func copies() throws {
        let cipher = try EVPCipher(.accelerated, keyCount: 32)
        let key = [UInt8](repeating: 9, count: 32)
        let nonce = [UInt8](repeating: 1, count: 12)
        try cipher.start(key: key, nonce: nonce, seals: true)
        let plaintext = [UInt8](repeating: 7, count: 1000)
        var first = plaintext[..<300]
        try cipher.update(&first)
        let copy = try EVPCipher(.accelerated, keyCount: 32)
        #expect(EVP_CIPHER_CTX_copy(copy.context, cipher.context) == 1)
        var tags: [[UInt8]] = []
        for each in [cipher, copy] {
            var rest = plaintext[300...]
            try each.update(&rest)
            try each.finish()
            tags.append(try each.tag())
        }
        #expect(tags[0] == tags[1])
    }
}
