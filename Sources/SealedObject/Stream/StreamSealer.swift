public import Crypto

/// Seals one stream piece by piece, straight into the caller's output.
///
/// Bound to one thread at a time; nothing is allocated after `init`. Once it has thrown it throws
/// the same error again.
public final class StreamSealer {
    /// The 96 bytes to send first.
    public let header: StreamHeader

    private let cipher: AESGCM
    private let layout: SealedLayout
    private var nonce: InlineArray<12, UInt8>
    private var segment = 0
    /// Plaintext bytes that the current segment still takes.
    private var segmentRemaining: Int
    private var failure: SealedObjectError?

    /// Plaintext bytes that the stream still takes.
    public private(set) var plaintextRemaining: Int
    /// Whether a segment's tag waits for 16 bytes of room: call `seal` again, with no piece too.
    public private(set) var isTagPending = false

    /// A sealer of the stream that `facts` describe.
    ///
    /// - Parameters:
    ///   - facts: with a salt that no stream was sealed with before.
    ///   - objectKey: OEK, 32 bytes.
    /// - Throws: `.lengthInvalid` for a key that isn't 32 bytes, `.crypto`.
    public init(facts: StreamFacts, objectKey: borrowing SecretBytes) throws(SealedObjectError) {
        let keys = try StreamKeys(objectKey: objectKey, facts: facts)
        header = StreamHeader(facts: facts, commitment: keys.commitment)
        layout = facts.layout
        nonce = keys.nonce
        do throws(CryptoError) {
            cipher = try keys.cipher(.seal)
        } catch {
            throw .crypto(error)
        }
        plaintextRemaining = layout.plaintextCount
        segmentRemaining = layout.plaintextCount(ofSegment: 0)
        try begin()
        isTagPending = segmentRemaining == 0
    }

    /// The stored length in bytes, header included.
    public var storedCount: Int { layout.storedCount }

    /// Whether all of the plaintext came and all tags were written.
    public var isFinished: Bool { plaintextRemaining == 0 && !isTagPending && failure == nil }

    /// Seals as much of a piece as the output takes.
    ///
    /// A tag stands behind the last byte of its segment and is never split: with fewer than 16
    /// bytes of room it waits, `isTagPending` is true, and the next call writes it first. So an
    /// empty stream's tag comes from a call with an empty piece. Call until the piece is consumed
    /// and no tag is pending.
    ///
    /// - Parameters:
    ///   - piece: plaintext; may be empty.
    ///   - output: where ciphertext and tags go.
    ///   - capacity: the room there in bytes; nothing is written behind it.
    /// - Returns: how many bytes of `piece` were sealed, and how many were written.
    /// - Throws: `.plaintextTooLong` when the piece goes beyond the stream's length, `.crypto`.
    @unsafe
    public func seal(
        _ piece: Span<UInt8>,
        into output: UnsafeMutableRawPointer,
        capacity: Int
    ) throws(SealedObjectError) -> (consumed: Int, written: Int) {
        if let failure { throw failure }
        guard piece.count <= plaintextRemaining else { throw fail(.plaintextTooLong) }
        var consumed = 0
        var written = 0
        do throws(CryptoError) {
            while true {
                if isTagPending {
                    guard capacity - written >= SealedFormat.tagCount else { break }
                    try unsafe cipher.finishSealing(tag: output + written)
                    written += SealedFormat.tagCount
                    try beginNext()
                }
                let count = min(piece.count - consumed, segmentRemaining, capacity - written)
                guard count > 0 else { break }
                let next = piece.extracting(consumed..<(consumed + count))
                try unsafe cipher.update(next, into: output + written)
                consumed += count
                written += count
                segmentRemaining -= count
                plaintextRemaining -= count
                isTagPending = segmentRemaining == 0
            }
        } catch {
            throw fail(.crypto(error))
        }
        return (consumed, written)
    }

    /// Ends the stream.
    ///
    /// - Throws: `.plaintextTooShort` when plaintext is missing, `.outputPending` when the last
    ///   tag wasn't taken.
    public func finish() throws(SealedObjectError) {
        if let failure { throw failure }
        guard plaintextRemaining == 0 else { throw fail(.plaintextTooShort) }
        guard !isTagPending else { throw .outputPending }
    }

    private func beginNext() throws(CryptoError) {
        isTagPending = false
        guard plaintextRemaining > 0 else { return }
        segment += 1
        segmentRemaining = layout.plaintextCount(ofSegment: segment)
        StreamKeys.setNonce(
            &nonce,
            segment: segment,
            isLast: segment == layout.segmentCount - 1
        )
        try cipher.begin(nonce: nonce.span)
    }

    private func begin() throws(SealedObjectError) {
        StreamKeys.setNonce(&nonce, segment: 0, isLast: layout.segmentCount == 1)
        do throws(CryptoError) { try cipher.begin(nonce: nonce.span) } catch {
            throw .crypto(error)
        }
    }

    private func fail(_ error: SealedObjectError) -> SealedObjectError {
        failure = error
        return error
    }
}

extension StreamSealer {
    /// Seals a whole stream at once.
    ///
    /// - Parameters:
    ///   - plaintext: as many bytes as the facts say.
    ///   - facts: with a salt that no stream was sealed with before.
    ///   - objectKey: OEK, 32 bytes.
    /// - Returns: header and segments, C(P) bytes.
    /// - Throws: `.plaintextTooLong`, `.plaintextTooShort`, `.lengthInvalid`, `.crypto`.
    public static func seal(
        _ plaintext: [UInt8],
        facts: StreamFacts,
        objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) -> [UInt8] {
        let sealer = try StreamSealer(facts: facts, objectKey: objectKey)
        guard plaintext.count >= facts.plaintextCount else { throw .plaintextTooShort }
        let header = sealer.header.bytes
        var stored = [UInt8](repeating: 0, count: sealer.storedCount)
        stored.replaceSubrange(0..<header.count, with: header)
        var failure: SealedObjectError?
        unsafe stored.withUnsafeMutableBytes { output in
            guard let address = output.baseAddress else { return }
            do throws(SealedObjectError) {
                _ = try unsafe sealer.seal(
                    plaintext.span,
                    into: address + header.count,
                    capacity: output.count - header.count
                )
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try sealer.finish()
        return stored
    }
}
