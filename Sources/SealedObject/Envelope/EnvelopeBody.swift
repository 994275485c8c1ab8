internal import Encoding

/// What an envelope says of the stored body.
public enum EnvelopeBody: Equatable, Sendable {
    /// The parts of a completed upload: how many, and their plaintext bytes in all.
    case parts(count: Int, plaintextCount: Int)
    /// One stream.
    case stream(plaintextCount: Int, salt: Salt, commitment: Commitment)
    /// The parts of an upload whose Complete could not write an envelope, or isn't done yet.
    case upload

    /// The body that a sealer writes.
    public init(_ header: StreamHeader) {
        self = .stream(
            plaintextCount: header.facts.plaintextCount,
            salt: header.facts.salt,
            commitment: header.commitment
        )
    }

    /// Whether the body consists of parts.
    public var isMultipart: Bool {
        if case .stream = self { false } else { true }
    }

    /// The object's plaintext length in bytes; `nil` where it isn't known.
    public var plaintextCount: Int? {
        switch self {
        case .parts(_, let count), .stream(let count, _, _): count
        case .upload: nil
        }
    }

    /// The number of parts for the ETag; `nil` where it isn't known.
    public var partCount: Int? {
        switch self {
        case .parts(let count, _): count
        case .stream: 1
        case .upload: nil
        }
    }

    /// Appends the length, then salt and commitment or the number of parts: 64 bytes.
    func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: plaintextCount.map(UInt64.init) ?? UInt64.max)
        switch self {
        case .parts(let count, _):
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: count))
            bytes.append(contentsOf: repeatElement(0, count: 52))
        case .stream(_, let salt, let commitment):
            salt.append(to: &bytes)
            commitment.append(to: &bytes)
        case .upload:
            bytes.append(contentsOf: repeatElement(0, count: 56))
        }
    }

    func verify() throws(SealedObjectError) {
        switch self {
        case .parts(let count, let plaintextCount):
            guard (1...SealedFormat.partNumberMax).contains(count) else {
                throw .partCountInvalid
            }
            guard (0...SealedFormat.objectCountMax).contains(plaintextCount) else {
                throw .plaintextCountInvalid
            }
        case .stream(let plaintextCount, _, _):
            guard (0...SealedFormat.streamCountMax).contains(plaintextCount) else {
                throw .plaintextCountInvalid
            }
        case .upload:
            return
        }
    }
}
