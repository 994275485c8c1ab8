import S3Wire

/// Chooses what serves an operation that isn't on the data path.
enum ControlWork {
    static func perform(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try refuseEncryption(request)
        switch request.operation {
        case .listBuckets: return try await BucketWork.list(request)
        case .createBucket: return try await BucketWork.create(request)
        case .headBucket: return try await BucketWork.head(request)
        case .deleteBucket: return try await BucketWork.delete(request)
        case .getBucketLocation: return try await BucketWork.location(request)
        case .getBucketCors: return try await BucketCORSWork.get(request)
        case .putBucketCors: return try await BucketCORSWork.put(request)
        case .deleteBucketCors: return try await BucketCORSWork.delete(request)
        case .getBucketEncryption: return try await BucketEncryptionWork.get(request)
        case .putBucketEncryption: return try await BucketEncryptionWork.put(request)
        case .deleteBucketEncryption: return try await BucketEncryptionWork.delete(request)
        case .getBucketPolicy: return try await BucketPolicyWork.get(request)
        case .getBucketPolicyStatus: return try await BucketPolicyWork.status(request)
        case .putBucketPolicy: return try await BucketPolicyWork.put(request)
        case .deleteBucketPolicy: return try await BucketPolicyWork.delete(request)
        case .getBucketAcl, .getObjectAcl: return try await AccessControlWork.get(request)
        case .putBucketAcl, .putObjectAcl: return try await AccessControlWork.put(request)
        case .deleteObject: return try await DeletionWork.one(request)
        case .deleteObjects: return try await DeletionWork.many(request)
        case .listObjects, .listObjectsV2: return try await ListingWork.objects(request)
        case .getBucketVersioning: return try await VersioningWork.get(request)
        case .putBucketVersioning: return try await VersioningWork.put(request)
        case .listObjectVersions: return try await VersioningWork.list(request)
        case .listMultipartUploads: return try await ListingWork.uploads(request)
        case .createMultipartUpload: return try await MultipartWork.create(request)
        case .getObjectAttributes: return try await AttributesWork.get(request)
        case .getObjectTagging: return try await TaggingWork.get(request)
        case .putObjectTagging: return try await TaggingWork.put(request)
        case .deleteObjectTagging: return try await TaggingWork.delete(request)
        case .updateObjectEncryption: return try await EncryptionUpdateWork.update(request)
        case .copyObject: return try await ObjectCopyWork.copy(request)
        case .uploadPartCopy: return try await PartCopyWork.copy(request)
        case .completeMultipartUpload: return try await CompletionWork.complete(request)
        case .abortMultipartUpload: return try await MultipartWork.abort(request)
        case .listParts: return try await PartListingWork.list(request)
        default: return try await fixed(request)
        }
    }

    /// Listings have nothing to do with encryption: a client that thinks so is told.
    private static func refuseEncryption(_ request: ControlRequest) throws(S3Error) {
        switch request.operation {
        case .listBuckets, .listMultipartUploads, .listObjectVersions, .listObjects,
            .listObjectsV2, .listParts:
            try request.services.sse.other(request.fields)
        default: break
        }
    }

    /// The answer of an operation that isn't offered but asked for all the same.
    static func fixed(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        guard let answer = FixedAnswer.of(request.operation) else {
            throw S3Error(.notImplemented, "\(request.operation.rawValue) is not implemented")
        }
        try await request.requireTarget()
        switch answer {
        case .document(let body): return .xml(body)
        case .error(let error): throw error
        case .status(let status): return .status(status)
        }
    }
}
