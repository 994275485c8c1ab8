import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// A copy whose bytes go through the gateway: opened, sealed anew and written.
struct CopyPlan: Sendable {
    var source: CopiedObject
    /// The plaintext bytes of the source that are copied.
    var range: Range<Int>
    var target: any CopyTarget
}

/// What the bytes of a copy become: an object, or a part of an upload.
protocol CopyTarget: Sendable {
    /// Of the new stream.
    var facts: StreamFacts { get }
    var objectKey: ObjectEncryptionKey { get }
    var digests: CopyDigests { get }
    /// The target at the store.
    var path: String { get }
    /// The trailer that commits; `nil` where the fields say it all.
    var trailerName: String? { get }

    /// Fields for the store, before the body.
    func fields(_ header: StreamHeader) throws(SealedObjectError) -> HTTPFields

    /// The value of the trailer, behind the body.
    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> String

    /// The answer, after the store committed.
    func answer(_ facts: PayloadFacts, _ header: StreamHeader, _ reply: StoreReply) -> ControlAnswer

    /// What the client hears when the store refused.
    func refusal(_ error: S3Error) -> S3Error
}

/// Which digests of its plaintext a copy has: some are the source's, some are made on the way.
///
/// A digest that stands sealed with the source needs no second look: it was verified when it was
/// sealed, and every byte that it is of is authenticated before it is copied.
struct CopyDigests: Sendable {
    /// What the source knows of the very bytes that are copied.
    var known = PayloadFacts()
    var computesMD5 = false
    var computes: ChecksumAlgorithm?

    /// Digests of the bytes of `range`: the MD5 where the copy's ETag is that, and the checksum of
    /// an algorithm where one is wanted.
    init(
        _ source: CopiedObject,
        _ range: Range<Int>,
        wantsMD5: Bool,
        _ algorithm: ChecksumAlgorithm?
    ) {
        let isWhole = range == 0..<source.size
        let attributes = source.opened.attributes
        if wantsMD5 {
            if isWhole { known.md5 = attributes.entityTag.flatMap(Self.digest) }
            computesMD5 = known.md5 == nil
        }
        guard let algorithm else { return }
        if isWhole {
            known.checksum =
                attributes.checksums
                .first { $0.algorithm.wire == algorithm && $0.scope == .fullObject }
                .map { ChecksumValue(algorithm: algorithm, value: $0.value) }
        }
        if known.checksum == nil { computes = algorithm }
    }

    /// The MD5 that an ETag is; `nil` for one of parts or one that is no digest.
    private static func digest(_ entityTag: String) -> [UInt8]? {
        Hex.decode(entityTag).flatMap { $0.count == 16 ? $0 : nil }
    }
}

/// Why a copy didn't come about.
enum CopyFailure: Error {
    /// The source was written since it was looked up.
    case changed
    case refused(S3Error)

    var response: S3Error {
        switch self {
        case .changed: S3Error(ObjectFault.restless)
        case .refused(let error): error
        }
    }
}
