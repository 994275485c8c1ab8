import Crypto
import SealedObject
import Testing

@Suite("One ciphertext under two keys")
struct CommitmentTests {
    /// The raw segment of the crafted pair opened under the stream keys that a vector's key gives.
    private func opened(_ name: String) throws -> [UInt8] {
        let vector = try Vector(named: name)
        let envelope = try Envelope(text: Array(vector.text("envelope").utf8))
        let facts = try #require(envelope.streamFacts)
        let info = Array("sgw/v1/stream\0".utf8) + facts.bytes
        let derived = try HKDF.expand(
            vector.secret("object-key"),
            info: info.span,
            count: 71
        )
        let prefix = try derived.part(64..<71)
        var nonce: [UInt8] = []
        for index in 0..<7 { nonce.append(prefix.span[index]) }
        nonce += [1, 0, 0, 0, 0]
        let key = try derived.part(0..<32)
        let segment = Array(vector.body[96...])
        return try AESGCM.open(
            segment.span,
            key: key.span,
            nonce: nonce.span,
            authenticating: [UInt8]().span
        )
    }

    @Test("is right for the cipher alone, so that only the commitment can refuse it")
    func collides() throws {
        let one = try opened("colliding-committed")
        let two = try opened("colliding-other-key")
        #expect(one.count == 48 && two.count == 48 && one != two)
        let committed = try Vector(named: "colliding-committed")
        let other = try Vector(named: "colliding-other-key")
        #expect(committed.body == other.body)
    }

    @Test("opens under the key committed to, and is refused under the other")
    func refused() throws {
        for (name, outcome) in [
            ("colliding-committed", "success"), ("colliding-own-commitment", "commitment"),
            ("colliding-other-key", "commitment"),
        ] {
            let reader = try VectorReader(Vector(named: name), pieces: [1_000])
            #expect(reader.outcome == outcome)
            #expect(reader.released.count == (outcome == "success" ? 48 : 0))
        }
    }
}
