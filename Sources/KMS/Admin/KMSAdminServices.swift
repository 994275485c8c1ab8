public import Encoding

/// What of the admin API needs more than the ring: the settings, and the store's objects.
public protocol KMSAdminServices: Sendable {
    /// Takes a configuration: the members present change, the others stay.
    ///
    /// - Parameters:
    ///   - members: the request's document.
    ///   - proving: whether the KMS must wrap and unwrap under it first.
    /// - Returns: members of the answer that say what came of it; never a secret.
    /// - Throws: why the old configuration stays.
    func configure(
        _ members: [JSONMember],
        proving: Bool
    ) async throws(KMSAdminError) -> [JSONMember]

    /// What `GET /kms/config` says of where the configuration comes from; never a secret.
    func configuration() async -> [JSONMember]

    /// The providers that only unwrap any longer, for status answers.
    func retired() async -> [JSONValue]
}
