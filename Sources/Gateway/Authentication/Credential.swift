import Crypto
import Policy

/// An access key and who holds it; the secret can't be printed.
final class Credential: Sendable {
    /// The owner's id, as S3's XML reports owners.
    let id: String
    /// The owner's name for people.
    let displayName: String
    /// The access key id that requests name.
    let accessKeyID: String
    /// Whether it may use the admin API.
    let isAdmin: Bool
    /// What it may do; `nil` for everything that no bucket's policy denies.
    let policy: PolicyDocument?
    /// The secret access key.
    let secret: SecretBytes

    init(
        id: String,
        displayName: String,
        accessKeyID: String,
        isAdmin: Bool,
        policy: PolicyDocument? = nil,
        secret: consuming SecretBytes
    ) {
        self.id = id
        self.displayName = displayName
        self.accessKeyID = accessKeyID
        self.isAdmin = isAdmin
        self.policy = policy
        self.secret = secret
    }
}
