/// The operations of S3, whether Sealgate serves them or not, and those of the local dialect.
///
/// Named as S3's API reference names them.
public enum S3Operation: String, CaseIterable, Sendable {
    /// `AbortMultipartUpload`.
    case abortMultipartUpload = "AbortMultipartUpload"
    /// `CompleteMultipartUpload`.
    case completeMultipartUpload = "CompleteMultipartUpload"
    /// `CopyObject`.
    case copyObject = "CopyObject"
    /// `CreateBucket`.
    case createBucket = "CreateBucket"
    /// `CreateBucketMetadataConfiguration`.
    case createBucketMetadataConfiguration = "CreateBucketMetadataConfiguration"
    /// `CreateBucketMetadataTableConfiguration`.
    case createBucketMetadataTableConfiguration = "CreateBucketMetadataTableConfiguration"
    /// `CreateMultipartUpload`.
    case createMultipartUpload = "CreateMultipartUpload"
    /// `CreateSession`.
    case createSession = "CreateSession"
    /// `DeleteBucket`.
    case deleteBucket = "DeleteBucket"
    /// `DeleteBucketAnalyticsConfiguration`.
    case deleteBucketAnalyticsConfiguration = "DeleteBucketAnalyticsConfiguration"
    /// `DeleteBucketCors`.
    case deleteBucketCors = "DeleteBucketCors"
    /// `DeleteBucketEncryption`.
    case deleteBucketEncryption = "DeleteBucketEncryption"
    /// `DeleteBucketIntelligentTieringConfiguration`.
    case deleteBucketIntelligentTieringConfiguration = "DeleteBucketIntelligentTieringConfiguration"
    /// `DeleteBucketInventoryConfiguration`.
    case deleteBucketInventoryConfiguration = "DeleteBucketInventoryConfiguration"
    /// `DeleteBucketLifecycle`.
    case deleteBucketLifecycle = "DeleteBucketLifecycle"
    /// `DeleteBucketMetadataConfiguration`.
    case deleteBucketMetadataConfiguration = "DeleteBucketMetadataConfiguration"
    /// `DeleteBucketMetadataTableConfiguration`.
    case deleteBucketMetadataTableConfiguration = "DeleteBucketMetadataTableConfiguration"
    /// `DeleteBucketMetricsConfiguration`.
    case deleteBucketMetricsConfiguration = "DeleteBucketMetricsConfiguration"
    /// `DeleteBucketOwnershipControls`.
    case deleteBucketOwnershipControls = "DeleteBucketOwnershipControls"
    /// `DeleteBucketPolicy`.
    case deleteBucketPolicy = "DeleteBucketPolicy"
    /// `DeleteBucketReplication`.
    case deleteBucketReplication = "DeleteBucketReplication"
    /// `DeleteBucketTagging`.
    case deleteBucketTagging = "DeleteBucketTagging"
    /// `DeleteBucketWebsite`.
    case deleteBucketWebsite = "DeleteBucketWebsite"
    /// `DeleteObject`.
    case deleteObject = "DeleteObject"
    /// `DeleteObjectTagging`.
    case deleteObjectTagging = "DeleteObjectTagging"
    /// `DeleteObjects`.
    case deleteObjects = "DeleteObjects"
    /// `DeletePublicAccessBlock`.
    case deletePublicAccessBlock = "DeletePublicAccessBlock"
    /// `GetBucketAbac`.
    case getBucketAbac = "GetBucketAbac"
    /// `GetBucketAccelerateConfiguration`.
    case getBucketAccelerateConfiguration = "GetBucketAccelerateConfiguration"
    /// `GetBucketAcl`.
    case getBucketAcl = "GetBucketAcl"
    /// `GetBucketAnalyticsConfiguration`.
    case getBucketAnalyticsConfiguration = "GetBucketAnalyticsConfiguration"
    /// `GetBucketCors`.
    case getBucketCors = "GetBucketCors"
    /// `GetBucketEncryption`.
    case getBucketEncryption = "GetBucketEncryption"
    /// `GetBucketIntelligentTieringConfiguration`.
    case getBucketIntelligentTieringConfiguration = "GetBucketIntelligentTieringConfiguration"
    /// `GetBucketInventoryConfiguration`.
    case getBucketInventoryConfiguration = "GetBucketInventoryConfiguration"
    /// `GetBucketLifecycleConfiguration`.
    case getBucketLifecycleConfiguration = "GetBucketLifecycleConfiguration"
    /// `GetBucketLocation`.
    case getBucketLocation = "GetBucketLocation"
    /// `GetBucketLogging`.
    case getBucketLogging = "GetBucketLogging"
    /// `GetBucketMetadataConfiguration`.
    case getBucketMetadataConfiguration = "GetBucketMetadataConfiguration"
    /// `GetBucketMetadataTableConfiguration`.
    case getBucketMetadataTableConfiguration = "GetBucketMetadataTableConfiguration"
    /// `GetBucketMetricsConfiguration`.
    case getBucketMetricsConfiguration = "GetBucketMetricsConfiguration"
    /// `GetBucketNotificationConfiguration`.
    case getBucketNotificationConfiguration = "GetBucketNotificationConfiguration"
    /// `GetBucketOwnershipControls`.
    case getBucketOwnershipControls = "GetBucketOwnershipControls"
    /// `GetBucketPolicy`.
    case getBucketPolicy = "GetBucketPolicy"
    /// `GetBucketPolicyStatus`.
    case getBucketPolicyStatus = "GetBucketPolicyStatus"
    /// `GetBucketReplication`.
    case getBucketReplication = "GetBucketReplication"
    /// `GetBucketRequestPayment`.
    case getBucketRequestPayment = "GetBucketRequestPayment"
    /// `GetBucketTagging`.
    case getBucketTagging = "GetBucketTagging"
    /// `GetBucketVersioning`.
    case getBucketVersioning = "GetBucketVersioning"
    /// `GetBucketWebsite`.
    case getBucketWebsite = "GetBucketWebsite"
    /// `GetObject`.
    case getObject = "GetObject"
    /// `GetObjectAcl`.
    case getObjectAcl = "GetObjectAcl"
    /// `GetObjectAttributes`.
    case getObjectAttributes = "GetObjectAttributes"
    /// `GetObjectLegalHold`.
    case getObjectLegalHold = "GetObjectLegalHold"
    /// `GetObjectLockConfiguration`.
    case getObjectLockConfiguration = "GetObjectLockConfiguration"
    /// `GetObjectRetention`.
    case getObjectRetention = "GetObjectRetention"
    /// `GetObjectTagging`.
    case getObjectTagging = "GetObjectTagging"
    /// `GetObjectTorrent`.
    case getObjectTorrent = "GetObjectTorrent"
    /// `GetPublicAccessBlock`.
    case getPublicAccessBlock = "GetPublicAccessBlock"
    /// `HeadBucket`.
    case headBucket = "HeadBucket"
    /// `HeadObject`.
    case headObject = "HeadObject"
    /// `ListBucketAnalyticsConfigurations`.
    case listBucketAnalyticsConfigurations = "ListBucketAnalyticsConfigurations"
    /// `ListBucketIntelligentTieringConfigurations`.
    case listBucketIntelligentTieringConfigurations = "ListBucketIntelligentTieringConfigurations"
    /// `ListBucketInventoryConfigurations`.
    case listBucketInventoryConfigurations = "ListBucketInventoryConfigurations"
    /// `ListBucketMetricsConfigurations`.
    case listBucketMetricsConfigurations = "ListBucketMetricsConfigurations"
    /// `ListBuckets`.
    case listBuckets = "ListBuckets"
    /// `ListMultipartUploads`.
    case listMultipartUploads = "ListMultipartUploads"
    /// `ListObjectVersions`.
    case listObjectVersions = "ListObjectVersions"
    /// `ListObjects`.
    case listObjects = "ListObjects"
    /// `ListObjectsV2`.
    case listObjectsV2 = "ListObjectsV2"
    /// `ListParts`.
    case listParts = "ListParts"
    /// `PostObject`.
    case postObject = "PostObject"
    /// `PreflightRequest`.
    case preflightRequest = "PreflightRequest"
    /// `PutBucketAbac`.
    case putBucketAbac = "PutBucketAbac"
    /// `PutBucketAccelerateConfiguration`.
    case putBucketAccelerateConfiguration = "PutBucketAccelerateConfiguration"
    /// `PutBucketAcl`.
    case putBucketAcl = "PutBucketAcl"
    /// `PutBucketAnalyticsConfiguration`.
    case putBucketAnalyticsConfiguration = "PutBucketAnalyticsConfiguration"
    /// `PutBucketCors`.
    case putBucketCors = "PutBucketCors"
    /// `PutBucketEncryption`.
    case putBucketEncryption = "PutBucketEncryption"
    /// `PutBucketIntelligentTieringConfiguration`.
    case putBucketIntelligentTieringConfiguration = "PutBucketIntelligentTieringConfiguration"
    /// `PutBucketInventoryConfiguration`.
    case putBucketInventoryConfiguration = "PutBucketInventoryConfiguration"
    /// `PutBucketLifecycleConfiguration`.
    case putBucketLifecycleConfiguration = "PutBucketLifecycleConfiguration"
    /// `PutBucketLogging`.
    case putBucketLogging = "PutBucketLogging"
    /// `PutBucketMetricsConfiguration`.
    case putBucketMetricsConfiguration = "PutBucketMetricsConfiguration"
    /// `PutBucketNotificationConfiguration`.
    case putBucketNotificationConfiguration = "PutBucketNotificationConfiguration"
    /// `PutBucketOwnershipControls`.
    case putBucketOwnershipControls = "PutBucketOwnershipControls"
    /// `PutBucketPolicy`.
    case putBucketPolicy = "PutBucketPolicy"
    /// `PutBucketReplication`.
    case putBucketReplication = "PutBucketReplication"
    /// `PutBucketRequestPayment`.
    case putBucketRequestPayment = "PutBucketRequestPayment"
    /// `PutBucketTagging`.
    case putBucketTagging = "PutBucketTagging"
    /// `PutBucketVersioning`.
    case putBucketVersioning = "PutBucketVersioning"
    /// `PutBucketWebsite`.
    case putBucketWebsite = "PutBucketWebsite"
    /// `PutObject`.
    case putObject = "PutObject"
    /// `PutObjectAcl`.
    case putObjectAcl = "PutObjectAcl"
    /// `PutObjectLegalHold`.
    case putObjectLegalHold = "PutObjectLegalHold"
    /// `PutObjectLockConfiguration`.
    case putObjectLockConfiguration = "PutObjectLockConfiguration"
    /// `PutObjectRetention`.
    case putObjectRetention = "PutObjectRetention"
    /// `PutObjectTagging`.
    case putObjectTagging = "PutObjectTagging"
    /// `PutPublicAccessBlock`.
    case putPublicAccessBlock = "PutPublicAccessBlock"
    /// `RenameObject`.
    case renameObject = "RenameObject"
    /// `RestoreObject`.
    case restoreObject = "RestoreObject"
    /// `SelectObjectContent`.
    case selectObjectContent = "SelectObjectContent"
    /// `UpdateBucketMetadataInventoryTableConfiguration`.
    case updateBucketMetadataInventoryTableConfiguration =
        "UpdateBucketMetadataInventoryTableConfiguration"
    /// `UpdateBucketMetadataJournalTableConfiguration`.
    case updateBucketMetadataJournalTableConfiguration =
        "UpdateBucketMetadataJournalTableConfiguration"
    /// `UpdateObjectEncryption`.
    case updateObjectEncryption = "UpdateObjectEncryption"
    /// `UploadPart`.
    case uploadPart = "UploadPart"
    /// `UploadPartCopy`.
    case uploadPartCopy = "UploadPartCopy"
    /// `GET /?sealgate-capabilities`, in the dialect alone.
    case readCapabilities = "ReadCapabilities"
    /// `GET /b/k?sealgate-table`, in the dialect alone.
    case readPartTable = "ReadPartTable"
    /// `PUT /b/k?sealgate-metadata`, in the dialect alone.
    case replaceMetadata = "ReplaceMetadata"
}
