import Crypto
import Encoding
import HTTPWire
import S3Wire
import SigV4
import TestSupport
import Testing

@testable import Gateway

@Suite struct PayloadReaderTests {
    private let body = Array("hello, payload".utf8)

    private func expectations(
        _ fields: [(String, String)] = [],
        count: UInt64? = 14,
        sha256: [UInt8]? = nil
    ) throws -> PayloadExpectations {
        var expected = PayloadExpectations(countMax: 1000)
        expected.count = count
        expected.sha256 = sha256
        expected.declared = try ChecksumHeaders(HTTPFields(fields))
        return expected
    }

    /// Reads a body in pieces of `size` bytes; gives the plaintext, or the error's code.
    private func read(
        _ mode: PayloadMode,
        _ expected: PayloadExpectations,
        _ bytes: [UInt8],
        size: Int,
        chunks: consuming ChunkSignatureVerifier? = nil
    ) -> Result<[UInt8], S3Error> {
        let reader = PayloadReader(mode: mode, expected: expected, chunks: chunks)
        var plaintext: [UInt8] = []
        do throws(S3Error) {
            var offset = 0
            while offset < bytes.count {
                let end = min(offset + size, bytes.count)
                try reader.receive(bytes[offset..<end].span) { piece in
                    piece.withUnsafeBufferPointer { plaintext.append(contentsOf: $0) }
                }
                offset = end
            }
            _ = try reader.finish()
            return .success(plaintext)
        } catch {
            return .failure(error)
        }
    }

    @Test("a raw body is given on as it is, whatever the pieces")
    func raw() throws {
        let digest = HashFunction.sha256.digest(body)
        for size in 1...15 {
            for mode in [PayloadMode.unsigned, .absent, .signed(digest: digest)] {
                let expected = try expectations(sha256: digest)
                #expect(read(mode, expected, body, size: size) == .success(body))
            }
        }
    }

    @Test("a length that wasn't stated may be any up to the limit")
    func unknownLength() throws {
        #expect(read(.unsigned, try expectations(count: nil), body, size: 5) == .success(body))
        let long = [UInt8](repeating: 0, count: 1001)
        let error = read(.unsigned, try expectations(count: nil), long, size: 100)
        #expect(error.code == .entityTooLarge)
    }

    @Test(
        "every broken promise about a raw body has its error",
        arguments: [
            ([], 13, .incompleteBody), ([], 15, .incompleteBody),
            ([("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], 14, .badDigest),
            ([("x-amz-checksum-crc32", "AAAAAA==")], 14, .badDigest),
            ([("x-amz-checksum-crc32c", "AAAAAA==")], 14, .badDigest),
            ([("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")], 14, .badDigest),
            ([("x-amz-checksum-sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")], 14, .badDigest),
            (
                [("x-amz-checksum-sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")], 14,
                .badDigest
            ),
        ] as [([(String, String)], UInt64, S3ErrorCode)]
    )
    func rawFaults(fields: [(String, String)], count: UInt64, code: S3ErrorCode) throws {
        let expected = try expectations(fields, count: count)
        #expect(read(.unsigned, expected, body, size: 4).code == code)
    }

    @Test("a SHA-256 other than the signed one is named with both")
    func sha256() throws {
        let expected = try expectations(sha256: [UInt8](repeating: 1, count: 32))
        guard case .failure(let error) = read(.unsigned, expected, body, size: 4) else {
            Issue.record("taken")
            return
        }
        #expect(error.code == .xAmzContentSHA256Mismatch)
        let found = Hex.encode(HashFunction.sha256.digest(body))
        #expect(error.detail("S3ComputedContentSHA256") == found)
    }

    @Test("checksums and MD5 of a body that keeps its promises are given")
    func facts() throws {
        let reader = PayloadReader(
            mode: .unsigned,
            expected: {
                var expected = $0
                expected.wantsMD5 = true
                return expected
            }(try expectations([("x-amz-checksum-crc32", crc32)])),
            chunks: nil
        )
        try reader.receive(body.span) { _ in }
        let facts = try reader.finish()
        #expect(facts.md5 == HashFunction.md5.digest(body))
        #expect(facts.checksum?.algorithm == .crc32)
        #expect(facts.checksum.map { Base64.encode($0.value) } == crc32)
    }

    private var crc32: String {
        var sum = ChecksumComputation(.crc32)
        sum.update(body.span)
        return Base64.encode(sum.finish())
    }

    // In chunks.

    private func chunked(_ trailers: String) -> [UInt8] {
        Array("5\r\nhello\r\n9\r\n, payload\r\n0\r\n\(trailers)\r\n".utf8)
    }

    private let announced = [("x-amz-trailer", "x-amz-checksum-crc32")]

    @Test("an unsigned body in chunks with its trailer, at every split")
    func unsignedTrailer() throws {
        let bytes = chunked("x-amz-checksum-crc32:\(crc32)\r\n")
        for size in 1...bytes.count {
            let expected = try expectations(announced)
            let result = read(.streamingUnsignedTrailer, expected, bytes, size: size)
            #expect(result == .success(body))
        }
    }

    @Test("an announced trailer must come, an unannounced one must not, and it must be right")
    func trailerFaults() throws {
        let cases: [([(String, String)], String, S3ErrorCode)] = [
            (announced, "", .malformedTrailer),
            (announced, "x-amz-checksum-crc32:AAAAAA==\r\n", .badDigest),
            (announced, "x-amz-checksum-crc32:A\r\n", .invalidRequest),
            (announced, "x-amz-checksum-sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", .malformedTrailer),
            ([], "x-amz-checksum-crc32:\(crc32)\r\n", .malformedTrailer),
        ]
        for (fields, trailers, code) in cases {
            let expected = try expectations(fields)
            let bytes = chunked(trailers)
            #expect(read(.streamingUnsignedTrailer, expected, bytes, size: 7).code == code)
        }
    }

    @Test("chunks that end early, or hold more or less than was stated, are refused")
    func chunkLengths() throws {
        let bytes = chunked("x-amz-checksum-crc32:\(crc32)\r\n")
        for count in [0, 5, bytes.count - 2] {
            let expected = try expectations(announced)
            let short = Array(bytes[..<count])
            let result = read(.streamingUnsignedTrailer, expected, short, size: 9)
            #expect(result.code == .incompleteBody)
        }
        for count in [13, 15] as [UInt64] {
            let expected = try expectations(announced, count: count)
            let result = read(.streamingUnsignedTrailer, expected, bytes, size: 9)
            #expect(result.code == .incompleteBody)
        }
    }

    private struct Signed {
        var bytes: [UInt8]
        var head: HTTPRequestHead
        var identity: SigV4Identity
        var verifier: SigV4Verifier
    }

    /// A body in signed chunks of its two halves; each byte can be changed by the caller.
    private func signed() throws -> Signed {
        var head = HTTPRequestHead(method: .put, target: "/b/k", authority: "h")
        let signer = try TestKeys.signer()
        let seed = try signer.sign(&head, payload: .streamingSigned, now: TestKeys.now)
        var chunks = try signer.chunkSigner(for: seed)
        var bytes: [UInt8] = []
        for chunk in [Array(body[..<6]), Array(body[6...]), []] {
            chunks.update(chunk.span)
            let signature = chunks.endChunk()
            bytes += Array(
                "\(String(chunk.count, radix: 16));chunk-signature=\(signature)\r\n".utf8
            )
            if !chunk.isEmpty { bytes += chunk + [0x0d, 0x0a] }
        }
        let verifier = SigV4Verifier(regions: ["us-east-1"])
        let authorization = try require(try SigV4Authorization.parse(head: head))
        let identity = try verifier.verify(
            authorization,
            head: head,
            secret: Array(TestKeys.secret.utf8).span,
            now: TestKeys.now
        )
        return Signed(
            bytes: bytes + [0x0d, 0x0a],
            head: head,
            identity: identity,
            verifier: verifier
        )
    }

    @Test("signed chunks are taken, and each changed byte of one is refused")
    func signedChunks() throws {
        let signed = try signed()
        func verifier() throws -> ChunkSignatureVerifier {
            try signed.verifier.chunkVerifier(
                for: signed.identity,
                secret: Array(TestKeys.secret.utf8).span
            )
        }
        for size in [1, 7, 50, 1000] {
            let result = read(
                .streamingSigned,
                try expectations(),
                signed.bytes,
                size: size,
                chunks: try verifier()
            )
            #expect(result == .success(body))
        }
        for index in signed.bytes.indices {
            var bytes = signed.bytes
            bytes[index] ^= 1
            let result = read(
                .streamingSigned,
                try expectations(),
                bytes,
                size: 1000,
                chunks: try verifier()
            )
            #expect(result.code != nil, "byte \(index)")
        }
    }
}

extension Result where Failure == S3Error {
    /// The error's code, `nil` for a success.
    var code: S3ErrorCode? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}
