import Daemon
import KMS
import S3Wire
import SealedObject

/// The key that wraps a new object's own key, and how envelope and answer name it.
///
/// A class, since it is handed on from step to step.
final class WrappingKey: Sendable {
    /// Where the key comes from.
    enum Source: Sendable {
        case customer(CustomerKeyHolder)
        case shared(DataKey)
    }

    /// The envelope's reference.
    let reference: KeyReference
    /// The KMS key id of a bucket key's record; empty for others.
    let bucketKeyKMSKeyID: String
    /// The key itself.
    let source: Source
    /// The id of the KMS key that stands behind it, for answers and audit; `nil` for SSE-C.
    let keyID: String?
    /// The use of that KMS key; `nil` where the request counted it already.
    let keyUse: AuditKeyUse?

    init(
        reference: KeyReference,
        bucketKeyKMSKeyID: String,
        source: Source,
        keyID: String?,
        keyUse: AuditKeyUse? = nil
    ) {
        self.reference = reference
        self.bucketKeyKMSKeyID = bucketKeyKMSKeyID
        self.source = source
        self.keyID = keyID
        self.keyUse = keyUse
    }

    static func customer(_ holder: CustomerKeyHolder) -> WrappingKey {
        WrappingKey(
            reference: .customerKey,
            bucketKeyKMSKeyID: "",
            source: .customer(holder),
            keyID: nil
        )
    }

    /// What answers say of the object.
    func stored(customerDigest: String?) -> SSEResponse.Stored {
        reference.stored(kmsKeyID: bucketKeyKMSKeyID, customerDigest: customerDigest)
    }

    /// What the envelope is bound to.
    func context(bucket: String, key: String) -> EnvelopeContext {
        EnvelopeContext(
            bucket: bucket,
            key: key,
            reference: reference,
            bucketKeyKMSKeyID: bucketKeyKMSKeyID
        )
    }
}
