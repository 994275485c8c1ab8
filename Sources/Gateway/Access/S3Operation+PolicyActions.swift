import HTTPWire
import Policy
import S3Wire

/// What must be allowed for an operation.
enum PolicyNeeds: Equatable {
    /// All of these, done to the target.
    case all([PolicyAction])
    /// What its body says.
    case later
    /// No policy has a word for it: senders who need leave have none.
    case unknown
}

extension S3Operation {
    /// What must be allowed, by the operation and what else the head asks for.
    ///
    /// Source: "Required permissions for Amazon S3 API operations", Amazon S3 User Guide.
    func policyActions(_ query: S3Query, _ fields: HTTPFields) -> PolicyNeeds {
        let hasVersion = query.contains("versionId")
        switch self {
        case .deleteObjects: return .later
        case .copyObject, .createMultipartUpload, .postObject, .putObject:
            let hasTags = fields["x-amz-tagging"]?.isEmpty == false
            return .all(hasTags ? [.putObject, .putObjectTagging] : [.putObject])
        case .completeMultipartUpload, .uploadPart, .uploadPartCopy: return .all([.putObject])
        case .deleteObject: return .all([hasVersion ? .deleteObjectVersion : .deleteObject])
        case .deleteObjectTagging:
            return .all([hasVersion ? .deleteObjectVersionTagging : .deleteObjectTagging])
        case .getObject, .headObject: return .all([hasVersion ? .getObjectVersion : .getObject])
        case .getObjectAcl: return .all([hasVersion ? .getObjectVersionAcl : .getObjectAcl])
        case .getObjectAttributes:
            return .all(
                hasVersion
                    ? [.getObjectVersion, .getObjectVersionAttributes]
                    : [.getObject, .getObjectAttributes]
            )
        case .getObjectTagging:
            return .all([hasVersion ? .getObjectVersionTagging : .getObjectTagging])
        case .putObjectAcl: return .all([hasVersion ? .putObjectVersionAcl : .putObjectAcl])
        case .putObjectTagging:
            return .all([hasVersion ? .putObjectVersionTagging : .putObjectTagging])
        case .updateObjectEncryption: return .all([.putObject, .updateObjectEncryption])
        default:
            return (Self.objectActions[self] ?? Self.bucketActions[self]).map { .all([$0]) }
                ?? .unknown
        }
    }

    private static let objectActions: [S3Operation: PolicyAction] = [
        .abortMultipartUpload: .abortMultipartUpload,
        .getObjectLegalHold: .getObjectLegalHold,
        .getObjectRetention: .getObjectRetention,
        .getObjectTorrent: .getObjectTorrent,
        .listParts: .listMultipartUploadParts,
        .putObjectLegalHold: .putObjectLegalHold,
        .putObjectRetention: .putObjectRetention,
        .restoreObject: .restoreObject,
        .selectObjectContent: .getObject,
    ]

    private static let bucketActions: [S3Operation: PolicyAction] = [
        .createBucket: .createBucket,
        .deleteBucket: .deleteBucket,
        .deleteBucketAnalyticsConfiguration: .putAnalyticsConfiguration,
        .deleteBucketCors: .putBucketCORS,
        .deleteBucketEncryption: .putEncryptionConfiguration,
        .deleteBucketIntelligentTieringConfiguration: .putIntelligentTieringConfiguration,
        .deleteBucketInventoryConfiguration: .putInventoryConfiguration,
        .deleteBucketLifecycle: .putLifecycleConfiguration,
        .deleteBucketMetricsConfiguration: .putMetricsConfiguration,
        .deleteBucketOwnershipControls: .putBucketOwnershipControls,
        .deleteBucketPolicy: .deleteBucketPolicy,
        .deleteBucketReplication: .putReplicationConfiguration,
        .deleteBucketTagging: .putBucketTagging,
        .deleteBucketWebsite: .deleteBucketWebsite,
        .deletePublicAccessBlock: .putBucketPublicAccessBlock,
        .getBucketAccelerateConfiguration: .getAccelerateConfiguration,
        .getBucketAcl: .getBucketAcl,
        .getBucketAnalyticsConfiguration: .getAnalyticsConfiguration,
        .getBucketCors: .getBucketCORS,
        .getBucketEncryption: .getEncryptionConfiguration,
        .getBucketIntelligentTieringConfiguration: .getIntelligentTieringConfiguration,
        .getBucketInventoryConfiguration: .getInventoryConfiguration,
        .getBucketLifecycleConfiguration: .getLifecycleConfiguration,
        .getBucketLocation: .getBucketLocation,
        .getBucketLogging: .getBucketLogging,
        .getBucketMetricsConfiguration: .getMetricsConfiguration,
        .getBucketNotificationConfiguration: .getBucketNotification,
        .getBucketOwnershipControls: .getBucketOwnershipControls,
        .getBucketPolicy: .getBucketPolicy,
        .getBucketPolicyStatus: .getBucketPolicyStatus,
        .getBucketReplication: .getReplicationConfiguration,
        .getBucketRequestPayment: .getBucketRequestPayment,
        .getBucketTagging: .getBucketTagging,
        .getBucketVersioning: .getBucketVersioning,
        .getBucketWebsite: .getBucketWebsite,
        .getObjectLockConfiguration: .getBucketObjectLockConfiguration,
        .getPublicAccessBlock: .getBucketPublicAccessBlock,
        .headBucket: .listBucket,
        .listBucketAnalyticsConfigurations: .getAnalyticsConfiguration,
        .listBucketIntelligentTieringConfigurations: .getIntelligentTieringConfiguration,
        .listBucketInventoryConfigurations: .getInventoryConfiguration,
        .listBucketMetricsConfigurations: .getMetricsConfiguration,
        .listBuckets: .listAllMyBuckets,
        .listMultipartUploads: .listBucketMultipartUploads,
        .listObjectVersions: .listBucketVersions,
        .listObjects: .listBucket,
        .listObjectsV2: .listBucket,
        .putBucketAccelerateConfiguration: .putAccelerateConfiguration,
        .putBucketAcl: .putBucketAcl,
        .putBucketAnalyticsConfiguration: .putAnalyticsConfiguration,
        .putBucketCors: .putBucketCORS,
        .putBucketEncryption: .putEncryptionConfiguration,
        .putBucketIntelligentTieringConfiguration: .putIntelligentTieringConfiguration,
        .putBucketInventoryConfiguration: .putInventoryConfiguration,
        .putBucketLifecycleConfiguration: .putLifecycleConfiguration,
        .putBucketLogging: .putBucketLogging,
        .putBucketMetricsConfiguration: .putMetricsConfiguration,
        .putBucketNotificationConfiguration: .putBucketNotification,
        .putBucketOwnershipControls: .putBucketOwnershipControls,
        .putBucketPolicy: .putBucketPolicy,
        .putBucketReplication: .putReplicationConfiguration,
        .putBucketRequestPayment: .putBucketRequestPayment,
        .putBucketTagging: .putBucketTagging,
        .putBucketVersioning: .putBucketVersioning,
        .putBucketWebsite: .putBucketWebsite,
        .putObjectLockConfiguration: .putBucketObjectLockConfiguration,
        .putPublicAccessBlock: .putBucketPublicAccessBlock,
    ]
}
