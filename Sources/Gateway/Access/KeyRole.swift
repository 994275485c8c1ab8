import Policy

/// A ready set of rights on KMS keys, for credentials.
enum KeyRole: String, CaseIterable {
    /// Looks at keys and the service, and does nothing.
    case auditor
    /// Makes keys and rules their lives; can't use them.
    case keyAdministrator = "key-administrator"
    /// Uses keys; can't change them.
    case keyUser = "key-user"

    private static let looks: [PolicyAction] = [.describeKey, .getStatus, .getUsage, .listKeys]

    /// What the role allows, on every key.
    var actions: [PolicyAction] {
        switch self {
        case .auditor: Self.looks
        case .keyAdministrator:
            Self.looks + [
                .cancelKeyDeletion, .configureService, .createKey, .disableKey, .enableKey,
                .rewrapKeys, .rotateKey, .scheduleKeyDeletion, .tagResource, .untagResource,
                .updateKeyDescription,
            ]
        case .keyUser: [.decrypt, .describeKey, .generateDataKey]
        }
    }

    /// The role as a policy.
    var policy: PolicyDocument { PolicyDocument(allowing: Set(actions)) }
}
