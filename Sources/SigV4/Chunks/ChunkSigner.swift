internal import Encoding
public import HTTPWire

/// Signs the chunks of an aws-chunked body, without its framing.
public struct ChunkSigner: ~Copyable {
    private var chain: ChunkSignatureChain

    /// A signer that has seen no chunk.
    ///
    /// - Parameters:
    ///   - seed: the signature of the request's head.
    ///   - signingKey: the key that signed it, 32 bytes.
    /// - Throws: `.cryptoFailed`.
    public init(seed: SigV4Seed, signingKey: Span<UInt8>) throws(SigV4Error) {
        chain = try ChunkSignatureChain(seed: seed, signingKey: signingKey)
    }

    init(chain: consuming ChunkSignatureChain) { self.chain = chain }

    /// Takes the next data of the chunk in.
    public mutating func update(_ data: Span<UInt8>) { chain.update(data) }

    /// Ends a chunk; the last has no data.
    ///
    /// - Returns: the chunk's signature, 64 lower-case hexadecimal digits.
    public mutating func endChunk() -> String { Hex.encode(chain.endChunk()) }

    /// Signs the trailers, after the last chunk.
    ///
    /// - Parameter trailers: the trailers without their signature.
    /// - Returns: the value of `x-amz-trailer-signature`.
    public mutating func sign(_ trailers: HTTPFields) -> String {
        Hex.encode(chain.signature(ofTrailers: trailers))
    }
}
