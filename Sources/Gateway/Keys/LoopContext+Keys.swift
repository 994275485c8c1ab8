import S3Wire
import SealedObject

/// The data path's way to its keys: completes at once where they are in memory, else later, on
/// this loop.
extension LoopContext {
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
        wantsObjectKey: Bool,
        then completion: @escaping (Result<OpenedObject, ReadFailure>) -> Void
    ) {
        let access = services.access
        let request = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: bucket,
            key: key,
            wantsObjectKey: wantsObjectKey
        )
        do throws(ReadFailure) {
            if let opened = try access.cachedOpen(found, request, customer: customer) {
                return completion(.success(opened))
            }
        } catch {
            return completion(.failure(error))
        }
        perform { () async throws(ReadFailure) -> OpenedObject in
            try await access.open(found, request, customer: customer)
        } then: {
            completion($0)
        }
    }
}
