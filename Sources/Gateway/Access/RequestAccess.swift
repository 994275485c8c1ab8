import Encoding
import HTTPWire
import Policy
import S3Wire
import Transport

/// What a request's sender may do, by the policies of the sender and of a bucket.
struct RequestAccess: Sendable {
    /// Nothing: before policies were looked up.
    static let none = RequestAccess(sender: .anonymous, principal: nil, policy: nil, context: [:])

    private let sender: PolicySender
    private let principal: String?
    private let policy: PolicyDocument?
    private let context: [PolicyKey: String]

    private init(
        sender: PolicySender,
        principal: String?,
        policy: PolicyDocument?,
        context: [PolicyKey: String]
    ) {
        self.sender = sender
        self.principal = principal
        self.policy = policy
        self.context = context
    }

    /// What a credential may do with keys by the admin API.
    init(_ sender: Authenticator.Sender, _ peer: PeerInfo, now: Timestamp) {
        let credential = sender.credential
        self.sender = credential.policy.map { .limited($0) } ?? .full
        principal = credential.id
        policy = nil
        context = credential.policy == nil ? [:] : PolicyContext.of(sender, peer, now: now)
    }

    /// What the sender of a request may do in its bucket.
    ///
    /// - Throws: `InternalError` where the bucket's policy can't be read: nothing is allowed then.
    init(_ scope: RequestScope) throws(S3Error) {
        let credential = scope.sender?.credential
        if let credential {
            sender = credential.policy.map { .limited($0) } ?? .full
        } else {
            sender = .anonymous
        }
        principal = credential?.id
        policy = Self.mends(scope, sender) ? nil : try scope.settings.policy()?.document
        context = Self.isFree(sender, policy) ? [:] : PolicyContext.of(scope)
    }

    /// The same sender in another bucket.
    func of(_ policy: PolicyDocument?, _ scope: RequestScope) -> RequestAccess {
        let needsContext = context.isEmpty && !Self.isFree(sender, policy)
        return RequestAccess(
            sender: sender,
            principal: principal,
            policy: policy,
            context: needsContext ? PolicyContext.of(scope) : context
        )
    }

    /// Refuses a request that may not be made, as far as its head says what it does.
    ///
    /// - Throws: `AccessDenied`.
    func require(_ scope: RequestScope) throws(S3Error) {
        guard !Self.isFree(sender, policy) else { return }
        guard let target = scope.target, let operation = scope.operation else {
            throw S3Error(.accessDenied)
        }
        switch operation.policyActions(target.query, scope.head.fields) {
        case .later:
            // Its body names the objects; who could do nothing to any isn't heard.
            if case .anonymous = sender, policy == nil { throw S3Error(.accessDenied) }
        case .unknown:
            guard case .full = sender else { throw S3Error(.accessDenied) }
        case .all(let actions):
            for action in actions {
                try require(action, bucket: target.bucket, key: target.key)
            }
        }
    }

    /// Refuses what may not be done.
    ///
    /// - Throws: `AccessDenied`.
    func require(_ action: PolicyAction, bucket: String?, key: String?) throws(S3Error) {
        guard !Self.isFree(sender, policy) else { return }
        let request = PolicyRequest(
            principal: principal,
            action: action,
            resource: PolicyRequest.resource(bucket: bucket, key: key),
            context: context
        )
        guard sender.permits(request, bucketPolicy: policy) else { throw S3Error(.accessDenied) }
    }

    /// Whether the sender may use every key: no policy of its own says otherwise.
    var isUnlimited: Bool { if case .full = sender { true } else { false } }

    /// Refuses the use of a KMS key that the sender's own policy doesn't allow; a bucket's has no
    /// word in it.
    ///
    /// - Parameters:
    ///   - action: what is to be done.
    ///   - keyID: the key; `nil` for all.
    ///   - aliases: other names of the key.
    /// - Throws: `AccessDenied`.
    func require(
        _ action: PolicyAction,
        keyID: String?,
        aliases: some Collection<String> = []
    ) throws(S3Error) {
        guard !isUnlimited else { return }
        let request = PolicyRequest(
            principal: principal,
            action: action,
            resource: PolicyRequest.resource(keyID: keyID),
            aliases: aliases.map { PolicyRequest.resource(keyID: $0) },
            context: context
        )
        guard sender.permits(request, bucketPolicy: nil) else {
            throw S3Error(
                .accessDenied,
                "The credential has no right \(action.name) on the KMS key that is asked for."
            )
        }
    }

    /// Whether nothing is to be asked: the sender may do all, and no policy can deny it.
    private static func isFree(_ sender: PolicySender, _ policy: PolicyDocument?) -> Bool {
        if case .full = sender { policy == nil } else { false }
    }

    /// Whether a bucket's policy is read, replaced or deleted by who may do everything: so that no
    /// policy, and none that can't be read, shuts everybody out for good.
    private static func mends(_ scope: RequestScope, _ sender: PolicySender) -> Bool {
        guard case .full = sender else { return false }
        switch scope.operation {
        case .deleteBucketPolicy, .getBucketPolicy, .putBucketPolicy: return true
        default: return false
        }
    }
}
