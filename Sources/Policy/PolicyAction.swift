/// What a policy allows or denies: the actions of S3, as AWS' service authorization reference
/// names them, and those of the KMS, some of which only this gateway has.
public enum PolicyAction: String, CaseIterable, Sendable {
    /// `s3:AbortMultipartUpload`.
    case abortMultipartUpload = "AbortMultipartUpload"
    /// `s3:BypassGovernanceRetention`.
    case bypassGovernanceRetention = "BypassGovernanceRetention"
    /// `s3:CreateBucket`.
    case createBucket = "CreateBucket"
    /// `s3:DeleteBucket`.
    case deleteBucket = "DeleteBucket"
    /// `s3:DeleteBucketPolicy`.
    case deleteBucketPolicy = "DeleteBucketPolicy"
    /// `s3:DeleteBucketWebsite`.
    case deleteBucketWebsite = "DeleteBucketWebsite"
    /// `s3:DeleteObject`.
    case deleteObject = "DeleteObject"
    /// `s3:DeleteObjectTagging`.
    case deleteObjectTagging = "DeleteObjectTagging"
    /// `s3:DeleteObjectVersion`.
    case deleteObjectVersion = "DeleteObjectVersion"
    /// `s3:DeleteObjectVersionTagging`.
    case deleteObjectVersionTagging = "DeleteObjectVersionTagging"
    /// `s3:GetAccelerateConfiguration`.
    case getAccelerateConfiguration = "GetAccelerateConfiguration"
    /// `s3:GetAnalyticsConfiguration`.
    case getAnalyticsConfiguration = "GetAnalyticsConfiguration"
    /// `s3:GetBucketAcl`.
    case getBucketAcl = "GetBucketAcl"
    /// `s3:GetBucketCORS`.
    case getBucketCORS = "GetBucketCORS"
    /// `s3:GetBucketLocation`.
    case getBucketLocation = "GetBucketLocation"
    /// `s3:GetBucketLogging`.
    case getBucketLogging = "GetBucketLogging"
    /// `s3:GetBucketNotification`.
    case getBucketNotification = "GetBucketNotification"
    /// `s3:GetBucketObjectLockConfiguration`.
    case getBucketObjectLockConfiguration = "GetBucketObjectLockConfiguration"
    /// `s3:GetBucketOwnershipControls`.
    case getBucketOwnershipControls = "GetBucketOwnershipControls"
    /// `s3:GetBucketPolicy`.
    case getBucketPolicy = "GetBucketPolicy"
    /// `s3:GetBucketPolicyStatus`.
    case getBucketPolicyStatus = "GetBucketPolicyStatus"
    /// `s3:GetBucketPublicAccessBlock`.
    case getBucketPublicAccessBlock = "GetBucketPublicAccessBlock"
    /// `s3:GetBucketRequestPayment`.
    case getBucketRequestPayment = "GetBucketRequestPayment"
    /// `s3:GetBucketTagging`.
    case getBucketTagging = "GetBucketTagging"
    /// `s3:GetBucketVersioning`.
    case getBucketVersioning = "GetBucketVersioning"
    /// `s3:GetBucketWebsite`.
    case getBucketWebsite = "GetBucketWebsite"
    /// `s3:GetEncryptionConfiguration`.
    case getEncryptionConfiguration = "GetEncryptionConfiguration"
    /// `s3:GetIntelligentTieringConfiguration`.
    case getIntelligentTieringConfiguration = "GetIntelligentTieringConfiguration"
    /// `s3:GetInventoryConfiguration`.
    case getInventoryConfiguration = "GetInventoryConfiguration"
    /// `s3:GetLifecycleConfiguration`.
    case getLifecycleConfiguration = "GetLifecycleConfiguration"
    /// `s3:GetMetricsConfiguration`.
    case getMetricsConfiguration = "GetMetricsConfiguration"
    /// `s3:GetObject`.
    case getObject = "GetObject"
    /// `s3:GetObjectAcl`.
    case getObjectAcl = "GetObjectAcl"
    /// `s3:GetObjectAttributes`.
    case getObjectAttributes = "GetObjectAttributes"
    /// `s3:GetObjectLegalHold`.
    case getObjectLegalHold = "GetObjectLegalHold"
    /// `s3:GetObjectRetention`.
    case getObjectRetention = "GetObjectRetention"
    /// `s3:GetObjectTagging`.
    case getObjectTagging = "GetObjectTagging"
    /// `s3:GetObjectTorrent`.
    case getObjectTorrent = "GetObjectTorrent"
    /// `s3:GetObjectVersion`.
    case getObjectVersion = "GetObjectVersion"
    /// `s3:GetObjectVersionAcl`.
    case getObjectVersionAcl = "GetObjectVersionAcl"
    /// `s3:GetObjectVersionAttributes`.
    case getObjectVersionAttributes = "GetObjectVersionAttributes"
    /// `s3:GetObjectVersionTagging`.
    case getObjectVersionTagging = "GetObjectVersionTagging"
    /// `s3:GetReplicationConfiguration`.
    case getReplicationConfiguration = "GetReplicationConfiguration"
    /// `s3:ListAllMyBuckets`.
    case listAllMyBuckets = "ListAllMyBuckets"
    /// `s3:ListBucket`.
    case listBucket = "ListBucket"
    /// `s3:ListBucketMultipartUploads`.
    case listBucketMultipartUploads = "ListBucketMultipartUploads"
    /// `s3:ListBucketVersions`.
    case listBucketVersions = "ListBucketVersions"
    /// `s3:ListMultipartUploadParts`.
    case listMultipartUploadParts = "ListMultipartUploadParts"
    /// `s3:PutAccelerateConfiguration`.
    case putAccelerateConfiguration = "PutAccelerateConfiguration"
    /// `s3:PutAnalyticsConfiguration`.
    case putAnalyticsConfiguration = "PutAnalyticsConfiguration"
    /// `s3:PutBucketAcl`.
    case putBucketAcl = "PutBucketAcl"
    /// `s3:PutBucketCORS`.
    case putBucketCORS = "PutBucketCORS"
    /// `s3:PutBucketLogging`.
    case putBucketLogging = "PutBucketLogging"
    /// `s3:PutBucketNotification`.
    case putBucketNotification = "PutBucketNotification"
    /// `s3:PutBucketObjectLockConfiguration`.
    case putBucketObjectLockConfiguration = "PutBucketObjectLockConfiguration"
    /// `s3:PutBucketOwnershipControls`.
    case putBucketOwnershipControls = "PutBucketOwnershipControls"
    /// `s3:PutBucketPolicy`.
    case putBucketPolicy = "PutBucketPolicy"
    /// `s3:PutBucketPublicAccessBlock`.
    case putBucketPublicAccessBlock = "PutBucketPublicAccessBlock"
    /// `s3:PutBucketRequestPayment`.
    case putBucketRequestPayment = "PutBucketRequestPayment"
    /// `s3:PutBucketTagging`.
    case putBucketTagging = "PutBucketTagging"
    /// `s3:PutBucketVersioning`.
    case putBucketVersioning = "PutBucketVersioning"
    /// `s3:PutBucketWebsite`.
    case putBucketWebsite = "PutBucketWebsite"
    /// `s3:PutEncryptionConfiguration`.
    case putEncryptionConfiguration = "PutEncryptionConfiguration"
    /// `s3:PutIntelligentTieringConfiguration`.
    case putIntelligentTieringConfiguration = "PutIntelligentTieringConfiguration"
    /// `s3:PutInventoryConfiguration`.
    case putInventoryConfiguration = "PutInventoryConfiguration"
    /// `s3:PutLifecycleConfiguration`.
    case putLifecycleConfiguration = "PutLifecycleConfiguration"
    /// `s3:PutMetricsConfiguration`.
    case putMetricsConfiguration = "PutMetricsConfiguration"
    /// `s3:PutObject`.
    case putObject = "PutObject"
    /// `s3:PutObjectAcl`.
    case putObjectAcl = "PutObjectAcl"
    /// `s3:PutObjectLegalHold`.
    case putObjectLegalHold = "PutObjectLegalHold"
    /// `s3:PutObjectRetention`.
    case putObjectRetention = "PutObjectRetention"
    /// `s3:PutObjectTagging`.
    case putObjectTagging = "PutObjectTagging"
    /// `s3:PutObjectVersionAcl`.
    case putObjectVersionAcl = "PutObjectVersionAcl"
    /// `s3:PutObjectVersionTagging`.
    case putObjectVersionTagging = "PutObjectVersionTagging"
    /// `s3:PutReplicationConfiguration`.
    case putReplicationConfiguration = "PutReplicationConfiguration"
    /// `s3:RestoreObject`.
    case restoreObject = "RestoreObject"
    /// `s3:UpdateObjectEncryption`.
    case updateObjectEncryption = "UpdateObjectEncryption"
    /// `kms:CancelKeyDeletion`.
    case cancelKeyDeletion = "kms:CancelKeyDeletion"
    /// `kms:ConfigureService`.
    case configureService = "kms:ConfigureService"
    /// `kms:CreateKey`.
    case createKey = "kms:CreateKey"
    /// `kms:Decrypt`.
    case decrypt = "kms:Decrypt"
    /// `kms:DescribeKey`.
    case describeKey = "kms:DescribeKey"
    /// `kms:DisableKey`.
    case disableKey = "kms:DisableKey"
    /// `kms:EnableKey`.
    case enableKey = "kms:EnableKey"
    /// `kms:GenerateDataKey`.
    case generateDataKey = "kms:GenerateDataKey"
    /// `kms:GetStatus`.
    case getStatus = "kms:GetStatus"
    /// `kms:GetUsage`.
    case getUsage = "kms:GetUsage"
    /// `kms:ListKeys`.
    case listKeys = "kms:ListKeys"
    /// `kms:RewrapKeys`.
    case rewrapKeys = "kms:RewrapKeys"
    /// `kms:RotateKey`.
    case rotateKey = "kms:RotateKey"
    /// `kms:ScheduleKeyDeletion`.
    case scheduleKeyDeletion = "kms:ScheduleKeyDeletion"
    /// `kms:TagResource`.
    case tagResource = "kms:TagResource"
    /// `kms:UntagResource`.
    case untagResource = "kms:UntagResource"
    /// `kms:UpdateKeyDescription`.
    case updateKeyDescription = "kms:UpdateKeyDescription"
}

extension PolicyAction {
    /// What an action is done to.
    public enum Level: Sendable {
        /// A bucket: `arn:aws:s3:::BUCKET`.
        case bucket
        /// An object: `arn:aws:s3:::BUCKET/KEY`.
        case object
        /// A KMS key: `arn:aws:kms:::key/NAME`.
        case key
        /// The service as a whole: every resource.
        case service
    }

    /// Whose action it is; one statement is about one service.
    public enum Service: String, Sendable {
        /// The KMS.
        case kms
        /// S3.
        case s3
    }

    /// Whose action it is.
    public var service: Service { rawValue.hasPrefix("kms:") ? .kms : .s3 }

    /// The name as policies have it, `s3:GetObject`.
    public var name: String { service == .kms ? rawValue : "s3:" + rawValue }

    /// What the action is done to.
    public var level: Level {
        switch self {
        case .listAllMyBuckets: .service
        case _ where service == .kms: .key
        case .abortMultipartUpload, .bypassGovernanceRetention, .deleteObject,
            .deleteObjectTagging, .deleteObjectVersion, .deleteObjectVersionTagging, .getObject,
            .getObjectAcl, .getObjectAttributes, .getObjectLegalHold, .getObjectRetention,
            .getObjectTagging, .getObjectTorrent, .getObjectVersion, .getObjectVersionAcl,
            .getObjectVersionAttributes, .getObjectVersionTagging, .listMultipartUploadParts,
            .putObject, .putObjectAcl, .putObjectLegalHold, .putObjectRetention,
            .putObjectTagging, .putObjectVersionAcl, .putObjectVersionTagging, .restoreObject,
            .updateObjectEncryption:
            .object
        default: .bucket
        }
    }

    /// The service that a pattern names; `nil` for `*`, which is all of each.
    ///
    /// - Throws: `.actionUnknown` for another service's action.
    static func service(_ pattern: String) throws(PolicyError) -> Service? {
        if pattern == "*" { return nil }
        let text = pattern.lowercased()
        if text.hasPrefix("s3:") { return .s3 }
        guard text.hasPrefix("kms:") else { throw .actionUnknown(pattern) }
        return .kms
    }

    /// The actions that a pattern names: `s3:Get*`, `kms:Decrypt`, `*`; case doesn't matter.
    ///
    /// - Returns: none for another service's action, and for a name that isn't one.
    static func named(_ pattern: String) -> Set<PolicyAction> {
        if pattern == "*" { return Set(allCases) }
        guard let service = try? service(pattern) else { return [] }
        let glob = PolicyPattern(pattern.lowercased())
        return Set(
            allCases.filter { $0.service == service && glob.matches($0.name.lowercased()) }
        )
    }
}
