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

    /// Fields for the store, for a Complete.
    static func resolve(_ request: ControlRequest) async throws(S3Error) -> HTTPFields {
        switch try WriteCondition(request.fields) {
        case .none: return HTTPFields()
        case .ifAbsent: return absent
        case .ifMatch(let entityTag):
            guard let found = try await request.find(request.key) else {
                throw missing(request.key)
            }
            let current = try await request.entityTag(of: found, key: request.key)
            return try matching(found, current: current, wanted: entityTag)
        }
    }

    /// What the store's refusal means: its conditions are the request's.
    static func refusal(_ error: S3Error, _ fields: HTTPFields) -> S3Error {
        guard error.code == .preconditionFailed else { return error }
        return .preconditionFailed(fields.contains("if-none-match") ? "If-None-Match" : "If-Match")
    }

    /// Fields for the store where there must be no object.
    static let absent = HTTPFields([("if-none-match", "*")])

    private static func missing(_ key: String) -> S3Error {
        S3Error(.noSuchKey, details: [.init("Key", key)])
    }

    private static func matching(
        _ found: FoundObject,
        current: String,
        wanted: String
    ) throws(S3Error) -> HTTPFields {
        guard current == wanted else { throw .preconditionFailed("If-Match") }
        return found.ifUnchanged
    }

    /// Fields for the store where the object must have that ETag: it is looked up.
    static func compare(
        _ entityTag: String,
        bucket: String,
        key: String,
        on loop: LoopContext,
        then completion: @escaping Completion
    ) {
        let request = StoreRequest(.head, bucket: bucket, key: key)
        StoreExchange.send(request.head, body: [], on: loop.store) { result in
            do throws(S3Error) {
                let reply = try result.mapError { StoreFailure.answer($0) }.get()
                guard let found = try FoundObject.find(reply, bucket: bucket, key: key) else {
                    throw missing(key)
                }
                loop.entityTag(of: found, bucket: bucket, key: key) { result in
                    completion(
                        Result { () throws(S3Error) in
                            try matching(found, current: try result.get(), wanted: entityTag)
                        }
                    )
                }
            } catch {
                completion(.failure(error))
            }
        }
    }
}

extension FoundObject {
    /// The object of the store's answer to HEAD; `nil` where there is none.
    ///
    /// - Throws: what the store's refusal means; `InternalError` for an object that isn't sealed.
    static func find(
        _ reply: StoreReply,
        bucket: String,
        key: String,
        version: String? = nil
    ) throws(S3Error) -> FoundObject? {
        // A delete marker is no object.
        if reply.status == 404 || VersionOutcome(reply.fields).isDeleteMarker { return nil }
        guard reply.isSuccess else {
            throw StoreFailure.reply(
                reply,
                .init(bucket: bucket, key: key, versionID: version)
            )
        }
        do throws(ObjectFault) {
            return try FoundObject(HTTPResponseHead(status: 200, fields: reply.fields))
        } catch {
            throw S3Error(error)
        }
    }
}

extension ControlRequest {
    /// Looks an object of the bucket, or a version of it, up; `nil` where there is none.
    func find(_ key: String, version: String? = nil) async throws(S3Error) -> FoundObject? {
        let query = StoreRequest.query(version: version)
        let reply = try await send(StoreRequest(.head, bucket: bucket, key: key, query: query))
        return try FoundObject.find(reply, bucket: bucket, key: key, version: version)
    }

    /// The ETag that clients know an object by; never needs a customer's key.
    func entityTag(of found: FoundObject, key: String) async throws(S3Error) -> String {
        if let entityTag = found.envelope.opaqueETag { return entityTag }
        if found.envelope.body == .upload {
            return try found.entityTagOfParts(
                try await send(.partTableOutline(of: found.envelope.objectID))
            )
        }
        return try await open(found, bucket, key, nil, withKey: false).etag
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
        // Attributes need no right on a key.
        open(
            found,
            bucket: bucket,
            key: key,
            customer: nil,
            rights: .all,
            wants: .attributes
        ) { result in
            switch result {
            case .success(let opened): completion(.success(opened.etag))
            case .failure(.refused(let error)): completion(.failure(error))
            case .failure(.broken(let fault)): completion(.failure(S3Error(fault)))
            }
        }
    }

    private func entityTagOfParts(
        _ found: FoundObject,
        then completion: @escaping (Result<String, S3Error>) -> Void
    ) {
        ask(.partTableOutline(of: found.envelope.objectID)) { result in
            completion(
                result.mapError(StoreFailure.answer).flatMap { reply in
                    Result { () throws(S3Error) in try found.entityTagOfParts(reply) }
                }
            )
        }
    }
}

extension FoundObject {
    /// The ETag of an object whose envelope doesn't know its parts, from its table's outline.
    fileprivate func entityTagOfParts(_ reply: StoreReply) throws(S3Error) -> String {
        guard reply.isSuccess, let outline = PartTableOutline(reply.body) else {
            throw S3Error(.internalError)
        }
        return envelope.objectID.opaqueETag(parts: outline.partCount)
    }
}
