internal import Crypto
internal import Encoding
public import HTTPWire

/// Verifies the signatures of an aws-chunked body, chunk by chunk, without its framing.
///
/// For each chunk: `update` with its data in any pieces, then `endChunk` with its signature, also
/// for the last one, of no data; then `verifyTrailers` where trailers are signed; then `finish`.
/// Once it has thrown it throws the same error again.
///
/// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header:
/// Transferring Payload in Multiple Chunks", and the one with trailing headers.
public struct ChunkSignatureVerifier: ~Copyable {
    private enum State {
        case chunks
        case trailers
        case complete
        case failed(SigV4Error)
    }

    private var chain: ChunkSignatureChain
    private let trailersSigned: Bool
    private var state = State.chunks

    /// A verifier that has seen no chunk.
    ///
    /// - Parameters:
    ///   - seed: the signature of the request's head.
    ///   - signingKey: the key that signed it, 32 bytes.
    ///   - trailersSigned: whether signed trailers follow the last chunk.
    /// - Throws: `.cryptoFailed`.
    public init(
        seed: SigV4Seed,
        signingKey: Span<UInt8>,
        trailersSigned: Bool
    ) throws(SigV4Error) {
        chain = try ChunkSignatureChain(seed: seed, signingKey: signingKey)
        self.trailersSigned = trailersSigned
    }

    init(chain: consuming ChunkSignatureChain, trailersSigned: Bool) {
        self.chain = chain
        self.trailersSigned = trailersSigned
    }

    /// Takes the next data of the chunk in.
    ///
    /// - Throws: `.chunkAfterEnd`, or the error thrown before.
    public mutating func update(_ data: Span<UInt8>) throws(SigV4Error) {
        try expectChunks()
        chain.update(data)
    }

    /// Ends a chunk; one without data is the last.
    ///
    /// - Parameter signature: the chunk's signature, 64 hexadecimal digits.
    /// - Throws: `.chunkSignatureMalformed`, `.chunkSignatureMismatch`, `.chunkAfterEnd`, or the
    ///   error thrown before.
    public mutating func endChunk(signature: Span<UInt8>) throws(SigV4Error) {
        try expectChunks()
        let isLast = chain.chunkIsEmpty
        let expected = chain.endChunk()
        try compare(signature, expected, .chunkSignatureMismatch)
        if isLast { state = trailersSigned ? .trailers : .complete }
    }

    /// Verifies trailers: each `name:value` and a line feed, in the order of the names.
    ///
    /// - Parameters:
    ///   - trailers: the trailers; `x-amz-trailer-signature` among them is left out.
    ///   - signature: its value, 64 hexadecimal digits.
    /// - Throws: `.chunkSignatureMalformed`, `.trailerSignatureMismatch`, `.chunksIncomplete`
    ///   before the last chunk, `.chunkAfterEnd` where trailers aren't signed, or the error thrown
    ///   before.
    public mutating func verifyTrailers(
        _ trailers: HTTPFields,
        signature: Span<UInt8>
    ) throws(SigV4Error) {
        switch state {
        case .chunks: throw fail(.chunksIncomplete)
        case .complete: throw fail(.chunkAfterEnd)
        case .failed(let error): throw error
        case .trailers: break
        }
        let expected = chain.signature(ofTrailers: trailers)
        try compare(signature, expected, .trailerSignatureMismatch)
        state = .complete
    }

    /// Ends the body.
    ///
    /// - Throws: `.chunksIncomplete` where the last chunk or the signed trailers are missing, or
    ///   the error thrown before.
    public mutating func finish() throws(SigV4Error) {
        switch state {
        case .chunks, .trailers: throw fail(.chunksIncomplete)
        case .complete: return
        case .failed(let error): throw error
        }
    }

    private mutating func expectChunks() throws(SigV4Error) {
        switch state {
        case .chunks: return
        case .complete, .trailers: throw fail(.chunkAfterEnd)
        case .failed(let error): throw error
        }
    }

    private mutating func compare(
        _ given: Span<UInt8>,
        _ expected: [UInt8],
        _ mismatch: SigV4Error
    ) throws(SigV4Error) {
        guard let bytes = SignatureText.decode(given) else { throw fail(.chunkSignatureMalformed) }
        guard ConstantTime.equal(bytes, expected) else { throw fail(mismatch) }
    }

    private mutating func fail(_ error: SigV4Error) -> SigV4Error {
        state = .failed(error)
        return error
    }
}
