import CChecksums
import Crypto
import Encoding
import TestSupport
import Testing

@testable import Gateway

@Suite struct MD5Tests {
    private func md5(_ pieces: [[UInt8]]) -> [UInt8] {
        var stream = MD5Stream()
        for piece in pieces { stream.update(piece.span) }
        return stream.finish()
    }

    /// RFC 1321, appendix A.5.
    @Test(
        "the test suite of RFC 1321",
        arguments: [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f"
            ),
            (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
        ]
    )
    func vectors(_ text: String, _ digest: String) {
        #expect(Hex.encode(md5([Array(text.utf8)])) == digest)
        #expect(Hex.encode(md5(text.utf8.map { [$0] })) == digest)
    }

    @Test("every length around the edges of blocks, cut anywhere, as OpenSSL computes it")
    func lengths() {
        var random = SplitMix64(seed: 31)
        for count in 0...200 {
            let bytes = random.bytes(count)
            let cut = Int(random.next() % UInt64(count + 1))
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(md5(pieces) == HashFunction.md5.digest(bytes))
        }
    }

    @Test("streams side by side, of any number and any lengths, have the digests of each alone")
    func lanes() {
        var random = SplitMix64(seed: 32)
        let source = random.bytes(2 * DigestBuffer.capacity)
        for _ in 0..<30 {
            let streamCount = Int(random.next() % 16) + 1
            var streams = (0..<streamCount).map { _ in MD5Stream() }
            var whole = [[UInt8]](repeating: [], count: streamCount)
            for _ in 0..<5 {
                let buffers = whole.indices.map { index -> DigestBuffer? in
                    guard random.next() % 4 > 0 else { return nil }
                    let start = Int(random.next() % UInt64(DigestBuffer.capacity))
                    let bytes = Array(source[start..<start + length(&random)])
                    whole[index] += bytes
                    let buffer = DigestBuffer()
                    #expect(buffer.append(bytes.span, from: 0) == bytes.count)
                    return buffer
                }
                MD5Lanes.update(&streams, with: buffers)
            }
            for index in streams.indices {
                #expect(streams[index].finish() == HashFunction.md5.digest(whole[index]))
            }
        }
    }

    private func length(_ random: inout SplitMix64) -> Int {
        switch random.next() % 4 {
        case 0: Int(random.next() % 130)
        case 1: Int(random.next() % 2048) * 64
        default: Int(random.next() % 131_073)
        }
    }

    @Test("a buffer takes what fits and says how much")
    func buffer() {
        let buffer = DigestBuffer()
        var random = SplitMix64(seed: 33)
        let bytes = random.bytes(DigestBuffer.capacity + 10)
        #expect(buffer.append(bytes.span, from: 20) == DigestBuffer.capacity - 10)
        #expect(!buffer.isFull)
        #expect(buffer.append(bytes.span, from: 0) == 10)
        #expect(buffer.isFull)
        #expect(buffer.append(bytes.span, from: 0) == 0)
        var found: [UInt8] = []
        buffer.withBytes(0..<buffer.count) { span in
            for index in span.indices { found.append(span[index]) }
        }
        #expect(found == Array(bytes[20...]) + Array(bytes[..<10]))
    }
}
