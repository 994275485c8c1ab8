import CAESGCMProvider
import TestSupport
import Testing

@testable import Crypto

@Suite("Messages sealed by AES-256-GCM at once")
struct AESGCMMessageTests {
    private typealias Implementation = AESGCM.Implementation

    private static let key = [UInt8](0..<32)
    private static let nonce = [UInt8](0..<12)

    init() { #expect(sealgate_aes_gcm_load() == 1) }

    private func seal(
        _ plaintext: [UInt8],
        _ associated: [UInt8],
        by implementation: Implementation
    ) throws -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
        try sealed.withUnsafeMutableBytes { output in
            try AESGCM.seal(
                plaintext.span,
                Self.key.span,
                Self.nonce.span,
                associated.span,
                into: #require(output.baseAddress),
                by: implementation
            )
        }
        return sealed
    }

    private func open(
        _ sealed: [UInt8],
        _ associated: [UInt8],
        by implementation: Implementation
    ) throws -> [UInt8] {
        var opened = [UInt8](repeating: 1, count: sealed.count - 16)
        try opened.withUnsafeMutableBytes { output in
            try AESGCM.open(
                sealed.span,
                Self.key.span,
                Self.nonce.span,
                associated.span,
                into: output.baseAddress,
                by: implementation
            )
        }
        return opened
    }

    @Test("are what a cipher for many messages makes, whoever seals and opens them")
    func differential() throws {
        var random = SplitMix64(seed: 7)
        for count in [0, 1, 15, 16, 17, 32, 64, 127, 128, 129, 255, 513, 2000, 70_000] {
            let plaintext = random.bytes(count)
            let associated = random.bytes(count % 50)
            let sealed = try Implementation.allCases.map {
                try seal(plaintext, associated, by: $0)
            }
            #expect(sealed[0] == sealed[1])
            var appended = associated
            try AESGCM.append(
                sealing: plaintext.span,
                key: Self.key.span,
                nonce: Self.nonce.span,
                to: &appended
            )
            #expect(appended == associated + sealed[0])
            for implementation in Implementation.allCases {
                let opened = try open(sealed[0], associated, by: implementation)
                #expect(opened == plaintext)
            }
        }
    }

    @Test(
        "every bit counts, and nothing is left of a refused one",
        arguments: Implementation.allCases
    )
    private func everyBit(by implementation: Implementation) throws {
        let associated = [UInt8](0..<20)
        let sealed = try seal([UInt8](40..<90), associated, by: implementation)
        for bit in 0..<((associated.count + sealed.count) * 8) {
            var changed = associated + sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CryptoError.authenticationFailed) {
                try open(
                    Array(changed[associated.count...]),
                    Array(changed[..<associated.count]),
                    by: implementation
                )
            }
        }
        let none = [UInt8]()
        for count in 0..<sealed.count {
            #expect(throws: CryptoError.authenticationFailed) {
                try AESGCM.open(
                    sealed.span.extracting(first: count),
                    key: Self.key.span,
                    nonce: Self.nonce.span,
                    authenticating: none.span
                )
            }
        }
    }

    @Test("refuses keys and nonces of other lengths", arguments: Implementation.allCases)
    private func lengths(by implementation: Implementation) throws {
        var output = [UInt8](repeating: 0, count: 64)
        let lengths = [0, 16, 31, 33].map { ($0, 12) } + [0, 8, 11, 13].map { (32, $0) }
        for (keyCount, nonceCount) in lengths {
            let key = [UInt8](repeating: 1, count: keyCount)
            let nonce = [UInt8](repeating: 1, count: nonceCount)
            for direction in [AESGCM.Direction.seal, .open] {
                #expect(throws: CryptoError.lengthInvalid) {
                    try output.withUnsafeMutableBytes { output in
                        let bytes = Self.key.span
                        let none = [UInt8]()
                        let address = try #require(output.baseAddress)
                        switch direction {
                        case .seal:
                            try AESGCM.seal(
                                bytes,
                                key.span,
                                nonce.span,
                                none.span,
                                into: address,
                                by: implementation
                            )
                        case .open:
                            try AESGCM.open(
                                bytes,
                                key.span,
                                nonce.span,
                                none.span,
                                into: address,
                                by: implementation
                            )
                        }
                    }
                }
            }
        }
    }

    @Test("a key is opened into secret memory, and a tag alone is none")
    func secrets() throws {
        let none = [UInt8]()
        let secret = [UInt8](0..<32)
        let sealed = try seal(secret, none, by: .boringSSL)
        let opened = try AESGCM.openSecret(
            sealed.span,
            key: Self.key.span,
            nonce: Self.nonce.span,
            authenticating: none.span
        )
        let expected = try SecretBytes(copying: secret.span)
        let isEqual = opened.isEqual(to: expected)
        #expect(isEqual)
        let empty = try seal(none, none, by: .boringSSL)
        for refused in [empty, Array(sealed.dropLast()), none] {
            #expect(throws: CryptoError.authenticationFailed) {
                _ = try AESGCM.openSecret(
                    refused.span,
                    key: Self.key.span,
                    nonce: Self.nonce.span,
                    authenticating: none.span
                )
            }
        }
    }
}
