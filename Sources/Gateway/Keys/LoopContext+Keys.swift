import Daemon
import HTTPWire
import KMS
import Policy
import S3Wire
import SealedObject

/// The data path's way to its keys: completes at once where they are in memory, else later, on
/// this loop.
extension LoopContext {
    /// What of an object is wanted.
    enum Wanted {
        /// Its attributes: no call to the KMS.
        case attributes
        /// Its attributes, and its own key where that needs no call to the KMS.
        case objectKeyAtHand
        /// Its attributes and its own key.
        case objectKey
    }

    /// The key that wraps a new object's key where it, and the right to use it, are in memory.
    ///
    /// - Throws: `AccessDenied`.
    func wrappingKeyAtHand(
        for request: RequestedEncryption,
        bucket: String,
        rights: KeyRights
    ) throws(S3Error) -> WrappingKey? {
        let access = services.access
        if case .kms(let keyID, _, _) = request, !rights.isUnlimited {
            guard let names = rights.names(of: keyID.name, access.ring, now: access.now()) else {
                return nil
            }
            try rights.require(.generateDataKey, names)
        }
        return access.cachedWrappingKey(for: request, bucket: bucket)
    }

    /// Finds or makes the key that wraps a new object's key, where it wasn't at hand.
    func wrappingKey(
        for request: RequestedEncryption,
        bucket: String,
        key: String,
        rights: KeyRights,
        then completion: @escaping (Result<WrappingKey, S3Error>) -> Void
    ) {
        let access = services.access
        perform { () async throws(S3Error) -> WrappingKey in
            try await access.requireRight(rights, toWrite: request)
            return try await access.wrappingKey(for: request, bucket: bucket, key: key)
        } then: {
            completion($0)
        }
    }

    /// What is remembered of the object of the store's answer, if that says the same.
    func known(
        _ head: HTTPResponseHead,
        bucket: String,
        key: String
    ) -> OpenedObject.Contents? {
        let version = head.fields[VersionOutcome.versionField]
        let known = openedObjects.known(.init(bucket: bucket, key: key, versionID: version))
        return known.flatMap { $0.found.isRepeated(by: head) ? $0 : nil }
    }

    /// Opens a found object's envelope, unless what is known of it serves.
    func open(
        _ found: FoundObject,
        known: OpenedObject.Contents? = nil,
        bucket: String,
        key: String,
        customer: CustomerKeyHolder?,
        rights: KeyRights,
        wants: Wanted,
        then completion: @escaping (Result<OpenedObject, ReadFailure>) -> Void
    ) {
        let access = services.access
        var request = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: bucket,
            key: key,
            wantsObjectKey: wants != .attributes,
            rights: rights
        )
        do throws(ReadFailure) {
            if let opened = try openAtHand(found, known, request, customer) {
                return completion(.success(opened))
            }
            if wants == .objectKeyAtHand {
                request.wantsObjectKey = false
                if let opened = try openAtHand(found, known, request, customer) {
                    return completion(.success(opened))
                }
            }
        } catch {
            return completion(.failure(error))
        }
        let missing = request
        perform { () async throws(ReadFailure) -> OpenedObject in
            try await access.open(found, missing, customer: customer)
        } then: { [self] result in
            if case .success(let opened) = result { keep(opened, missing) }
            completion(result)
        }
    }

    /// Opens a found object with keys in memory; `nil` where some must be asked for.
    private func openAtHand(
        _ found: FoundObject,
        _ known: OpenedObject.Contents?,
        _ request: GatheredKeys.Request,
        _ customer: CustomerKeyHolder?
    ) throws(ReadFailure) -> OpenedObject? {
        guard let keys = GatheredKeys.cached(request, services.keys, now: services.clock()) else {
            return nil
        }
        if request.needsRight {
            let (rights, time) = (request.rights, services.clock())
            guard let names = rights.names(of: keys.kmsKeyID, services.keys, now: time) else {
                return nil
            }
            do throws(S3Error) { try rights.require(.decrypt, names) } catch {
                throw .refused(error)
            }
        }
        if let known = known?.serving(found, wantsObjectKey: request.wantsObjectKey) {
            services.metrics.objectCacheHits.increment()
            return OpenedObject(known, keys)
        }
        let opened = try OpenedObject(found, request, keys, customer: customer)
        keep(opened, request)
        return opened
    }

    private func keep(_ opened: OpenedObject, _ request: GatheredKeys.Request) {
        guard opened.envelope.mode != .customer else { return }
        services.metrics.objectCacheMisses.increment()
        openedObjects.insert(
            .init(
                bucket: request.bucket,
                key: request.key,
                versionID: opened.found.versionID
            ),
            opened,
            now: services.clock()
        )
    }
}
