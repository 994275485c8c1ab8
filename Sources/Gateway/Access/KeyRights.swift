import Encoding
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

    /// The names by which statements may mean a key; `nil` where they must be asked for.
    func names(of keyID: String, _ ring: KeyRing, now: Timestamp) -> [String]? {
        guard !isUnlimited else { return [] }
        guard let id = try? KeyID(keyID) else { return [keyID] }
        return ring.cachedNames(of: id, now: now)?.map(\.name)
    }

    /// The names by which statements may mean a key, asked for where they aren't in memory.
    ///
    /// - Throws: what the KMS fails with; nothing is allowed then.
    func names(of keyID: String, _ ring: KeyRing) async throws(KMSError) -> [String] {
        guard !isUnlimited else { return [] }
        guard let id = try? KeyID(keyID) else { return [keyID] }
        return try await ring.names(of: id).map(\.name)
    }

    /// Refuses a use that isn't allowed, before anything else of the key is looked at.
    ///
    /// - Parameters:
    ///   - action: what is to be done.
    ///   - names: what `names` gave.
    /// - Throws: `AccessDenied`.
    func require(_ action: PolicyAction, _ names: [String]) throws(S3Error) {
        try access?.require(action, keyID: names.first, aliases: names.dropFirst())
    }
}
