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
        let object = DeletionRequest.Object(
            key: request.key,
            versionID: request.query["versionId"]
        )
        var answer = ControlAnswer.status(204)
        try await delete(object, ifMatch: wanted, request).append(to: &answer.fields)
        return answer
    }

    static func many(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try request.requireIntegrity()
        let deletion = try request.document(DeletionRequest.self)
        var plain: [DeletionRequest.Object] = []
        var result = DeletionResult()
        for object in deletion.objects {
            do throws(S3Error) {
                try check(object, request)
                try request.access.require(
                    object.versionID == nil ? .deleteObject : .deleteObjectVersion,
                    bucket: request.bucket,
                    key: object.key
                )
                guard let entityTag = object.entityTag else {
                    plain.append(object)
                    continue
                }
                let wanted = entityTag == "*" ? ObjectConditions.Tags.any : .list([entityTag])
                result.deleted.append(
                    DeletionResult.Deleted(
                        key: object.key,
                        versionID: object.versionID,
                        outcome: try await delete(object, ifMatch: wanted, request)
                    )
                )
            } catch {
                guard error.status < 500, error.code != .noSuchBucket else { throw error }
                result.failures.append(
                    .init(
                        key: object.key,
                        versionID: object.versionID,
                        code: error.code.rawValue,
                        message: error.message
                    )
                )
            }
        }
        try await delete(plain, request, &result)
        if deletion.isQuiet { result.deleted = [] }
        return .xml(result)
    }

    /// What one object of a list is refused for; the others are deleted all the same.
    private static func check(
        _ object: DeletionRequest.Object,
        _ request: ControlRequest
    ) throws(S3Error) {
        try ObjectKey.validate(object.key)
        guard !request.services.storeForm.can(.versioning) else { return }
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
        var objects = objects
        if !request.services.storeForm.can(.versioning) {
            for index in objects.indices { objects[index].versionID = nil }
        }
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
        _ object: DeletionRequest.Object,
        ifMatch wanted: ObjectConditions.Tags?,
        _ request: ControlRequest
    ) async throws(S3Error) -> VersionOutcome {
        let key = object.key
        let version = request.services.storeForm.can(.versioning) ? object.versionID : nil
        var fields = HTTPFields()
        if let wanted {
            var conditions = ObjectConditions(HTTPFields())
            conditions.ifMatch = wanted
            guard let found = try await request.find(key, version: version) else {
                throw .preconditionFailed("If-Match")
            }
            let entityTag = try await request.entityTag(of: found, key: key)
            let decision = conditions.evaluate(
                entityTag: entityTag,
                lastModified: found.lastModified
            )
            if let error = decision.error { throw error }
            fields = found.ifUnchanged
        }
        let reply = try await request.send(
            StoreRequest(
                .delete,
                bucket: request.bucket,
                key: key,
                query: StoreRequest.query(version: version),
                fields: fields
            )
        )
        guard reply.isSuccess else {
            let error = StoreFailure.reply(
                reply,
                .init(bucket: request.bucket, key: key, versionID: version)
            )
            guard wanted != nil, error.code == .preconditionFailed || error.code == .noSuchKey
            else { throw error }
            throw .preconditionFailed("If-Match")
        }
        return VersionOutcome(reply.fields)
    }
}
