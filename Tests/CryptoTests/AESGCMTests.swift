import CAESGCMProvider
import TestSupport
import Testing

@testable import Crypto

@Suite("AES-256-GCM")
struct AESGCMTests {
    private typealias Implementation = AESGCM.Implementation

    init() { #expect(sealgate_aes_gcm_load() == 1) }

    /// Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
    private struct Known: Sendable {
        let key: [UInt8]
        let nonce: [UInt8]
        let plaintext: [UInt8]
        let associated: [UInt8]
        let sealed: [UInt8]
    }

    private static let key = bytes(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    )
    private static let nonce = bytes("cafebabefacedbaddecaf888")
    private static let plaintext = bytes(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    )
    private static let ciphertext = bytes(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
    )
    private static let known = [
        Known(
            key: [UInt8](repeating: 0, count: 32),
            nonce: [UInt8](repeating: 0, count: 12),
            plaintext: [],
            associated: [],
            sealed: bytes("530f8afbc74536b9a963b4f1c4cb738b")
        ),
        Known(
            key: [UInt8](repeating: 0, count: 32),
            nonce: [UInt8](repeating: 0, count: 12),
            plaintext: [UInt8](repeating: 0, count: 16),
            associated: [],
            sealed: bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
        ),
        Known(
            key: key,
            nonce: nonce,
            plaintext: plaintext,
            associated: [],
            sealed: ciphertext + bytes("b094dac5d93471bdec1a502270e3cc6c")
        ),
        Known(
            key: key,
            nonce: nonce,
            plaintext: Array(plaintext.prefix(60)),
            associated: bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
            sealed: ciphertext.prefix(60) + bytes("76fc6ece0f4e1768cddf8853bb2d551b")
        ),
    ]

    private func seal(_ cipher: AESGCM, _ plaintext: [UInt8], nonce: [UInt8]) throws -> [UInt8] {
        try seal(cipher, plaintext, nonce: nonce, authenticating: [])
    }

    private func seal(
        _ cipher: AESGCM,
        _ plaintext: [UInt8],
        nonce: [UInt8],
        authenticating associated: [UInt8]
    ) throws -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
        try cipher.begin(nonce: nonce.span)
        try cipher.authenticate(associated.span)
        try sealed.withUnsafeMutableBytes { output in
            let address = try #require(output.baseAddress)
            try cipher.update(plaintext.span, into: address)
            try cipher.finishSealing(tag: address + plaintext.count)
        }
        return sealed
    }

    private func open(
        _ cipher: AESGCM,
        _ sealed: [UInt8],
        nonce: [UInt8],
        authenticating associated: [UInt8] = []
    ) throws -> [UInt8] {
        guard sealed.count >= 16 else { throw CryptoError.authenticationFailed }
        var opened = [UInt8](repeating: 0, count: sealed.count)
        try cipher.begin(nonce: nonce.span)
        try cipher.authenticate(associated.span)
        try opened.withUnsafeMutableBytes { output in
            try cipher.update(
                sealed.span.extracting(droppingLast: 16),
                into: #require(output.baseAddress)
            )
        }
        try cipher.finishOpening(tag: sealed.span.extracting(last: 16))
        return Array(opened.dropLast(16))
    }

    @Test("seals and opens the published cases", arguments: 0..<4, Implementation.allCases)
    private func publishedCases(index: Int, by implementation: Implementation) throws {
        let known = Self.known[index]
        let sealer = try AESGCM(key: known.key.span, .seal, by: implementation)
        let sealed = try seal(
            sealer,
            known.plaintext,
            nonce: known.nonce,
            authenticating: known.associated
        )
        #expect(sealed == known.sealed)
        let opener = try AESGCM(key: known.key.span, .open, by: implementation)
        let opened = try open(
            opener,
            known.sealed,
            nonce: known.nonce,
            authenticating: known.associated
        )
        #expect(opened == known.plaintext)
    }

    @Test(
        "refuses every bit of ciphertext, tag and associated data changed",
        arguments: 0..<4,
        Implementation.allCases
    )
    private func everyBit(index: Int, by implementation: Implementation) throws {
        let known = Self.known[index]
        let cipher = try AESGCM(key: known.key.span, .open, by: implementation)
        for bit in 0..<(known.sealed.count * 8) {
            var changed = known.sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CryptoError.authenticationFailed) {
                try open(
                    cipher,
                    changed,
                    nonce: known.nonce,
                    authenticating: known.associated
                )
            }
        }
        for bit in 0..<(known.associated.count * 8) {
            var changed = known.associated
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CryptoError.authenticationFailed) {
                try open(
                    cipher,
                    known.sealed,
                    nonce: known.nonce,
                    authenticating: changed
                )
            }
        }
        // A refusal leaves the cipher good for the next message.
        let opened = try open(
            cipher,
            known.sealed,
            nonce: known.nonce,
            authenticating: known.associated
        )
        #expect(opened == known.plaintext)
    }

    @Test(
        "refuses tags shortened, zeroed or set, and sealed bytes shorter than a tag",
        arguments: Implementation.allCases
    )
    private func tags(by implementation: Implementation) throws {
        let cipher = try AESGCM(key: Self.key.span, .open, by: implementation)
        let sealed = Self.known[2].sealed
        for count in 0..<sealed.count {
            #expect(throws: CryptoError.authenticationFailed) {
                try open(cipher, Array(sealed.prefix(count)), nonce: Self.nonce)
            }
        }
        for value in [0, 0xff] as [UInt8] {
            let tag = [UInt8](repeating: value, count: 16)
            #expect(throws: CryptoError.authenticationFailed) {
                try open(cipher, Self.ciphertext + tag, nonce: Self.nonce)
            }
        }
        try cipher.begin(nonce: Self.nonce.span)
        #expect(throws: CryptoError.lengthInvalid) {
            try cipher.finishOpening(tag: sealed.span.extracting(last: 15))
        }
    }

    /// Test cases 1 and 2 of McGrew and Viega.
    @Test("AES-128-GCM of TLS gives the published tags", arguments: Implementation.allCases)
    private func recordKeys(by implementation: Implementation) throws {
        let zeros = [UInt8](repeating: 0, count: 16)
        let nonce = [UInt8](repeating: 0, count: 12)
        let known = [
            ([], bytes("58e2fccefa7e3061367f1d57a4e7455a")),
            (zeros, bytes("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf")),
        ]
        for (plaintext, expected) in known {
            let sealer = try AESGCM(key: zeros.span, .seal, by: implementation)
            let sealed = try seal(sealer, plaintext, nonce: nonce)
            #expect(sealed == expected)
            let opener = try AESGCM(key: zeros.span, .open, by: implementation)
            let opened = try open(opener, sealed, nonce: nonce)
            #expect(opened == plaintext)
        }
        for count in [0, 15, 17, 24, 31, 33] {
            #expect(throws: CryptoError.lengthInvalid) {
                try AESGCM(recordKey: [UInt8](repeating: 1, count: count).span, .seal)
            }
        }
        let both = try [16, 32].map {
            try AESGCM(recordKey: [UInt8](repeating: 1, count: $0).span, .seal)
        }
        #expect(both.count == 2)
    }

    @Test("refuses keys and nonces of other lengths")
    func lengths() throws {
        for count in [0, 16, 24, 31, 33] {
            #expect(throws: CryptoError.lengthInvalid) {
                try AESGCM(key: [UInt8](repeating: 1, count: count).span, .seal)
            }
        }
        let cipher = try AESGCM(key: Self.key.span, .seal)
        for count in [0, 8, 11, 13, 16] {
            #expect(throws: CryptoError.lengthInvalid) {
                try cipher.begin(nonce: [UInt8](repeating: 1, count: count).span)
            }
        }
    }

    @Test(
        "gives the same bytes in pieces of any size, in place too",
        arguments: Implementation.allCases
    )
    private func pieces(by implementation: Implementation) throws {
        var random = SplitMix64(seed: 1)
        let plaintext = random.bytes(1_000)
        let cipher = try AESGCM(key: Self.key.span, .seal, by: implementation)
        let whole = try seal(cipher, plaintext, nonce: Self.nonce)
        for size in [1, 7, 15, 16, 17, 31, 64, 333, 999, 1_000] {
            var output = plaintext + [UInt8](repeating: 0, count: 16)
            try cipher.begin(nonce: Self.nonce.span)
            try output.withUnsafeMutableBytes { output in
                var offset = 0
                while offset < 1_000 {
                    let count = min(size, 1_000 - offset)
                    let piece = UnsafeRawBufferPointer(rebasing: output[offset..<(offset + count)])
                    let span = piece.bindMemory(to: UInt8.self).span
                    try cipher.update(span, into: #require(output.baseAddress) + offset)
                    offset += count
                }
                try cipher.finishSealing(tag: #require(output.baseAddress) + 1_000)
            }
            #expect(output == whole)
        }
    }

    @Test(
        "begins anew after a message that was left unfinished",
        arguments: Implementation.allCases
    )
    private func unfinished(by implementation: Implementation) throws {
        let cipher = try AESGCM(key: Self.key.span, .seal, by: implementation)
        var output = [UInt8](repeating: 0, count: 64)
        try cipher.begin(nonce: [UInt8](repeating: 9, count: 12).span)
        try output.withUnsafeMutableBytes { output in
            try cipher.update(Self.plaintext.span, into: #require(output.baseAddress))
        }
        #expect(try seal(cipher, Self.plaintext, nonce: Self.nonce) == Self.known[2].sealed)
    }

}
