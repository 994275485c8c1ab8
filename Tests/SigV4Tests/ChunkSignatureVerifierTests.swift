import Crypto
import Encoding
import HTTPWire
import TestSupport
import Testing

@testable import SigV4

@Suite("Signatures of chunks")
struct ChunkSignatureVerifierTests {
    // The S3 API Reference's examples: 65,536 and 1,024 bytes of `a`, and the last chunk.
    static let plain = [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]
    static let trailing = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    static let trailerSignature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    static let trailers = HTTPFields([("x-amz-checksum-crc32c", "sOO8/Q==")])
    static let chunks = [65_536, 1024, 0].map { [UInt8](repeating: 0x61, count: $0) }

    static func verifier(_ name: String) throws -> ChunkSignatureVerifier {
        let fixture = try SigV4VerifierTests.named(name)
        let identity = try #require(try fixture.verify())
        let verifier = SigV4Verifier(regions: ["us-east-1"])
        let secret = fixture.secret
        return try verifier.chunkVerifier(for: identity, secret: secret.span)
    }

    static func ended(_ name: String, _ signatures: [String]) throws -> ChunkSignatureVerifier {
        var verifier = try verifier(name)
        for (chunk, signature) in zip(chunks, signatures) {
            try verifier.update(chunk.span)
            try verifier.endChunk(signature: Array(signature.utf8).span)
        }
        return verifier
    }

    @Test("accepts the published chunks")
    func published() throws {
        var verifier = try Self.ended("put-chunked-seed", Self.plain)
        try verifier.finish()
    }

    @Test("accepts the published chunks and trailers")
    func publishedTrailers() throws {
        var verifier = try Self.ended("put-chunked-trailer-seed", Self.trailing)
        var trailers = Self.trailers
        trailers.append("x-amz-trailer-signature", Self.trailerSignature)
        let signature = Array(Self.trailerSignature.utf8)
        try verifier.verifyTrailers(trailers, signature: signature.span)
        try verifier.finish()
    }

    @Test("data may come in any pieces")
    func pieces() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<20 {
            var verifier = try Self.verifier("put-chunked-seed")
            for (chunk, signature) in zip(Self.chunks, Self.plain) {
                var rest = chunk[...]
                while !rest.isEmpty {
                    let count = Int.random(in: 0...min(rest.count, 20_000), using: &random)
                    let piece = Array(rest.prefix(count))
                    try verifier.update(piece.span)
                    rest = rest.dropFirst(count)
                }
                try verifier.endChunk(signature: Array(signature.utf8).span)
            }
            try verifier.finish()
        }
    }

    @Test("refuses a changed byte, and goes on refusing")
    func changed() throws {
        var verifier = try Self.verifier("put-chunked-seed")
        var chunk = Self.chunks[0]
        chunk[40_000] ^= 1
        try verifier.update(chunk.span)
        let signature = Array(Self.plain[0].utf8)
        for _ in 0..<2 {
            let error = failure { () throws(SigV4Error) in
                try verifier.endChunk(signature: signature.span)
            }
            #expect(error == .chunkSignatureMismatch)
        }
        let data = Self.chunks[1]
        #expect(
            failure { () throws(SigV4Error) in try verifier.update(data.span) }
                == .chunkSignatureMismatch
        )
        #expect(
            failure { () throws(SigV4Error) in
                try verifier.verifyTrailers(Self.trailers, signature: signature.span)
            } == .chunkSignatureMismatch
        )
        #expect(
            failure { () throws(SigV4Error) in try verifier.finish() } == .chunkSignatureMismatch
        )
    }

    @Test("refuses chunks in another order, and an end before its time")
    func order() throws {
        for signature in Self.plain.dropFirst() {
            var verifier = try Self.verifier("put-chunked-seed")
            let signature = Array(signature.utf8)
            let error = failure { () throws(SigV4Error) in
                try verifier.endChunk(signature: signature.span)
            }
            #expect(error == .chunkSignatureMismatch)
        }
    }

    @Test("refuses every other digit of a signature")
    func digits() throws {
        for index in 0..<64 {
            var verifier = try Self.verifier("put-chunked-seed")
            let chunk = Self.chunks[0]
            try verifier.update(chunk.span)
            var signature = Array(Self.plain[0].utf8)
            signature[index] = signature[index] == 0x30 ? 0x31 : 0x30
            let error = failure { () throws(SigV4Error) in
                try verifier.endChunk(signature: signature.span)
            }
            #expect(error == .chunkSignatureMismatch)
        }
    }

    @Test(
        "refuses signatures that aren't 64 digits",
        arguments: ["", "ad80", String(repeating: "x", count: 64)]
    )
    func malformed(_ text: String) throws {
        var verifier = try Self.verifier("put-chunked-seed")
        let signature = Array(text.utf8)
        let error = failure { () throws(SigV4Error) in
            try verifier.endChunk(signature: signature.span)
        }
        #expect(error == .chunkSignatureMalformed)
    }

    @Test("refuses data, chunks and trailers behind the end")
    func behindEnd() throws {
        let signature = Array(Self.plain[2].utf8)
        var first = try Self.ended("put-chunked-seed", Self.plain)
        let data: [UInt8] = [0x61]
        #expect(
            failure { () throws(SigV4Error) in try first.update(data.span) } == .chunkAfterEnd
        )
        var second = try Self.ended("put-chunked-trailer-seed", Self.trailing)
        #expect(
            failure { () throws(SigV4Error) in try second.endChunk(signature: signature.span) }
                == .chunkAfterEnd
        )
        var third = try Self.ended("put-chunked-seed", Self.plain)
        #expect(
            failure { () throws(SigV4Error) in
                try third.verifyTrailers(Self.trailers, signature: signature.span)
            } == .chunkAfterEnd
        )
    }

    @Test("refuses a body without its last chunk or its trailers")
    func incomplete() throws {
        var chunks = try Self.ended("put-chunked-seed", Array(Self.plain.prefix(2)))
        #expect(failure { () throws(SigV4Error) in try chunks.finish() } == .chunksIncomplete)
        var trailers = try Self.ended("put-chunked-trailer-seed", Self.trailing)
        #expect(failure { () throws(SigV4Error) in try trailers.finish() } == .chunksIncomplete)
        var early = try Self.ended("put-chunked-trailer-seed", Array(Self.trailing.prefix(2)))
        let signature = Array(Self.trailerSignature.utf8)
        #expect(
            failure { () throws(SigV4Error) in
                try early.verifyTrailers(Self.trailers, signature: signature.span)
            } == .chunksIncomplete
        )
    }

    @Test("refuses other trailers")
    func otherTrailers() throws {
        let signature = Array(Self.trailerSignature.utf8)
        for pairs in [
            [], [("x-amz-checksum-crc32c", "sOO8/A==")], [("x-amz-checksum-crc32", "sOO8/Q==")],
            [("x-amz-checksum-crc32c", "sOO8/Q=="), ("x-amz-meta-a", "b")],
        ] {
            var verifier = try Self.ended("put-chunked-trailer-seed", Self.trailing)
            let error = failure { () throws(SigV4Error) in
                try verifier.verifyTrailers(HTTPFields(pairs), signature: signature.span)
            }
            #expect(error == .trailerSignatureMismatch)
        }
    }

    @Test("a body whose chunks aren't signed has no verifier")
    func unsigned() throws {
        let fixture = try SigV4VerifierTests.named("put-object")
        let identity = try #require(try fixture.verify())
        let secret = fixture.secret
        let error = failure { () throws(SigV4Error) in
            _ = try SigV4Verifier(regions: []).chunkVerifier(for: identity, secret: secret.span)
        }
        #expect(error == .payloadModeUnsupported)
    }
}
