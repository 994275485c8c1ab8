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

    /// Begins a rewrap job.
    ///
    /// - Throws: 400 for what isn't known, 409 while another runs.
    func beginRewrap(_ members: [JSONMember]) async throws(KMSAdminError) -> JSONValue

    /// How far a job is.
    ///
    /// - Throws: 404.
    func rewrap(_ job: String) async throws(KMSAdminError) -> JSONValue

    /// What depends on which key.
    ///
    /// - Throws: where it can't be counted at all.
    func usage() async throws(KMSAdminError) -> JSONValue

    /// What depends on one key.
    ///
    /// - Throws: where it can't be counted at all.
    func dependants(on id: KeyID) async throws(KMSAdminError) -> KeyDependants

    /// Records that a key's deletion was forced, and what can't be read then.
    func recordShredding(_ id: KeyID, _ dependants: KeyDependants?) async
}

/// What depends on a key.
public struct KeyDependants: Sendable {
    /// The counts.
    public var members: [JSONMember]
    /// Whether it is proven that nothing does.
    public var isFree: Bool
    /// The counts in words.
    public var text: String

    /// From its parts.
    public init(members: [JSONMember], isFree: Bool, text: String) {
        self.members = members
        self.isFree = isFree
        self.text = text
    }
}
