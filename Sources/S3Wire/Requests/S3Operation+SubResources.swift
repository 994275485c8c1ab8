internal import HTTPWire

/// What a sub-resource's methods do.
struct SubResource: Sendable {
    var get: S3Operation?
    var put: S3Operation?
    var post: S3Operation?
    var delete: S3Operation?

    /// What a method does; `nil` where it isn't allowed.
    func operation(for method: HTTPMethod) -> S3Operation? {
        switch method {
        case .get: get
        case .put: put
        case .post: post
        case .delete: delete
        case .head, .options, .other: nil
        }
    }
}

extension S3Operation {
    static let serviceSubResources: [String: SubResource] = [
        "sealgate-capabilities": SubResource(get: .readCapabilities)
    ]

    static let bucketSubResources: [String: SubResource] = [
        "abac": SubResource(get: .getBucketAbac, put: .putBucketAbac),
        "accelerate": SubResource(
            get: .getBucketAccelerateConfiguration,
            put: .putBucketAccelerateConfiguration
        ),
        "acl": SubResource(get: .getBucketAcl, put: .putBucketAcl),
        "analytics": SubResource(
            get: .getBucketAnalyticsConfiguration,
            put: .putBucketAnalyticsConfiguration,
            delete: .deleteBucketAnalyticsConfiguration
        ),
        "cors": SubResource(get: .getBucketCors, put: .putBucketCors, delete: .deleteBucketCors),
        "delete": SubResource(post: .deleteObjects),
        "encryption": SubResource(
            get: .getBucketEncryption,
            put: .putBucketEncryption,
            delete: .deleteBucketEncryption
        ),
        "intelligent-tiering": SubResource(
            get: .getBucketIntelligentTieringConfiguration,
            put: .putBucketIntelligentTieringConfiguration,
            delete: .deleteBucketIntelligentTieringConfiguration
        ),
        "inventory": SubResource(
            get: .getBucketInventoryConfiguration,
            put: .putBucketInventoryConfiguration,
            delete: .deleteBucketInventoryConfiguration
        ),
        "lifecycle": SubResource(
            get: .getBucketLifecycleConfiguration,
            put: .putBucketLifecycleConfiguration,
            delete: .deleteBucketLifecycle
        ),
        "location": SubResource(get: .getBucketLocation),
        "logging": SubResource(get: .getBucketLogging, put: .putBucketLogging),
        "metadataConfiguration": SubResource(
            get: .getBucketMetadataConfiguration,
            post: .createBucketMetadataConfiguration,
            delete: .deleteBucketMetadataConfiguration
        ),
        "metadataInventoryTable": SubResource(
            put: .updateBucketMetadataInventoryTableConfiguration
        ),
        "metadataJournalTable": SubResource(
            put: .updateBucketMetadataJournalTableConfiguration
        ),
        "metadataTable": SubResource(
            get: .getBucketMetadataTableConfiguration,
            post: .createBucketMetadataTableConfiguration,
            delete: .deleteBucketMetadataTableConfiguration
        ),
        "metrics": SubResource(
            get: .getBucketMetricsConfiguration,
            put: .putBucketMetricsConfiguration,
            delete: .deleteBucketMetricsConfiguration
        ),
        "notification": SubResource(
            get: .getBucketNotificationConfiguration,
            put: .putBucketNotificationConfiguration
        ),
        "object-lock": SubResource(
            get: .getObjectLockConfiguration,
            put: .putObjectLockConfiguration
        ),
        "ownershipControls": SubResource(
            get: .getBucketOwnershipControls,
            put: .putBucketOwnershipControls,
            delete: .deleteBucketOwnershipControls
        ),
        "policy": SubResource(
            get: .getBucketPolicy,
            put: .putBucketPolicy,
            delete: .deleteBucketPolicy
        ),
        "policyStatus": SubResource(get: .getBucketPolicyStatus),
        "publicAccessBlock": SubResource(
            get: .getPublicAccessBlock,
            put: .putPublicAccessBlock,
            delete: .deletePublicAccessBlock
        ),
        "replication": SubResource(
            get: .getBucketReplication,
            put: .putBucketReplication,
            delete: .deleteBucketReplication
        ),
        "requestPayment": SubResource(
            get: .getBucketRequestPayment,
            put: .putBucketRequestPayment
        ),
        "session": SubResource(get: .createSession),
        "tagging": SubResource(
            get: .getBucketTagging,
            put: .putBucketTagging,
            delete: .deleteBucketTagging
        ),
        "uploads": SubResource(get: .listMultipartUploads),
        "versioning": SubResource(get: .getBucketVersioning, put: .putBucketVersioning),
        "versions": SubResource(get: .listObjectVersions),
        "website": SubResource(
            get: .getBucketWebsite,
            put: .putBucketWebsite,
            delete: .deleteBucketWebsite
        ),
    ]

    static let objectSubResources: [String: SubResource] = [
        "acl": SubResource(get: .getObjectAcl, put: .putObjectAcl),
        "attributes": SubResource(get: .getObjectAttributes),
        "encryption": SubResource(put: .updateObjectEncryption),
        "legal-hold": SubResource(get: .getObjectLegalHold, put: .putObjectLegalHold),
        "renameObject": SubResource(put: .renameObject),
        "restore": SubResource(post: .restoreObject),
        "retention": SubResource(get: .getObjectRetention, put: .putObjectRetention),
        "sealgate-metadata": SubResource(put: .replaceMetadata),
        "sealgate-table": SubResource(get: .readPartTable),
        "select": SubResource(post: .selectObjectContent),
        "tagging": SubResource(
            get: .getObjectTagging,
            put: .putObjectTagging,
            delete: .deleteObjectTagging
        ),
        "torrent": SubResource(get: .getObjectTorrent),
        "uploadId": SubResource(
            get: .listParts,
            put: .uploadPart,
            post: .completeMultipartUpload,
            delete: .abortMultipartUpload
        ),
        "uploads": SubResource(post: .createMultipartUpload),
    ]

    /// Parameters that qualify an operation and choose none.
    static let plainParameters: Set<String> = [
        "AWSAccessKeyId", "Expires", "Signature", "bucket-region", "continuation-token",
        "delimiter", "encoding-type", "fetch-owner", "id", "key-marker", "list-type", "marker",
        "max-buckets", "max-keys", "max-parts", "max-uploads", "optional-object-attributes",
        "part-number-marker", "partNumber", "prefix", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "select-type", "start-after",
        "upload-id-marker", "version-id-marker", "versionId",
    ]
}
