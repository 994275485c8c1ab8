internal import Crypto
internal import Encoding

/// What an envelope is bound to: the place of the object and how its key is wrapped.
///
/// `ctx = SHA-384(lp(bucket) ‖ lp(key) ‖ lp(mode byte) ‖ lp(KMS key id) ‖ lp(client context))`
public struct EnvelopeContext: Equatable, Sendable {
    /// The mode that the context was made for.
    public let mode: EnvelopeMode
    /// The 48 bytes of the hash.
    let digest: InlineBytes<6>

    /// The context of an object's envelope.
    ///
    /// - Parameters:
    ///   - bucket: the bucket's name.
    ///   - key: the object's key.
    ///   - reference: of the envelope: gives the mode, and for a data key of the object's own the
    ///     KMS key id and the client's context.
    ///   - bucketKeyKMSKeyID: for `.kmsBucketKey` the KMS key id of the bucket key's record; not
    ///     looked at for others.
    public init(
        bucket: String,
        key: String,
        reference: KeyReference,
        bucketKeyKMSKeyID: String = ""
    ) {
        var kmsKeyID = ""
        var clientContext: [UInt8] = []
        switch reference {
        case .bucketKey, .customerKey:
            break
        case .kmsBucketKey:
            kmsKeyID = bucketKeyKMSKeyID
        case .kmsDataKey(let dataKey):
            kmsKeyID = dataKey.kmsKeyID
            clientContext = dataKey.clientContext
        }
        mode = reference.mode
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            21 + bucket.utf8.count + key.utf8.count + kmsKeyID.utf8.count + clientContext.count
        )
        bytes.append(prefixed: bucket.utf8.span)
        bytes.append(prefixed: key.utf8.span)
        bytes.append(prefixed: CollectionOfOne(mode.rawValue).span)
        bytes.append(prefixed: kmsKeyID.utf8.span)
        bytes.append(prefixed: clientContext.span)
        let hash = HashFunction.sha384(bytes.span)
        digest = InlineBytes(copying: hash.span)
    }
}
