import Daemon
import Encoding
import KMS
import Policy
import S3Wire
import SealedObject

/// Finds the keys of the data path: from memory where it has them, else by asking.
struct KeyAccess: Sendable {
    let ring: KeyRing
    let errors: KMSErrorMapping
    let now: @Sendable () -> Timestamp

    /// The key that wraps a new object's key, from memory; `nil` where it must be asked for.
    func cachedWrappingKey(for request: RequestedEncryption, bucket: String) -> WrappingKey? {
        guard let shared = try? shared(request) else {
            if case .customer(let holder) = request { return .customer(holder) }
            return nil
        }
        let (keyID, use) = shared
        return ring.cachedBucketKeyForWrite(
            bucket: bucket,
            keyID: keyID,
            use: use,
            now: now()
        ).map { WrappingKey($0, use, isFromCache: true) }
    }

    /// The key that wraps a new object's key, made where there is none.
    ///
    /// - Throws: what S3 answers to the KMS' failure.
    func wrappingKey(
        for request: RequestedEncryption,
        bucket: String,
        key: String
    ) async throws(S3Error) -> WrappingKey {
        if let cached = cachedWrappingKey(for: request, bucket: bucket) { return cached }
        do throws(KMSError) {
            if let (keyID, use) = try shared(request) {
                return try await bucketKey(bucket, under: keyID, use)
            }
            guard case .kms(let keyID, let client, _) = request else {
                throw KMSError.notConfigured
            }
            return try await dataKey(under: keyID, client: client, bucket: bucket, key: key)
        } catch {
            throw errors.write(error)
        }
    }

    /// A bucket's key as a wrapping key, made where there is none.
    func bucketKey(
        _ bucket: String,
        under keyID: KeyID,
        _ use: BucketKeyUse
    ) async throws(KMSError) -> WrappingKey {
        let key = try await ring.bucketKeyForWrite(bucket: bucket, keyID: keyID, use: use)
        return WrappingKey(key, use, isFromCache: false)
    }

    /// A new data key of an object's own as a wrapping key.
    func dataKey(
        under keyID: KeyID,
        client: EncryptionContext,
        bucket: String,
        key: String
    ) async throws(KMSError) -> WrappingKey {
        let context = try EncryptionContext.object(bucket: bucket, key: key, client: client)
        let generated = try await ring.generateDataKey(under: keyID, context: context)
        return WrappingKey(generated, keyID, client: client)
    }

    /// Opens a found object; asks for the keys that aren't in memory.
    func open(
        _ found: FoundObject,
        _ request: GatheredKeys.Request,
        customer: CustomerKeyHolder?
    ) async throws(ReadFailure) -> OpenedObject {
        let keys: GatheredKeys
        if request.needsRight {
            let keyID: String
            do throws(KMSError) { keyID = try await GatheredKeys.kmsKeyID(request, ring) } catch {
                throw failure(error)
            }
            try await requireRight(request, keyID)
        }
        do throws(KMSError) { keys = try await GatheredKeys.fetch(request, ring) } catch {
            throw failure(error)
        }
        // Again, by the name that its unwrapping proved: the record may have been another's then.
        if request.needsRight { try await requireRight(request, keys.kmsKeyID) }
        return try OpenedObject(found, request, keys, customer: customer)
    }

    /// Refuses a write whose sender may not use the key it would; SSE-S3 and SSE-C need no right.
    ///
    /// - Throws: `AccessDenied`, and what S3 answers where the key's names can't be told.
    func requireRight(
        _ rights: KeyRights,
        toWrite requested: RequestedEncryption
    ) async throws(S3Error) {
        guard case .kms(let keyID, _, _) = requested, !rights.isUnlimited else { return }
        try await require(.generateDataKey, of: keyID.name, by: rights) { errors.write($0) }
    }

    /// Refuses a use of a KMS key that isn't allowed, by any of the key's names.
    ///
    /// - Parameters:
    ///   - action: what is to be done.
    ///   - keyID: one name of the key.
    ///   - rights: whose rights.
    ///   - failure: what is answered where the KMS can't tell the names.
    /// - Throws: `AccessDenied`, and what `failure` gives.
    func require(
        _ action: PolicyAction,
        of keyID: String,
        by rights: KeyRights,
        _ failure: (KMSError) -> S3Error
    ) async throws(S3Error) {
        let names: [String]
        do throws(KMSError) { names = try await rights.names(of: keyID, ring) } catch {
            throw failure(error)
        }
        try rights.require(action, names)
    }

    private func requireRight(
        _ request: GatheredKeys.Request,
        _ keyID: String
    ) async throws(ReadFailure) {
        do throws(S3Error) {
            try await require(.decrypt, of: keyID, by: request.rights) { errors.read($0) }
        } catch {
            throw .refused(error)
        }
    }

    private func failure(_ error: KMSError) -> ReadFailure {
        switch error {
        // What is stored is at fault, not the KMS.
        case .ciphertextInvalid, .contextInvalid, .invalidKeyID, .recordInvalid, .recordMissing:
            .broken(.keyBroken(error))
        default: .refused(errors.read(error))
        }
    }

    /// The KMS key and the use of a request that goes through a bucket key.
    private func shared(_ request: RequestedEncryption) throws(KMSError) -> (KeyID, BucketKeyUse)? {
        switch request {
        case .managed: (try ring.resolve(nil), .sseS3)
        case .kms(let keyID, let context, true) where context == .empty: (keyID, .sseKMS)
        case .kms, .customer: nil
        }
    }
}

extension WrappingKey {
    /// A bucket key as a wrapping key.
    convenience init(_ key: BucketKey, _ use: BucketKeyUse, isFromCache: Bool) {
        let id = Identifier(key.id)
        self.init(
            reference: use == .sseS3 ? .bucketKey(id) : .kmsBucketKey(id),
            bucketKeyKMSKeyID: use == .sseS3 ? "" : key.keyID.name,
            source: .shared(key.key),
            keyID: key.keyID.name,
            keyUse: AuditKeyUse(.wrap, key, isFromCache: isFromCache)
        )
    }

    /// An object's own data key as a wrapping key.
    convenience init(_ generated: GeneratedDataKey, _ keyID: KeyID, client: EncryptionContext) {
        let wrapped = KeyReference.WrappedDataKey(
            kmsKeyID: keyID.name,
            wrapped: generated.wrapped,
            clientContext: client == .empty ? [] : client.canonical
        )
        self.init(
            reference: .kmsDataKey(wrapped),
            bucketKeyKMSKeyID: "",
            source: .shared(generated.key),
            keyID: keyID.name,
            keyUse: AuditKeyUse(
                .generate,
                keyID: keyID.name,
                keyVersion: generated.keyVersion,
                isFromCache: false
            )
        )
    }
}
