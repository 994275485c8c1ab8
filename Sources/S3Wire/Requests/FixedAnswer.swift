/// What operations answer that Sealgate doesn't offer but that clients ask to find that out.
public enum FixedAnswer: Equatable, Sendable {
    /// 200 with this document.
    case document([UInt8])
    /// An error.
    case error(S3Error)
    /// A status without a body.
    case status(Int)

    /// The answer once the bucket, and the key where there is one, is known to exist.
    ///
    /// - Returns: `nil` for operations that have no fixed answer.
    public static func of(_ operation: S3Operation) -> FixedAnswer? {
        switch operation {
        case .getBucketAccelerateConfiguration: .document(empty("AccelerateConfiguration"))
        case .getBucketLogging: .document(empty("BucketLoggingStatus"))
        case .getBucketNotificationConfiguration: .document(empty("NotificationConfiguration"))
        case .getBucketVersioning: .document(empty("VersioningConfiguration"))
        case .getBucketRequestPayment:
            .document(nested("RequestPaymentConfiguration") { $0.element("Payer", "BucketOwner") })
        case .getBucketLifecycleConfiguration: .error(S3Error(.noSuchLifecycleConfiguration))
        case .getBucketOwnershipControls: .error(S3Error(.ownershipControlsNotFound))
        case .getBucketReplication: .error(S3Error(.replicationConfigurationNotFound))
        case .getBucketTagging: .error(S3Error(.noSuchTagSet))
        case .getBucketWebsite: .error(S3Error(.noSuchWebsiteConfiguration))
        case .getObjectLockConfiguration: .error(S3Error(.objectLockConfigurationNotFound))
        case .getObjectLegalHold, .getObjectRetention:
            .error(S3Error(.invalidRequest, "Bucket is missing Object Lock Configuration"))
        case .getPublicAccessBlock: .error(S3Error(.noSuchPublicAccessBlockConfiguration))
        case .deleteBucketLifecycle, .deleteBucketOwnershipControls, .deleteBucketReplication,
            .deleteBucketTagging, .deleteBucketWebsite, .deletePublicAccessBlock:
            .status(204)
        default: nil
        }
    }

    private static func empty(_ root: String) -> [UInt8] { nested(root) { _ in } }

    private static func nested(_ root: String, _ body: (inout XMLWriter) -> Void) -> [UInt8] {
        var writer = XMLWriter(capacity: 256)
        writer.openRoot(root)
        body(&writer)
        writer.close(root)
        return writer.bytes
    }
}
