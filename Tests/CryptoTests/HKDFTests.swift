import TestSupport
import Testing

@testable import Crypto

@Suite("HKDF with SHA-384")
struct HKDFTests {
    private func copy(_ secret: borrowing SecretBytes) -> [UInt8] {
        var copy: [UInt8] = []
        for index in secret.span.indices { copy.append(secret.span[index]) }
        return copy
    }

    // The inputs of RFC 5869's first case; the outputs are those of another implementation.
    private static let pseudoRandomKey = bytes(
        "704b39990779ce1dc548052c7dc39f303570dd13fb39f7acc564680bef80e8de"
            + "c70ee9a7e1f3e293ef68eceb072a5ade"
    )

    @Test("extracts what another implementation extracts")
    func extract() throws {
        let secret = try SecretBytes(copying: [UInt8](repeating: 0x0b, count: 22).span)
        let key = try HKDF.extract(salt: [UInt8](0..<13), secret: secret)
        let copied = copy(key)
        #expect(copied == Self.pseudoRandomKey)
    }

    @Test("expands to what another implementation expands")
    func expand() throws {
        let key = try SecretBytes(copying: Self.pseudoRandomKey.span)
        let output = try HKDF.expand(key, info: [UInt8](0xf0...0xf9), count: 42)
        let copied = copy(output)
        #expect(
            copied
                == bytes(
                    "9b5097a86038b805309076a44b3a9f38063e25b516dcbf369f394cfab43685f748b6457763e4"
                        + "f0204fc5"
                )
        )
        for count in [1, 41] {
            let fewer = try HKDF.expand(key, info: [UInt8](0xf0...0xf9), count: count)
            let copiedFewer = copy(fewer)
            #expect(copiedFewer == Array(copied.prefix(count)))
        }
    }

    @Test("expands an empty info to the longest output")
    func longest() throws {
        let key = try SecretBytes(copying: [UInt8](0..<32).span)
        let output = try HKDF.expand(key, info: [], count: 12_240)
        let digest = HashFunction.sha256.digest(output.span)
        #expect(
            digest
                == bytes("6c02e1266239d2c605d187ccb4b61986540e762d6d934b6c637fa77ee2abd858")
        )
    }

    @Test("refuses lengths that it can't give, and an empty salt")
    func lengths() throws {
        let key = try SecretBytes(copying: [UInt8](repeating: 1, count: 1).span)
        for count in [Int.min, -1, 0, 12_241, Int.max] {
            #expect(throws: CryptoError.lengthInvalid) {
                _ = try HKDF.expand(key, info: [], count: count)
            }
        }
        #expect(throws: CryptoError.lengthInvalid) { _ = try HKDF.extract(salt: [], secret: key) }
    }

    @Test("an expander gives for each info what a key alone gives, in any order and any length")
    func expander() throws {
        let bytes = [UInt8](repeating: 7, count: 32)
        let key = try SecretBytes(copying: bytes.span)
        let expander = try HKDF.Expander(key)
        for info in [[], [1], [UInt8](repeating: 2, count: 200), [1]] as [[UInt8]] {
            for count in [1, 48, 49, 500] {
                let one = try expander.expand(info: info.span, count: count)
                let isSame = one.isEqual(to: try HKDF.expand(key, info: info, count: count))
                let named = try HKDF.expandByName(key, info: info, count: count)
                let isSameByName = one.isEqual(to: named)
                #expect(isSame && isSameByName)
            }
            #expect(throws: CryptoError.lengthInvalid) {
                _ = try expander.expand(info: info.span, count: 0)
            }
        }
    }

    @Test("every length of info gives what OpenSSL's HMAC gives")
    func infos() throws {
        let key = try SecretBytes(copying: [UInt8](repeating: 7, count: 32).span)
        let expander = try HKDF.Expander(key)
        for count in 0...400 {
            let info = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let expanded = try expander.expand(info: info.span, count: 100)
            let named = try HKDF.expandByName(key, info: info, count: 100)
            let isEqual = expanded.isEqual(to: named)
            #expect(isEqual)
        }
    }

    @Test("an info is its label, then the bytes and words that were appended")
    func info() {
        var info = HKDF.Info(label: Array("label".utf8))
        info.append([1, 2, 3].span)
        info.append(bigEndian: [0x0405_0607_0809_0a0b, 0xffff_0000_0000_0001].span)
        info.append([UInt8]().span)
        var bytes: [UInt8] = []
        for index in info.span.indices { bytes.append(info.span[index]) }
        let end: [UInt8] = [0xff, 0xff, 0, 0, 0, 0, 0, 1]
        #expect(bytes == Array("label".utf8) + [UInt8](1...11) + end)
        var full = HKDF.Info(label: [UInt8](repeating: 1, count: 112))
        full.append(bigEndian: [2, 3].span)
        #expect(full.span.count == 128)
    }

    @Test("keys of every length give what OpenSSL's HMAC gives")
    func keys() throws {
        for count in 1...140 {
            let bytes = (0..<count).map { UInt8($0) }
            let key = try SecretBytes(copying: bytes.span)
            let expanded = try HKDF.expand(key, info: [1, 2, 3], count: 100)
            let named = try HKDF.expandByName(key, info: [1, 2, 3], count: 100)
            let isEqual = expanded.isEqual(to: named)
            #expect(isEqual)
            guard count > 128 else { continue }
            #expect(throws: CryptoError.lengthInvalid) { _ = try HKDF.Expander(key) }
        }
    }
}

extension HKDF {
    fileprivate static func expand(
        _ key: borrowing SecretBytes,
        info: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        try expand(key, info: info.span, count: count)
    }

    fileprivate static func expandByName(
        _ key: borrowing SecretBytes,
        info: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        try expandByName(key, info: info.span, count: count)
    }
}
