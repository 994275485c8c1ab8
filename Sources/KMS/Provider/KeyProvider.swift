public import Encoding

/// Which kind of KMS keeps the keys.
public enum KeyProviderKind: String, Sendable {
    /// Files on this machine.
    case local
    /// HashiCorp Vault or OpenBao, the transit engine.
    case vault
    /// AWS KMS or a service that speaks its protocol.
    case aws
}

/// A KMS: it keeps the root keys, which never leave it, and wraps data keys under them.
///
/// Every method returns soon after its task is cancelled (deadlines end calls that way), tries once
/// and leaves trying again to the caller. Besides what each names, every method may throw
/// `.accessDenied`, `.unreachable`, `.timedOut`, `.sealed`, `.cancelled` and `.cryptographyFailed`.
/// A provider checks the right of its own credential, not that of an S3 client.
public protocol KeyProvider: Sendable {
    /// The kind, for status answers.
    var kind: KeyProviderKind { get }

    /// What status answers show of the settings; never a secret.
    var summary: [JSONMember] { get }

    /// How long the provider's own token lives, in seconds; `nil` where it has none that ends.
    var tokenExpiresInSeconds: Int64? { get }

    /// Whether a key may have several names, all of which count where rights are asked for.
    var hasAliases: Bool { get }

    /// All names of a key, the given one first.
    ///
    /// - Throws: `.keyNotFound`, `.invalidKeyID` for a name that can't be told.
    func names(of id: KeyID) async throws(KMSError) -> [KeyID]

    /// Lets go of connections that no call uses; later calls make their own and close them.
    ///
    /// For a provider that another took the place of.
    func retire()

    /// Makes a key.
    ///
    /// - Throws: `.conflict` if and only if a key of that name exists, `.invalidKeyID`,
    ///   `.limitExceeded`, `.stateUnsafe` where it can't be stored.
    func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata

    /// Tells about a key, in whatever state it is.
    ///
    /// - Throws: `.keyNotFound`, `.keyUnreadable`.
    func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata

    /// Lists keys in the order of their names.
    ///
    /// - Parameters:
    ///   - limit: how many at most, 1...1,000.
    ///   - marker: the name behind which the page begins; it needn't exist.
    /// - Returns: the page; keys that can't be read are named in it, never left out silently.
    /// - Throws: nothing of its own.
    func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage

    /// Makes a random 256-bit data key and wraps it under the key's current version.
    ///
    /// - Parameters:
    ///   - id: the KMS key.
    ///   - context: bound to the wrapped key; the same is needed to unwrap it.
    /// - Returns: the data key, in the clear and wrapped.
    /// - Throws: `.keyNotFound`, `.keyDisabled`, `.keyPendingDeletion`, `.keyUnreadable`.
    func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey

    /// Unwraps a data key, whichever version of the KMS key wrapped it.
    ///
    /// - Parameters:
    ///   - wrapped: what `generateDataKey` or `rewrap` gave.
    ///   - id: the KMS key.
    ///   - context: the context it was wrapped with.
    /// - Returns: the data key, 32 bytes.
    /// - Throws: `.ciphertextInvalid` (bytes, key or context differ), `.keyNotFound`,
    ///   `.keyDisabled`, `.keyPendingDeletion`, `.keyUnreadable`.
    func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey

    /// Wraps a data key that is there already, as one that another provider wrapped before.
    ///
    /// - Parameters:
    ///   - dataKey: the data key, 32 bytes.
    ///   - id: the KMS key.
    ///   - context: bound to the wrapped key; the same is needed to unwrap it.
    /// - Returns: the wrapped key and the version that wraps it.
    /// - Throws: as `generateDataKey`.
    func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey

    /// What a wrapped data key says of itself; no call, and no proof.
    func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin

    /// The provider that wraps: itself, or the one in front of retired ones.
    var wrapping: any KeyProvider { get }

    /// Wraps a wrapped data key anew, under the current version, without showing it.
    ///
    /// - Parameters:
    ///   - wrapped: what `generateDataKey` or `rewrap` gave.
    ///   - id: the KMS key.
    ///   - context: the context it was wrapped with, and will be.
    /// - Returns: the newly wrapped key and the version that wraps it.
    /// - Throws: as `decrypt`, `.notSupported`.
    func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey

    /// Changes a key and tells about it as it is then.
    ///
    /// - Throws: `.keyNotFound`, `.keyUnreadable`, `.keyPendingDeletion` (all but cancelling the
    ///   deletion, labels and description), `.limitExceeded`, `.notSupported`, `.stateUnsafe`.
    func change(_ id: KeyID, _ change: KeyChange) async throws(KMSError) -> KeyMetadata
}

extension KeyProvider {
    /// None.
    public var tokenExpiresInSeconds: Int64? { nil }

    /// None.
    public var hasAliases: Bool { false }

    /// The given one.
    public func names(of id: KeyID) async throws(KMSError) -> [KeyID] { [id] }

    /// Nothing.
    public func retire() {}

    /// Itself.
    public var wrapping: any KeyProvider { self }
}

/// What the bytes of a wrapped data key tell a provider.
public enum WrappedKeyOrigin: Equatable, Sendable {
    /// No provider of this kind wrapped it.
    case foreign
    /// A provider of this kind wrapped it; bytes don't tell under which version.
    case ownKind
    /// A provider of this kind wrapped it, under this version.
    case version(UInt32)
}

/// A data key that was wrapped anew.
public struct RewrappedDataKey: Equatable, Sendable {
    /// The wrapped key, opaque.
    public var wrapped: [UInt8]
    /// The version of the KMS key that wraps it.
    public var keyVersion: UInt32

    /// A wrapped key from its parts.
    public init(wrapped: [UInt8], keyVersion: UInt32) {
        self.wrapped = wrapped
        self.keyVersion = keyVersion
    }
}
