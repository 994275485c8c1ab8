public import Encoding

/// How an audited operation ended.
public enum AuditOutcome: String, Sendable {
    /// Refused, by authentication, policy or the KMS.
    case denied
    /// Allowed, and failed.
    case failure
    /// Done.
    case success
}

/// A use of a KMS key, as the audit stream tells it.
public struct AuditKeyUse: Equatable, Sendable {
    /// What the key did.
    public enum Kind: String, Sendable {
        /// It made and wrapped a data key or bucket key.
        case generate
        /// It opened one that was wrapped.
        case unwrap
        /// It sealed an object's key, through a bucket key that was made before.
        case wrap
    }

    /// What the key did.
    public var kind: Kind
    /// The key's name.
    public var keyID: String
    /// The version that wrapped what was used; `nil` where the KMS doesn't tell.
    public var keyVersion: UInt32?
    /// Whether it was served from memory, without a call to the KMS.
    public var isFromCache: Bool

    /// A use from its parts.
    public init(_ kind: Kind, keyID: String, keyVersion: UInt32?, isFromCache: Bool) {
        self.kind = kind
        self.keyID = keyID
        self.keyVersion = keyVersion
        self.isFromCache = isFromCache
    }
}

/// One event of the audit stream; fields that don't apply are left out.
///
/// It has no field for a key, a secret or a body.
public struct AuditRecord: Sendable {
    /// When the operation ended.
    public var time: Timestamp
    /// The request's id, as the client was told.
    public var requestID: String
    /// Who asked: the credential's id; `nil` where nobody was authenticated.
    public var principal: String?
    /// What was asked, as `s3:PutObject` or `kms:CreateKey`.
    public var operation: String
    /// The bucket.
    public var bucket: String?
    /// The object's key.
    public var object: String?
    /// The id of the KMS key that was asked for, where none was used.
    public var keyID: String?
    /// The use of a KMS key.
    public var keyUse: AuditKeyUse?
    /// How it ended.
    public var outcome: AuditOutcome
    /// The error code of what didn't succeed.
    public var errorCode: String?
    /// Why, in words for the operator.
    public var reason: String?
    /// The id of the sealed object that was at stake, hexadecimal.
    public var objectID: String?
    /// The HTTP status of the answer.
    public var status: Int?
    /// The client's address without port.
    public var sourceAddress: String

    /// A record; what doesn't apply is set afterwards or left out.
    public init(
        time: Timestamp,
        requestID: String,
        principal: String?,
        operation: String,
        outcome: AuditOutcome,
        sourceAddress: String
    ) {
        self.time = time
        self.requestID = requestID
        self.principal = principal
        self.operation = operation
        self.outcome = outcome
        self.sourceAddress = sourceAddress
    }

    /// The record as a JSON object on a line.
    func line() -> [UInt8] {
        var line = JSONLine()
        line.add("time", time.iso8601)
        line.add("request_id", requestID)
        line.add("principal", principal)
        line.add("operation", operation)
        line.add("bucket", bucket)
        line.add("object", object)
        line.add("key_id", keyUse?.keyID ?? keyID)
        line.add("key_version", keyUse?.keyVersion.map { Int($0) })
        line.add("key_use", keyUse?.kind.rawValue)
        if keyUse?.isFromCache == true { line.add("key_from", "cache") }
        if keyUse?.isFromCache == false { line.add("key_from", "kms") }
        line.add("outcome", outcome.rawValue)
        line.add("error_code", errorCode)
        line.add("reason", reason)
        line.add("object_id", objectID)
        line.add("status", status)
        line.add("source_address", sourceAddress)
        return line.finish()
    }
}
