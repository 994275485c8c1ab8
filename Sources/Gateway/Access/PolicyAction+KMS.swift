import KMS
import Policy

extension PolicyAction {
    /// What must be allowed for an action of the admin API; each has one of the same name.
    init?(_ action: KMSAdminSubject.Action) { self.init(rawValue: "kms:" + action.rawValue) }
}
