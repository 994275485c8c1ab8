import HTTPWire
import S3Wire
import SealedObject

/// The source of a copy: found, opened, and weighed by its conditions.
struct CopiedObject: Sendable {
    var bucket: String
    var key: String
    /// Whether the request named the version.
    var isNamedVersion: Bool
    /// With its own key.
    var opened: OpenedObject
    /// Its parts, where it has parts.
    var layout: MultipartLayout?
    var customer: CustomerKeyHolder?

    /// The plaintext length in bytes.
    var size: Int { layout?.plaintextCount ?? opened.envelope.body.plaintextCount ?? 0 }

    /// The very object that was found, in the store's terms.
    func reference(_ form: StoreForm) -> String {
        let query = StoreRequest.query(version: opened.found.pinned(form))
        let target = StoreRequest.target(bucket: bucket, key: key, query: query)
        return String(target.dropFirst())
    }

    /// Tells which version was copied, where the bucket keeps versions.
    func appendVersion(to fields: inout HTTPFields) {
        if let id = opened.found.versionID { fields.append("x-amz-copy-source-version-id", id) }
    }
}

extension ControlRequest {
    /// Finds and opens what `source` names.
    ///
    /// In S3's order: 404, the customer's key, the conditions, the KMS.
    ///
    /// - Throws: `NoSuchKey`, `NoSuchBucket`, `NoSuchVersion`; `InvalidRequest` for a delete marker
    ///   that is named; what the encryption headers of a
    ///   copy's source are refused for; `PreconditionFailed`.
    func copied(_ source: CopySource) async throws(S3Error) -> CopiedObject {
        try validate(source)
        for _ in 0..<ObjectReadHandler.attemptsMax {
            let found = try await find(source)
            let key = try services.sse.copySource(
                fields,
                transport: transport,
                stored: found.envelope.sseMode
            )
            let customer = try CustomerKeyHolder.of(key)
            if let object = try await open(found, source, customer) { return object }
        }
        throw S3Error(ObjectFault.restless)
    }

    private func validate(_ source: CopySource) throws(S3Error) {
        try BucketName.validate(source.bucket)
        guard source.bucket != services.storeForm.reservedBucket else {
            throw S3Error(.accessDenied)
        }
        try ObjectKey.validate(source.key)
        guard
            services.storeForm.can(.versioning) || source.versionID == nil
                || source.versionID == "null"
        else {
            throw S3Error(
                .noSuchVersion,
                details: [
                    .init("Key", source.key), .init("VersionId", source.versionID ?? ""),
                ]
            )
        }
    }

    private func find(_ source: CopySource) async throws(S3Error) -> FoundObject {
        let version = services.storeForm.can(.versioning) ? source.versionID : nil
        do throws(S3Error) {
            return try await requireObject(bucket: source.bucket, source.key, version: version)
        } catch {
            guard error.code != .methodNotAllowed else {
                throw S3Error(
                    .invalidRequest,
                    "The source of a copy request may not specifically refer to a delete marker "
                        + "by version id."
                )
            }
            // What stands in an answer's fields is about the copy.
            var error = error
            error.fields = HTTPFields()
            throw error
        }
    }

    /// Opens a found source; `nil` where it was written meanwhile.
    private func open(
        _ found: FoundObject,
        _ source: CopySource,
        _ customer: CustomerKeyHolder?
    ) async throws(S3Error) -> CopiedObject? {
        let (bucket, name) = (source.bucket, source.key)
        let body = found.envelope.body
        var opened = try await open(found, bucket, name, customer, withKey: body == .upload)
        var layout: MultipartLayout?
        if body == .upload {
            // Its envelope says neither length nor ETag.
            guard let found = try await self.layout(opened, bucket, name) else { return nil }
            opened = opened.resolved(found)
            layout = found
        }
        let decision = ObjectConditions(fields, isCopySource: true)
            .evaluate(entityTag: opened.etag, lastModified: found.lastModified)
        if let error = decision.error { throw error }
        if opened.objectKey == nil {
            opened = try await open(found, bucket, name, customer, withKey: true)
        }
        if body.isMultipart, layout == nil {
            guard let found = try await self.layout(opened, bucket, name) else { return nil }
            layout = found
        }
        return CopiedObject(
            bucket: bucket,
            key: name,
            isNamedVersion: source.versionID != nil,
            opened: opened,
            layout: layout,
            customer: customer
        )
    }
}
