import HTTPWire
import S3Wire

/// What is refused by a head alone, whatever serves the request.
enum RequestChecks {
    static func check(_ scope: RequestScope, _ operation: S3Operation) throws(S3Error) {
        try checkNames(scope, operation)
        // A preflight only asks about a request, which is checked when it comes.
        guard operation != .preflightRequest else { return }
        try checkVersion(scope, operation)
        try checkOwner(scope)
        if creates(operation) { try checkCreation(scope.head.fields) }
    }

    /// No client names the reserved namespace, the dialect's own operations or its metadata.
    static func checkNames(
        _ scope: RequestScope,
        _ operation: S3Operation?
    ) throws(S3Error) {
        switch operation {
        case .readCapabilities, .readPartTable, .replaceMetadata: throw S3Error(.notImplemented)
        default: break
        }
        try ObjectHeaders.refuseReserved(scope.head.fields)
        if let bucket = scope.target?.bucket {
            try BucketName.validate(bucket)
            guard bucket != scope.loop.services.storeForm.reservedBucket else {
                throw S3Error(.accessDenied)
            }
        }
        if let key = scope.target?.key { try ObjectKey.validate(key) }
    }

    /// Operations that mean a version by `versionId`; any other must not be served by, or change,
    /// the current one instead.
    private static func takesVersion(_ operation: S3Operation) -> Bool {
        switch operation {
        case .deleteObject, .deleteObjectTagging, .getObject, .getObjectAcl, .getObjectAttributes,
            .getObjectTagging, .headObject, .putObjectAcl, .putObjectTagging,
            .updateObjectEncryption:
            true
        default: false
        }
    }

    /// In a store that keeps no versions there is one of each object, which is called `null`.
    private static func checkVersion(
        _ scope: RequestScope,
        _ operation: S3Operation
    ) throws(S3Error) {
        guard let version = scope.versionID else { return }
        let keepsVersions = scope.loop.services.storeForm.can(.versioning)
        if version == "null", !keepsVersions || takesVersion(operation) { return }
        guard !version.isEmpty, takesVersion(operation) else {
            throw StoreFailure.invalidVersion(version)
        }
        if keepsVersions { return }
        guard operation != .deleteObject else { throw StoreFailure.invalidVersion(version) }
        throw S3Error(
            .noSuchVersion,
            details: [.init("Key", scope.key), .init("VersionId", version)]
        )
    }

    /// Who is sure of whose buckets these are is told when that is wrong.
    private static func checkOwner(_ scope: RequestScope) throws(S3Error) {
        let names = ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"]
        for name in names {
            guard let owner = scope.head.fields[name] else { continue }
            guard owner == scope.sender?.credential.id else { throw S3Error(.accessDenied) }
        }
    }

    private static func creates(_ operation: S3Operation) -> Bool {
        switch operation {
        case .copyObject, .createBucket, .createMultipartUpload, .postObject, .putObject: true
        default: false
        }
    }

    /// What can't be promised isn't silently left out: access for others, object lock.
    private static func checkCreation(_ fields: HTTPFields) throws(S3Error) {
        try AccessControlWork.requirePrivate(fields)
        let locks = [
            "x-amz-object-lock-legal-hold", "x-amz-object-lock-mode",
            "x-amz-object-lock-retain-until-date",
        ]
        guard !locks.contains(where: fields.contains) else {
            throw S3Error(.invalidRequest, "Bucket is missing Object Lock Configuration")
        }
        if fields["x-amz-bucket-object-lock-enabled"]?.lowercased() == "true" {
            throw .notImplemented(header: "x-amz-bucket-object-lock-enabled")
        }
    }
}
