import Crypto
import Encoding
import SealedObject
import TestSupport

/// Keys, ids and objects for tests: the same every time.
enum Sample {
    static let objectKey = [UInt8](0..<32)
    static let otherKey = [UInt8](1..<33)

    static func secret(_ bytes: [UInt8]) throws -> SecretBytes {
        try SecretBytes(copying: bytes.span)
    }

    /// A key that is taken in once for many envelopes.
    static func shared(_ bytes: [UInt8]) throws -> HKDF.Expander {
        try HKDF.Expander(secret(bytes))
    }

    static func identifier(_ seed: UInt64 = 1) throws -> Identifier {
        var random = SplitMix64(seed: seed)
        return try Identifier(random.bytes(16))
    }

    static func salt(_ seed: UInt64 = 2) throws -> Salt {
        var random = SplitMix64(seed: seed)
        return try Salt(random.bytes(24))
    }

    /// Byte i of the vectors' plaintext that is given as a length.
    static func counted(_ count: Int) -> [UInt8] {
        (0..<count).map { index in
            let (block, rest) = index.quotientAndRemainder(dividingBy: 65_536)
            return UInt8(truncatingIfNeeded: 7 * rest + rest / 256 + 13 * block)
        }
    }

    static func facts(_ count: Int, part: UInt32? = nil) throws -> StreamFacts {
        try StreamFacts(
            objectID: identifier(),
            partNumber: part,
            plaintextCount: count,
            salt: salt()
        )
    }

    static func stored(_ count: Int, part: UInt32? = nil) throws -> [UInt8] {
        try StreamSealer.seal(
            counted(count),
            facts: facts(count, part: part),
            objectKey: secret(objectKey)
        )
    }
}

/// What a reader released before it was done or refused.
struct Reading {
    var released: [UInt8] = []
    var error: SealedObjectError?

    /// Gives `body` in pieces of the sizes that `pieces` goes round in.
    init(_ opener: ObjectOpener, _ body: [UInt8], pieces: [Int]) {
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var position = 0
        var turn = 0
        do throws(SealedObjectError) {
            while position < body.count {
                let end = min(body.count, position + pieces[turn % pieces.count])
                turn += 1
                let piece = body.span.extracting(position..<end)
                let (consumed, range) = try opener.open(piece, into: buffer)
                position += consumed
                if let range { released += (buffer + range.lowerBound).bytes(range.count) }
            }
            try opener.finish()
        } catch {
            self.error = error
        }
    }

    /// Opens a stream of `Sample`, the whole of it, without looking at its stored size.
    init(
        _ body: [UInt8],
        count: Int,
        part: UInt32? = nil,
        key: [UInt8] = Sample.objectKey,
        commitment: Commitment? = nil,
        pieces: [Int] = [10_007]
    ) throws {
        let facts = try Sample.facts(count, part: part)
        let own = try StreamKeys(objectKey: Sample.secret(key), facts: facts).commitment
        let opener = try ObjectOpener(
            facts: facts,
            commitment: commitment ?? own,
            slice: facts.layout.whole,
            objectKey: Sample.secret(key)
        )
        self.init(opener, body, pieces: pieces)
    }
}

extension StreamKeys {
    /// The keys of a stream, verified where a commitment is known.
    static func verified(
        _ facts: StreamFacts,
        _ objectKey: borrowing SecretBytes,
        commitment: Commitment?
    ) throws(SealedObjectError) -> StreamKeys {
        let keys = try StreamKeys(objectKey: objectKey, facts: facts)
        if let commitment { try keys.verify(commitment: commitment) }
        return keys
    }
}

extension StreamOpener {
    convenience init(
        facts: StreamFacts,
        commitment: Commitment?,
        slice: StoredSlice,
        objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) {
        let keys = try StreamKeys.verified(facts, objectKey, commitment: commitment)
        try self.init(facts: facts, slice: slice, keys: keys)
    }
}

extension ObjectOpener {
    convenience init(
        facts: StreamFacts,
        commitment: Commitment,
        slice: StoredSlice,
        objectKey: borrowing SecretBytes
    ) throws(SealedObjectError) {
        let keys = try StreamKeys.verified(facts, objectKey, commitment: commitment)
        try self.init(facts: facts, slice: slice, keys: keys)
    }
}

extension UnsafeMutableRawPointer {
    func bytes(_ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: self, count: count))
    }
}
