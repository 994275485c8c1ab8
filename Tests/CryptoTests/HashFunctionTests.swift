import TestSupport
import Testing

@testable import Crypto

@Suite("Digests")
struct HashFunctionTests {
    /// Of no bytes, of "abc" and of a million "a": RFC 1321 and FIPS 180-4's examples.
    private static let known: [(HashFunction, [String])] = [
        (
            .md5,
            [
                "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72",
                "7707d6ae4e027c70eea2a935c2296f21",
            ]
        ),
        (
            .sha1,
            [
                "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
                "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
            ]
        ),
        (
            .sha256,
            [
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ]
        ),
        (
            .sha384,
            [
                "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
                    + "274edebfe76f65fbd51ad2f14898b95b",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    + "8086072ba1e7cc2358baeca134c825a7",
                "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
                    + "07b8b3dc38ecc4ebae97ddd87f3d8985",
            ]
        ),
    ]

    @Test("are the published ones", arguments: 0..<4)
    func published(index: Int) {
        let (function, digests) = Self.known[index]
        let million = [UInt8](repeating: 0x61, count: 1_000_000)
        for (message, digest) in zip([[], Array("abc".utf8), million], digests) {
            #expect(function.digest(message) == bytes(digest))
            #expect(function.digest(message).count == function.digestCount)
        }
    }

    @Test("are the same in place")
    func inPlace() {
        for count in 0..<300 {
            let text = [UInt8](repeating: UInt8(count & 255), count: count)
            let short = HashFunction.sha256(text.span), long = HashFunction.sha384(text.span)
            let named = HashFunction.sha256.digestByName(text.span)
            let namedLong = HashFunction.sha384.digestByName(text.span)
            #expect(short.indices.map { short[$0] } == named)
            #expect(long.indices.map { long[$0] } == namedLong)
        }
    }

    @Test("are the same in pieces, and the hasher begins anew", arguments: 0..<4)
    func pieces(index: Int) {
        let function = Self.known[index].0
        let message = [UInt8](0...255)
        var hasher = Hasher(function)
        for size in [1, 63, 64, 65, 255, 256] {
            var offset = 0
            while offset < message.count {
                let end = min(offset + size, message.count)
                hasher.update(message.span.extracting(offset..<end))
                offset = end
            }
            hasher.update([])
            #expect(hasher.finish() == function.digest(message))
        }
    }
}
