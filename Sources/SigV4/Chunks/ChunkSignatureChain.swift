internal import Crypto
internal import Encoding
internal import HTTPWire

/// The signatures of a body's chunks, each made over the one before.
struct ChunkSignatureChain: ~Copyable {
    private var hmac: HMAC
    private var hasher = Hasher(.sha256)
    private var previous: [UInt8]
    // Time and scope, a line each.
    private var context: [UInt8] = []
    private var text: [UInt8] = []

    /// Whether the chunk at hand has no data yet.
    private(set) var chunkIsEmpty = true

    init(seed: SigV4Seed, signingKey: Span<UInt8>) throws(SigV4Error) {
        do throws(CryptoError) {
            hmac = try HMAC(.sha256, key: signingKey)
        } catch {
            throw .cryptoFailed(error)
        }
        previous = seed.signature
        context.append(contentsOf: seed.time.basicISO8601.utf8)
        context.append(UInt8(ascii: "\n"))
        seed.scope.append(to: &context)
        context.append(UInt8(ascii: "\n"))
    }

    /// Takes the next data of the chunk in.
    mutating func update(_ data: Span<UInt8>) {
        guard data.count > 0 else { return }
        chunkIsEmpty = false
        hasher.update(data)
    }

    /// The signature of the chunk, 32 bytes; the next begins.
    mutating func endChunk() -> [UInt8] {
        begin("AWS4-HMAC-SHA256-PAYLOAD\n")
        let none = SigV4Payload.emptyDigest
        Hex.append(none.span, to: &text)
        text.append(UInt8(ascii: "\n"))
        let digest = hasher.finish()
        Hex.append(digest.span, to: &text)
        chunkIsEmpty = true
        return sign()
    }

    /// The signature of the trailers, 32 bytes.
    mutating func signature(ofTrailers trailers: HTTPFields) -> [UInt8] {
        begin("AWS4-HMAC-SHA256-TRAILER\n")
        let digest = HashFunction.sha256.digest(Self.canonical(trailers))
        Hex.append(digest.span, to: &text)
        return sign()
    }

    private static func canonical(_ trailers: HTTPFields) -> [UInt8] {
        var lines: [UInt8] = []
        let order = (0..<trailers.count).sorted {
            let left = trailers.nameBytes(at: $0)
            let right = trailers.nameBytes(at: $1)
            return left == right ? $0 < $1 : left.lexicographicallyPrecedes(right)
        }
        for index in order {
            let name = trailers.nameBytes(at: index)
            if name.elementsEqual("x-amz-trailer-signature".utf8) { continue }
            lines.append(contentsOf: name)
            lines.append(UInt8(ascii: ":"))
            lines.append(contentsOf: SigV4Authorization.trim(trailers.valueBytes(at: index)))
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }

    private mutating func begin(_ algorithm: String) {
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: algorithm.utf8)
        text.append(contentsOf: context)
        let signature = previous
        Hex.append(signature.span, to: &text)
        text.append(UInt8(ascii: "\n"))
    }

    private mutating func sign() -> [UInt8] {
        let text = text
        hmac.update(text.span)
        previous = hmac.finish()
        return previous
    }
}
