import Crypto
import Encoding
import HTTPWire
import Policy
import S3Wire

/// DeleteObject and DeleteObjects: no key is needed for any mode.
enum DeletionWork {
    static func one(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        for name in ["x-amz-if-match-last-modified-time", "x-amz-if-match-size"]
        where request.fields.contains(name) {
            throw .notImplemented(header: name)
        }
        let wanted = ObjectConditions(request.fields).ifMatch
        try await delete(request.key, ifMatch: wanted, request)
        return .status(204)
    }

    static func many(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try request.requireIntegrity()
        let deletion = try request.document(DeletionRequest.self)
        var plain: [DeletionRequest.Object] = []
        var result = DeletionResult()
        for object in deletion.objects {
            do throws(S3Error) {
                try check(object)
                try request.access.require(
                    object.versionID == nil ? .deleteObject : .deleteObjectVersion,
                    bucket: request.bucket,
                    key: object.key
                )
                guard let entityTag = object.entityTag else {
                    plain.append(DeletionRequest.Object(key: object.key))
                    continue
                }
                let wanted = entityTag == "*" ? ObjectConditions.Tags.any : .list([entityTag])
                try await delete(object.key, ifMatch: wanted, request)
                result.deleted.append(.init(key: object.key))
            } catch {
                guard error.status < 500, error.code != .noSuchBucket else { throw error }
                result.failures.append(
                    .init(key: object.key, code: error.code.rawValue, message: error.message)
                )
            }
        }
        try await delete(plain, request, &result)
        if deletion.isQuiet { result.deleted = [] }
        return .xml(result)
    }

    /// What one object of a list is refused for; the others are deleted all the same.
    private static func check(_ object: DeletionRequest.Object) throws(S3Error) {
        try ObjectKey.validate(object.key)
        // There are no versions but the one: to delete it instead of another would lose it.
        guard object.versionID == nil || object.versionID == "null" else {
            throw S3Error(.noSuchVersion)
        }
    }

    private static func delete(
        _ objects: [DeletionRequest.Object],
        _ request: ControlRequest,
        _ result: inout DeletionResult
    ) async throws(S3Error) {
        guard !objects.isEmpty else { return try await request.requireBucket() }
        let reply = try await request.succeed(
            StoreRequest(
                .post,
                bucket: request.bucket,
                query: "delete",
                body: DeletionRequest(objects: objects).xml
            )
        )
        let stored = try ControlRequest.parse(DeletionResult.self, reply.body)
        result.deleted += stored.deleted
        result.failures += stored.failures
    }

    /// Deletes an object, with a condition only the very one whose ETag was compared.
    private static func delete(
        _ key: String,
        ifMatch wanted: ObjectConditions.Tags?,
        _ request: ControlRequest
    ) async throws(S3Error) {
        var fields = HTTPFields()
        if let wanted {
            var conditions = ObjectConditions(HTTPFields())
            conditions.ifMatch = wanted
            guard let found = try await request.find(key) else {
                throw .preconditionFailed("If-Match")
            }
            let entityTag = try await request.entityTag(of: found, key: key)
            let decision = conditions.evaluate(
                entityTag: entityTag,
                lastModified: found.lastModified
            )
            if let error = decision.error { throw error }
            fields.append("if-match", found.storeETag)
        }
        let reply = try await request.send(
            StoreRequest(.delete, bucket: request.bucket, key: key, fields: fields)
        )
        guard reply.isSuccess else {
            let error = StoreFailure.reply(reply, .init(bucket: request.bucket, key: key))
            guard wanted != nil, error.code == .preconditionFailed || error.code == .noSuchKey
            else { throw error }
            throw .preconditionFailed("If-Match")
        }
    }
}
