import Crypto
import SealedObject

/// Streams, sealed and then changed: what opens is what was sealed, or it doesn't open.
@Sendable
func fuzzStream(_ input: inout FuzzInput) {
    let counts = [0, 1, 200, 65_535, 65_536, 65_537, 131_072, 131_073]
    let choice = input.byte()
    let count = counts[Int(choice & 7)]
    let seed = input.byte()
    let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    guard let key = objectKey(), let salt = try? Salt(input.take(Salt.count)),
        let facts = try? StreamFacts(
            objectID: .zero,
            partNumber: choice & 8 == 0 ? nil : 1 + UInt32(choice >> 4),
            plaintextCount: count,
            salt: salt
        ),
        let sealed = try? StreamSealer.seal(plaintext, facts: facts, objectKey: key),
        let keys = try? StreamKeys(objectKey: key, facts: facts),
        let opener = try? StreamOpener(facts: facts, slice: facts.layout.whole, keys: keys)
    else { preconditionFailure("a stream doesn't seal") }
    var stored = sealed
    change(&stored, &input)
    var opened: [UInt8] = []
    do throws(SealedObjectError) {
        let parts = stored.count < 4096 ? pieces(stored, seed: seed) : [stored]
        for piece in parts { try open(piece, opener, to: &opened) }
        try opener.finish()
        precondition(stored == sealed, "a changed stream opens")
        precondition(opened == plaintext, "another plaintext opens")
    } catch {
        precondition(stored != sealed, "a sealed stream doesn't open")
        precondition(plaintext.starts(with: opened), "unverified bytes are released")
    }
    _ = try? StreamHeader(parsing: Array(stored.prefix(96)))
}

private func change(_ stored: inout [UInt8], _ input: inout FuzzInput) {
    while !input.isEmpty {
        let offset = input.word() << 2 | Int(input.byte() & 3)
        let (kind, value) = (input.byte(), input.byte())
        switch kind % 4 {
        case 0 where offset < stored.count: stored[offset] ^= value
        case 1: stored.removeLast(min(offset, stored.count))
        case 2: stored.append(value)
        case 3 where offset + 16 < stored.count: stored.removeSubrange(offset..<(offset + 16))
        default: break
        }
    }
}

private func open(
    _ piece: [UInt8],
    _ opener: StreamOpener,
    to opened: inout [UInt8]
) throws(SealedObjectError) {
    var rest = piece[...]
    while !rest.isEmpty {
        let (consumed, verified) = try unsafe opener.open(rest.span, into: segment)
        rest = rest.dropFirst(consumed)
        guard let verified else { continue }
        unsafe opened += UnsafeRawBufferPointer(start: segment, count: verified)
    }
}

// Just as large as it must be, so that a byte too many is noticed.
private nonisolated(unsafe) let segment = UnsafeMutableRawPointer.allocate(
    byteCount: 65_536,
    alignment: 16
)
