import KMS
import Policy
import S3Wire

/// Which KMS keys the sender of a request may use.
struct KeyRights: Sendable {
    /// Every key: a credential without a policy, and tools that work for the operator.
    static let all = KeyRights(access: nil)

    private let access: RequestAccess?

    /// The rights of a request's sender.
    init(_ access: RequestAccess) { self.access = access.isUnlimited ? nil : access }

    private init(access: RequestAccess?) { self.access = access }

    /// Whether no key needs to be named to be allowed.
    var isUnlimited: Bool { access == nil }

    /// Refuses a use that isn't allowed, before anything of the key is looked at.
    ///
    /// - Throws: `AccessDenied`.
    func require(_ action: PolicyAction, _ keyID: String) throws(S3Error) {
        try access?.require(action, keyID: keyID)
    }

    /// Refuses a write that may not use the key it would; SSE-S3 and SSE-C need no right.
    ///
    /// - Throws: `AccessDenied`.
    func require(_ requested: RequestedEncryption) throws(S3Error) {
        if case .kms(let keyID, _, _) = requested { try require(.generateDataKey, keyID.name) }
    }
}
