/// What is asked for, by whom and how: what policies are held against.
public struct PolicyRequest: Sendable {
    /// The sender's id; `nil` for an anonymous request.
    public var principal: String?
    /// What is to be done.
    public var action: PolicyAction
    /// What it is done to: `arn:aws:s3:::BUCKET`, `arn:aws:s3:::BUCKET/KEY`,
    /// `arn:aws:kms:::key/ID`, or `*`.
    public var resource: String
    /// Other names of the same: a statement is about it by any of them.
    public var aliases: [String]
    /// The values that conditions look at; absent where the request has none.
    public var context: [PolicyKey: String]

    /// A request from its parts.
    public init(
        principal: String?,
        action: PolicyAction,
        resource: String,
        aliases: [String] = [],
        context: [PolicyKey: String]
    ) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.aliases = aliases
        self.context = context
    }

    /// What a KMS key is called in policies; `*` in its place where a request names none.
    ///
    /// A name of AWS' own, `arn:aws:kms:REGION:ACCOUNT:key/ID`, stands for the key it names.
    public static func resource(keyID: String?) -> String {
        guard let keyID else { return PolicyDocument.keyPrefix + "*" }
        let parts = keyID.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[5].hasPrefix("key/") else {
            return PolicyDocument.keyPrefix + keyID
        }
        return PolicyDocument.keyPrefix + parts[5].dropFirst(4)
    }

    /// What a resource of S3 is called in policies.
    public static func resource(bucket: String?, key: String?) -> String {
        guard let bucket else { return "*" }
        guard let key else { return PolicyDocument.resourcePrefix + bucket }
        return "\(PolicyDocument.resourcePrefix)\(bucket)/\(key)"
    }
}

/// Whose request it is, as far as that decides what needs a policy's leave.
public enum PolicySender: Sendable {
    /// Nobody's: a bucket's policy must allow it.
    case anonymous
    /// A credential's with a policy of its own: that or the bucket's must allow it.
    case limited(PolicyDocument)
    /// A credential's without a policy: all is allowed that isn't denied.
    case full

    /// Whether a request may go on: what any policy denies may not, whatever another allows.
    public func permits(_ request: PolicyRequest, bucketPolicy: PolicyDocument?) -> Bool {
        let ofBucket = bucketPolicy?.effect(on: request)
        guard ofBucket != .deny else { return false }
        switch self {
        case .anonymous: return ofBucket == .allow
        case .limited(let own):
            let ofSender = own.effect(on: request)
            return ofSender != .deny && (ofSender == .allow || ofBucket == .allow)
        case .full: return true
        }
    }
}
