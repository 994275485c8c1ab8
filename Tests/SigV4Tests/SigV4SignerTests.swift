import Crypto
import Encoding
import HTTPWire
import TestSupport
import Testing

@testable import SigV4

@Suite("Signing")
struct SigV4SignerTests {
    static let now = Timestamp(seconds: 1_795_443_755)

    static func signer(_ secret: [UInt8], token: String? = nil) throws -> SigV4Signer {
        SigV4Signer(
            accessKeyID: "AKIDSIGNER",
            secret: try SecretBytes(copying: secret.span),
            region: "eu-west-1",
            sessionToken: token
        )
    }

    static func head(_ random: inout SplitMix64) -> HTTPRequestHead {
        let methods: [HTTPMethod] = [.get, .put, .post, .delete, .head]
        var target = "/bucket/" + PercentEncoding.encode(random.bytes(Int(random.next() % 20)))
        var separator = "?"
        for _ in 0..<(random.next() % 5) {
            target += separator + PercentEncoding.encode(random.bytes(Int(random.next() % 3)))
            target += "=" + PercentEncoding.encode(random.bytes(Int(random.next() % 6)))
            separator = "&"
        }
        var head = HTTPRequestHead(
            method: methods[Int(random.next() % 5)],
            target: target,
            authority: "storage.example:\(random.next() % 65_536)"
        )
        for _ in 0..<(random.next() % 6) {
            let name = Array("x-amz-meta-\(random.next() % 4)".utf8)
            let value = random.bytes(Int(random.next() % 12)).map { 0x20 + $0 % 0x5f }
            head.fields.append(name: name.span, value: value.span)
        }
        head.fields.append("content-length", "12")
        head.fields.append("user-agent", "test")
        return head
    }

    private func verify(
        _ head: HTTPRequestHead,
        _ secret: [UInt8]
    ) throws -> SigV4Identity {
        let authorization = try #require(try SigV4Authorization.parse(head: head))
        let verifier = SigV4Verifier(regions: ["eu-west-1"])
        return try verifier.verify(authorization, head: head, secret: secret.span, now: Self.now)
    }

    @Test("what is signed verifies, and signed again is the same", arguments: 0..<200)
    func roundTrip(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let secret = random.bytes(40)
        let token = random.next() % 2 == 0 ? "a token" : nil
        let signer = try Self.signer(secret, token: token)
        var head = Self.head(&random)
        let payloads: [SigV4Payload] = [.unsigned, .sha256(random.bytes(32)), .streamingSigned]
        let payload = payloads[Int(random.next() % 3)]
        let made = try signer.sign(&head, payload: payload, now: Self.now)
        let identity = try verify(head, secret)
        #expect(identity.payload == payload)
        #expect(identity.sessionToken == token)
        #expect(identity.signedAt == Self.now)
        #expect(identity.seed == (payload.isChunkSigned ? made : nil))
        var again = head
        try signer.sign(&again, payload: payload, now: Self.now)
        #expect(again.fields["authorization"] == head.fields["authorization"])
    }

    @Test("what is presigned verifies", arguments: 0..<200)
    func presigned(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let secret = random.bytes(40)
        let token = random.next() % 2 == 0 ? "a+token/" : nil
        let signer = try Self.signer(secret, token: token)
        var head = Self.head(&random)
        head.target = try signer.presign(head, expiresSeconds: 60, now: Self.now)
        let identity = try verify(head, secret)
        #expect(identity.placement == .query)
        #expect(identity.payload == .unsigned)
        #expect(identity.sessionToken == token)
    }

    @Test("signs the published examples as published")
    func published() throws {
        let fixture = try SigV4VerifierTests.named("get-object-range")
        let signer = SigV4Signer(
            accessKeyID: fixture.accessKey,
            secret: try SecretBytes(copying: fixture.secret.span),
            region: fixture.region
        )
        var head = fixture.head
        try signer.sign(&head, payload: .empty, now: fixture.now)
        #expect(head.fields["authorization"] == fixture.head.fields["authorization"])

        let presigned = try SigV4VerifierTests.named("presigned-get-object")
        var bare = presigned.head
        bare.target = "/test.txt"
        #expect(
            try signer.presign(bare, expiresSeconds: 86_400, now: fixture.now)
                == presigned.head.target
        )
    }

    @Test("leaves the transport's fields unsigned")
    func unsignedFields() throws {
        var random = SplitMix64(seed: 1)
        var head = Self.head(&random)
        head.fields.append("expect", "100-continue")
        head.fields.append("range", "bytes=0-9")
        try Self.signer([1]).sign(&head, payload: .empty, now: Self.now)
        let value = try #require(head.fields["authorization"])
        #expect(value.contains("range;"))
        for name in ["content-length", "user-agent", "expect", "authorization"] {
            #expect(!value.contains(name))
        }
    }

    @Test("presigns for 1 to 604,800 seconds", arguments: [-1, 0, 604_801])
    func expiry(_ seconds: Int) throws {
        let head = HTTPRequestHead(method: .get, target: "/b/k", authority: "h")
        let signer = try Self.signer([1])
        let error = failure { () throws(SigV4Error) in
            _ = try signer.presign(head, expiresSeconds: seconds, now: Self.now)
        }
        #expect(error == .expiryOutOfRange)
    }

    @Test("signed chunks and trailers verify", arguments: 0..<20)
    func chunks(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let secret = random.bytes(40)
        let signer = try Self.signer(secret)
        var head = HTTPRequestHead(method: .put, target: "/b/k", authority: "h")
        let made = try signer.sign(&head, payload: .streamingSignedTrailer, now: Self.now)
        var chunkSigner = try signer.chunkSigner(for: made)
        let verifier = SigV4Verifier(regions: [])
        let identity = try verify(head, secret)
        var chunks = try verifier.chunkVerifier(for: identity, secret: secret.span)
        for position in 0...5 {
            let data = position == 5 ? [] : random.bytes(1 + Int(random.next() % 300))
            chunkSigner.update(data.span)
            let signature = Array(chunkSigner.endChunk().utf8)
            try chunks.update(data.span)
            try chunks.endChunk(signature: signature.span)
        }
        let trailers = HTTPFields([("x-amz-b", " 2 "), ("x-amz-a", "1")])
        let signature = Array(chunkSigner.sign(trailers).utf8)
        let sorted = HTTPFields([("x-amz-a", "1"), ("x-amz-b", "2")])
        try chunks.verifyTrailers(sorted, signature: signature.span)
        try chunks.finish()
    }
}
