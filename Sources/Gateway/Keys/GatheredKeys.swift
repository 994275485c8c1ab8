import Crypto
import Daemon
import Encoding
import KMS
import Policy
import S3Wire
import SealedObject

/// The keys that open one envelope: gathered from memory or, where some aren't there, with calls.
struct GatheredKeys: Sendable {
    /// The attribute key; `nil` for SSE-C, whose customer key opens the attributes too.
    var attributeKey: DataKey?
    /// The key that wraps the object's key; `nil` when it wasn't asked for, or for SSE-C.
    var wrappingKey: DataKey?
    /// The id of the KMS key behind it; empty for SSE-S3 and SSE-C.
    var kmsKeyID = ""
    /// The use of that key, for the audit stream; `nil` where only attributes are opened.
    var keyUse: AuditKeyUse?

    /// What one envelope needs, and where.
    struct Request: Sendable {
        var envelope: Envelope
        var bucket: String
        var key: String
        /// Whether the object's own key is wanted, not its attributes alone.
        var wantsObjectKey: Bool
        /// Which keys whoever asks may use.
        var rights: KeyRights

        /// Whether a KMS key is used that may have to be allowed; SSE-S3 and SSE-C need no right.
        var needsRight: Bool { wantsObjectKey && envelope.mode == .kms && !rights.isUnlimited }
    }

    /// The keys as far as memory has them; `nil` where one must be fetched.
    static func cached(_ request: Request, _ ring: KeyRing, now: Timestamp) -> GatheredKeys? {
        var gathered = GatheredKeys()
        let envelope = request.envelope
        guard envelope.mode != .customer else { return gathered }
        guard let attributeKey = ring.attributeKey(id: RecordID(envelope.attributeKeyID)) else {
            return nil
        }
        gathered.attributeKey = attributeKey.key
        switch envelope.reference {
        case .customerKey: return gathered
        case .bucketKey(let id), .kmsBucketKey(let id):
            return shared(id, gathered, request, ring, now)
        case .kmsDataKey(let wrapped):
            gathered.kmsKeyID = wrapped.kmsKeyID
            guard request.wantsObjectKey else { return gathered }
            guard let keyID = try? KeyID(wrapped.kmsKeyID),
                let context = try? wrapped.context(bucket: request.bucket, key: request.key),
                let key = ring.cachedDataKey(
                    wrapped.wrapped,
                    under: keyID,
                    context: context,
                    now: now
                )
            else { return nil }
            gathered.wrappingKey = key
            gathered.keyUse = AuditKeyUse(unwrapping: wrapped, ring, isFromCache: true)
            return gathered
        }
    }

    private static func shared(
        _ id: Identifier,
        _ gathered: GatheredKeys,
        _ request: Request,
        _ ring: KeyRing,
        _ now: Timestamp
    ) -> GatheredKeys? {
        var gathered = gathered
        let recordID = RecordID(id)
        let isKMS = request.envelope.mode == .kms
        if request.wantsObjectKey {
            guard
                let key = ring.cachedBucketKey(
                    id: recordID,
                    bucket: request.bucket,
                    use: isKMS ? .sseKMS : .sseS3,
                    now: now
                )
            else { return nil }
            gathered.wrappingKey = key.key
            gathered.keyUse = AuditKeyUse(.unwrap, key, isFromCache: true)
            if isKMS { gathered.kmsKeyID = key.keyID.name }
        } else if isKMS {
            guard let keyID = ring.cachedKeyID(ofBucketKey: recordID, bucket: request.bucket) else {
                return nil
            }
            gathered.kmsKeyID = keyID.name
        }
        return gathered
    }

    /// The id of the KMS key that a request's object is under, without a call to the KMS.
    ///
    /// - Throws: `.recordMissing`, `.recordInvalid`, `.storeUnavailable`.
    static func kmsKeyID(_ request: Request, _ ring: KeyRing) async throws(KMSError) -> String {
        switch request.envelope.reference {
        case .bucketKey, .customerKey: ""
        case .kmsDataKey(let wrapped): wrapped.kmsKeyID
        case .kmsBucketKey(let id):
            try await ring.keyID(ofBucketKey: RecordID(id), bucket: request.bucket).name
        }
    }

    /// The keys, fetched where they aren't in memory.
    ///
    /// - Throws: what `KeyRing` throws.
    static func fetch(
        _ request: Request,
        _ ring: KeyRing
    ) async throws(KMSError) -> GatheredKeys {
        var gathered = GatheredKeys()
        let envelope = request.envelope
        guard envelope.mode != .customer else { return gathered }
        let attributeID = RecordID(envelope.attributeKeyID)
        gathered.attributeKey =
            if let key = ring.attributeKey(id: attributeID) {
                key.key
            } else {
                try await ring.loadAttributeKey(id: attributeID).key
            }
        switch envelope.reference {
        case .customerKey: break
        case .bucketKey(let id):
            guard request.wantsObjectKey else { break }
            let key = try await ring.bucketKey(
                id: RecordID(id),
                bucket: request.bucket,
                use: .sseS3
            )
            gathered.wrappingKey = key.key
            gathered.keyUse = AuditKeyUse(.unwrap, key, isFromCache: false)
        case .kmsBucketKey(let id):
            let id = RecordID(id)
            if request.wantsObjectKey {
                let key = try await ring.bucketKey(id: id, bucket: request.bucket, use: .sseKMS)
                gathered.wrappingKey = key.key
                gathered.keyUse = AuditKeyUse(.unwrap, key, isFromCache: false)
                gathered.kmsKeyID = key.keyID.name
            } else {
                gathered.kmsKeyID = try await ring.keyID(
                    ofBucketKey: id,
                    bucket: request.bucket
                ).name
            }
        case .kmsDataKey(let wrapped):
            gathered.kmsKeyID = wrapped.kmsKeyID
            guard request.wantsObjectKey else { break }
            gathered.wrappingKey = try await ring.decryptDataKey(
                wrapped.wrapped,
                under: KeyID(wrapped.kmsKeyID),
                context: wrapped.context(bucket: request.bucket, key: request.key)
            )
            gathered.keyUse = AuditKeyUse(unwrapping: wrapped, ring, isFromCache: false)
        }
        return gathered
    }
}
