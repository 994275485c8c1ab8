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

    /// Finds or makes the key that wraps a new object's key.
    func wrappingKey(
        for request: RequestedEncryption,
        bucket: String,
        key: String,
        then completion: @escaping (Result<WrappingKey, S3Error>) -> Void
    ) {
        let access = services.access
        if let cached = access.cachedWrappingKey(for: request, bucket: bucket) {
            return completion(.success(cached))
        }
        perform { () async throws(S3Error) -> WrappingKey in
            try await access.wrappingKey(for: request, bucket: bucket, key: key)
        } then: {
            completion($0)
        }
    }

    /// Opens a found object's envelope.
    func open(
        _ found: FoundObject,
        bucket: String,
        key: String,
        customer: CustomerKeyHolder?,
        wants: Wanted,
        then completion: @escaping (Result<OpenedObject, ReadFailure>) -> Void
    ) {
        let access = services.access
        var request = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: bucket,
            key: key,
            wantsObjectKey: wants != .attributes
        )
        do throws(ReadFailure) {
            if let opened = try access.cachedOpen(found, request, customer: customer) {
                return completion(.success(opened))
            }
            if wants == .objectKeyAtHand {
                request.wantsObjectKey = false
                if let opened = try access.cachedOpen(found, request, customer: customer) {
                    return completion(.success(opened))
                }
            }
        } catch {
            return completion(.failure(error))
        }
        let missing = request
        perform { () async throws(ReadFailure) -> OpenedObject in
            try await access.open(found, missing, customer: customer)
        } then: {
            completion($0)
        }
    }
}
