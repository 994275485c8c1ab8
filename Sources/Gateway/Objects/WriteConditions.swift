import HTTPWire
import S3Wire
import SealedObject

/// The conditions of a write, put into the store's terms.
///
/// Clients know the plaintext's ETag and the store knows its own: `If-Match` is compared here with
/// the object as it is, and the store then decides, in the transaction that commits, on the ETag
/// of that same object.
enum WriteConditions {
    typealias Completion = (Result<HTTPFields, S3Error>) -> Void

    /// Fields for the store; completes at once where nothing must be looked up.
    static func resolve(
        _ fields: HTTPFields,
        bucket: String,
        key: String,
        on loop: LoopContext,
        then completion: @escaping Completion
    ) {
        do throws(S3Error) {
            switch try WriteCondition(fields) {
            case .none: completion(.success(HTTPFields()))
            case .ifAbsent: completion(.success(HTTPFields([("if-none-match", "*")])))
            case .ifMatch(let entityTag):
                compare(entityTag, bucket: bucket, key: key, on: loop, then: completion)
            }
        } catch {
            completion(.failure(error))
        }
    }

    private static func compare(
        _ entityTag: String,
        bucket: String,
        key: String,
        on loop: LoopContext,
        then completion: @escaping Completion
    ) {
        let request = StoreRequest(.head, bucket: bucket, key: key)
        StoreExchange.send(request.head, body: [], on: loop.store) { result in
            do throws(S3Error) {
                let found = try found(result, key: key)
                loop.entityTag(of: found, bucket: bucket, key: key) { result in
                    completion(
                        result.flatMap { current in
                            guard current == entityTag else {
                                return .failure(.preconditionFailed("If-Match"))
                            }
                            return .success(HTTPFields([("if-match", found.storeETag)]))
                        }
                    )
                }
            } catch {
                completion(.failure(error))
            }
        }
    }

    private static func found(
        _ result: Result<StoreReply, StoreError>,
        key: String
    ) throws(S3Error) -> FoundObject {
        switch result {
        case .failure(let error): throw StoreFailure.answer(error)
        case .success(let reply) where reply.status == 404:
            throw S3Error(.noSuchKey, details: [.init("Key", key)])
        case .success(let reply):
            guard reply.isSuccess else {
                throw StoreFailure.reply(reply, .init(bucket: "", key: key))
            }
            do throws(ObjectFault) {
                return try FoundObject(HTTPResponseHead(status: 200, fields: reply.fields))
            } catch {
                throw S3Error(.internalError)
            }
        }
    }
}

extension LoopContext {
    /// The ETag that clients know an object by; never needs a customer's key.
    func entityTag(
        of found: FoundObject,
        bucket: String,
        key: String,
        then completion: @escaping (Result<String, S3Error>) -> Void
    ) {
        if let entityTag = found.envelope.opaqueETag { return completion(.success(entityTag)) }
        if found.envelope.body == .upload { return entityTagOfParts(found, then: completion) }
        open(
            found,
            bucket: bucket,
            key: key,
            customer: nil,
            wantsObjectKey: false
        ) { result in
            switch result {
            case .success(let opened): completion(.success(opened.etag))
            case .failure(.refused(let error)): completion(.failure(error))
            case .failure(.broken): completion(.failure(S3Error(.internalError)))
            }
        }
    }

    /// The ETag of an object whose envelope doesn't know its parts.
    private func entityTagOfParts(
        _ found: FoundObject,
        then completion: @escaping (Result<String, S3Error>) -> Void
    ) {
        let objectID = found.envelope.objectID
        ask(.partTableOutline(of: objectID)) { result in
            switch result {
            case .failure(let error): completion(.failure(StoreFailure.answer(error)))
            case .success(let reply):
                guard reply.isSuccess, let outline = PartTableOutline(reply.body) else {
                    return completion(.failure(S3Error(.internalError)))
                }
                completion(.success(objectID.opaqueETag(parts: outline.partCount)))
            }
        }
    }
}
