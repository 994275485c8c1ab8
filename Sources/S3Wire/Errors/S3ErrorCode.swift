/// The error codes that Sealgate answers, as `<Code>` spells them.
public enum S3ErrorCode: String, CaseIterable, Sendable {
    /// `AccessControlListNotSupported`.
    case accessControlListNotSupported = "AccessControlListNotSupported"
    /// `AccessDenied`.
    case accessDenied = "AccessDenied"
    /// `AccessForbidden`.
    case accessForbidden = "AccessForbidden"
    /// `AuthorizationHeaderMalformed`.
    case authorizationHeaderMalformed = "AuthorizationHeaderMalformed"
    /// `AuthorizationQueryParametersError`.
    case authorizationQueryParametersError = "AuthorizationQueryParametersError"
    /// `BadDigest`.
    case badDigest = "BadDigest"
    /// `BadRequest`.
    case badRequest = "BadRequest"
    /// `BucketAlreadyExists`.
    case bucketAlreadyExists = "BucketAlreadyExists"
    /// `BucketAlreadyOwnedByYou`.
    case bucketAlreadyOwnedByYou = "BucketAlreadyOwnedByYou"
    /// `BucketNotEmpty`.
    case bucketNotEmpty = "BucketNotEmpty"
    /// `ConditionalRequestConflict`.
    case conditionalRequestConflict = "ConditionalRequestConflict"
    /// `EntityTooLarge`.
    case entityTooLarge = "EntityTooLarge"
    /// `EntityTooSmall`.
    case entityTooSmall = "EntityTooSmall"
    /// `IllegalLocationConstraintException`.
    case illegalLocationConstraint = "IllegalLocationConstraintException"
    /// `IllegalVersioningConfigurationException`.
    case illegalVersioningConfiguration = "IllegalVersioningConfigurationException"
    /// `IncompleteBody`.
    case incompleteBody = "IncompleteBody"
    /// `IncorrectNumberOfFilesInPostRequest`.
    case incorrectNumberOfFiles = "IncorrectNumberOfFilesInPostRequest"
    /// `InsufficientStorage`.
    case insufficientStorage = "InsufficientStorage"
    /// `InternalError`.
    case internalError = "InternalError"
    /// `InvalidAccessKeyId`.
    case invalidAccessKeyID = "InvalidAccessKeyId"
    /// `InvalidArgument`.
    case invalidArgument = "InvalidArgument"
    /// `InvalidBucketName`.
    case invalidBucketName = "InvalidBucketName"
    /// `InvalidDigest`.
    case invalidDigest = "InvalidDigest"
    /// `InvalidEncryptionAlgorithmError`.
    case invalidEncryptionAlgorithm = "InvalidEncryptionAlgorithmError"
    /// `InvalidLocationConstraint`.
    case invalidLocationConstraint = "InvalidLocationConstraint"
    /// `InvalidObjectState`.
    case invalidObjectState = "InvalidObjectState"
    /// `InvalidPart`.
    case invalidPart = "InvalidPart"
    /// `InvalidPartNumber`.
    case invalidPartNumber = "InvalidPartNumber"
    /// `InvalidPartOrder`.
    case invalidPartOrder = "InvalidPartOrder"
    /// `InvalidPolicyDocument`.
    case invalidPolicyDocument = "InvalidPolicyDocument"
    /// `InvalidRange`.
    case invalidRange = "InvalidRange"
    /// `InvalidRequest`.
    case invalidRequest = "InvalidRequest"
    /// `InvalidStorageClass`.
    case invalidStorageClass = "InvalidStorageClass"
    /// `InvalidTag`.
    case invalidTag = "InvalidTag"
    /// `InvalidToken`.
    case invalidToken = "InvalidToken"
    /// `InvalidURI`.
    case invalidURI = "InvalidURI"
    /// `KeyTooLongError`.
    case keyTooLong = "KeyTooLongError"
    /// `KMS.DisabledException`.
    case kmsDisabled = "KMS.DisabledException"
    /// `KMS.KMSInvalidStateException`.
    case kmsInvalidState = "KMS.KMSInvalidStateException"
    /// `KMS.NotFoundException`.
    case kmsNotFound = "KMS.NotFoundException"
    /// `MalformedACLError`.
    case malformedACL = "MalformedACLError"
    /// `MalformedPOSTRequest`.
    case malformedPOSTRequest = "MalformedPOSTRequest"
    /// `MalformedPolicy`.
    case malformedPolicy = "MalformedPolicy"
    /// `MalformedTrailerError`.
    case malformedTrailer = "MalformedTrailerError"
    /// `MalformedXML`.
    case malformedXML = "MalformedXML"
    /// `MaxMessageLengthExceeded`.
    case maxMessageLengthExceeded = "MaxMessageLengthExceeded"
    /// `MaxPostPreDataLengthExceededError`.
    case maxPostPreDataLengthExceeded = "MaxPostPreDataLengthExceededError"
    /// `MetadataTooLarge`.
    case metadataTooLarge = "MetadataTooLarge"
    /// `MethodNotAllowed`.
    case methodNotAllowed = "MethodNotAllowed"
    /// `MissingContentLength`.
    case missingContentLength = "MissingContentLength"
    /// `MissingRequestBodyError`.
    case missingRequestBody = "MissingRequestBodyError"
    /// `MissingSecurityHeader`.
    case missingSecurityHeader = "MissingSecurityHeader"
    /// `NoSuchBucket`.
    case noSuchBucket = "NoSuchBucket"
    /// `NoSuchBucketPolicy`.
    case noSuchBucketPolicy = "NoSuchBucketPolicy"
    /// `NoSuchCORSConfiguration`.
    case noSuchCORSConfiguration = "NoSuchCORSConfiguration"
    /// `NoSuchKey`.
    case noSuchKey = "NoSuchKey"
    /// `NoSuchLifecycleConfiguration`.
    case noSuchLifecycleConfiguration = "NoSuchLifecycleConfiguration"
    /// `NoSuchObjectLockConfiguration`.
    case noSuchObjectLockConfiguration = "NoSuchObjectLockConfiguration"
    /// `NoSuchPublicAccessBlockConfiguration`.
    case noSuchPublicAccessBlockConfiguration = "NoSuchPublicAccessBlockConfiguration"
    /// `NoSuchTagSet`.
    case noSuchTagSet = "NoSuchTagSet"
    /// `NoSuchUpload`.
    case noSuchUpload = "NoSuchUpload"
    /// `NoSuchVersion`.
    case noSuchVersion = "NoSuchVersion"
    /// `NoSuchWebsiteConfiguration`.
    case noSuchWebsiteConfiguration = "NoSuchWebsiteConfiguration"
    /// `NotFound`.
    case notFound = "NotFound"
    /// `NotImplemented`.
    case notImplemented = "NotImplemented"
    /// `ObjectLockConfigurationNotFoundError`.
    case objectLockConfigurationNotFound = "ObjectLockConfigurationNotFoundError"
    /// `OwnershipControlsNotFoundError`.
    case ownershipControlsNotFound = "OwnershipControlsNotFoundError"
    /// `PreconditionFailed`.
    case preconditionFailed = "PreconditionFailed"
    /// `ReadOnlyStorage`: of the dialect alone.
    case readOnlyStorage = "ReadOnlyStorage"
    /// `ReplicationConfigurationNotFoundError`.
    case replicationConfigurationNotFound = "ReplicationConfigurationNotFoundError"
    /// `RequestHeaderSectionTooLarge`.
    case requestHeaderSectionTooLarge = "RequestHeaderSectionTooLarge"
    /// `RequestTimeout`.
    case requestTimeout = "RequestTimeout"
    /// `RequestTimeTooSkewed`.
    case requestTimeTooSkewed = "RequestTimeTooSkewed"
    /// `ServerSideEncryptionConfigurationNotFoundError`.
    case serverSideEncryptionConfigurationNotFound =
        "ServerSideEncryptionConfigurationNotFoundError"
    /// `ServiceUnavailable`.
    case serviceUnavailable = "ServiceUnavailable"
    /// `SignatureDoesNotMatch`.
    case signatureDoesNotMatch = "SignatureDoesNotMatch"
    /// `SlowDown`.
    case slowDown = "SlowDown"
    /// `TooManyBuckets`.
    case tooManyBuckets = "TooManyBuckets"
    /// `UnexpectedContent`.
    case unexpectedContent = "UnexpectedContent"
    /// `UserKeyMustBeSpecified`.
    case userKeyMustBeSpecified = "UserKeyMustBeSpecified"
    /// `XAmzContentSHA256Mismatch`.
    case xAmzContentSHA256Mismatch = "XAmzContentSHA256Mismatch"
}

extension S3ErrorCode {
    /// The HTTP status that goes with the code, 400...599.
    public var status: Int {
        switch self {
        case .accessDenied, .accessForbidden, .invalidAccessKeyID, .invalidObjectState,
            .invalidToken, .requestTimeTooSkewed, .signatureDoesNotMatch:
            403
        case .noSuchBucket, .noSuchBucketPolicy, .noSuchCORSConfiguration, .noSuchKey,
            .noSuchLifecycleConfiguration, .noSuchObjectLockConfiguration,
            .noSuchPublicAccessBlockConfiguration, .noSuchTagSet, .noSuchUpload, .noSuchVersion,
            .noSuchWebsiteConfiguration, .notFound, .objectLockConfigurationNotFound,
            .ownershipControlsNotFound, .replicationConfigurationNotFound,
            .serverSideEncryptionConfigurationNotFound:
            404
        case .methodNotAllowed: 405
        case .bucketAlreadyExists, .bucketAlreadyOwnedByYou, .bucketNotEmpty,
            .conditionalRequestConflict:
            409
        case .missingContentLength: 411
        case .preconditionFailed: 412
        case .invalidPartNumber, .invalidRange: 416
        case .internalError: 500
        case .notImplemented: 501
        case .readOnlyStorage, .serviceUnavailable, .slowDown: 503
        case .insufficientStorage: 507
        default: 400
        }
    }
}
