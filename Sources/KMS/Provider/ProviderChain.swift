public import Encoding

/// A provider and, behind it, retired ones that only unwrap what they wrapped before.
///
/// Whose a wrapped key is, its bytes tell as far as they can; where several providers may have
/// wrapped it, they are asked in turn, the one that wraps first.
public final class ProviderChain: KeyProvider {
    /// The provider that wraps, and that the admin API shows and changes.
    public let current: any KeyProvider
    /// Those that wrapped before, the one that went last first.
    public let retired: [any KeyProvider]

    /// A chain of these.
    public init(_ current: any KeyProvider, retired: [any KeyProvider]) {
        self.current = current
        self.retired = retired
    }

    /// The current one's.
    public var kind: KeyProviderKind { current.kind }
    /// The current one's.
    public var summary: [JSONMember] { current.summary }
    /// The current one's.
    public var tokenExpiresInSeconds: Int64? { current.tokenExpiresInSeconds }
    /// The current one.
    public var wrapping: any KeyProvider { current }

    /// Whether any of them has aliases.
    public var hasAliases: Bool { ([current] + retired).contains { $0.hasAliases } }

    /// What any of them calls the key; see `KeyProvider`.
    public func names(of id: KeyID) async throws(KMSError) -> [KeyID] {
        var names = [id]
        for provider in [current] + retired where provider.hasAliases {
            do throws(KMSError) {
                names += try await provider.names(of: id).dropFirst()
            } catch .keyNotFound {
                // It isn't there.
            }
        }
        return names
    }

    /// Makes a key in the current one; see `KeyProvider`.
    public func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        try await current.create(creation)
    }

    /// Tells about a key of the current one; see `KeyProvider`.
    public func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        try await current.describe(id)
    }

    /// Lists keys of the current one; see `KeyProvider`.
    public func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        try await current.list(limit: limit, after: marker)
    }

    /// Changes a key of the current one; see `KeyProvider`.
    public func change(_ id: KeyID, _ change: KeyChange) async throws(KMSError) -> KeyMetadata {
        try await current.change(id, change)
    }

    /// Makes and wraps a data key with the current one; see `KeyProvider`.
    public func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        try await current.generateDataKey(under: id, context: context)
    }

    /// Wraps a data key with the current one; see `KeyProvider`.
    public func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try await current.wrap(dataKey, under: id, context: context)
    }

    /// What a wrapped key says to the current one; see `KeyProvider`.
    public func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin { current.recognize(wrapped) }

    /// Unwraps a data key with whichever provider wrapped it; see `KeyProvider`.
    public func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        let able = ([current] + retired).filter { $0.recognize(wrapped) != .foreign }
        guard !able.isEmpty else { throw .ciphertextInvalid }
        var failure: KMSError?
        for provider in able {
            do throws(KMSError) {
                return try await provider.decrypt(wrapped, under: id, context: context)
            } catch {
                // The error that isn't "not mine" says more; else that of the current provider.
                if failure?.isOfAnotherProvider ?? true,
                    failure == nil || !error.isOfAnotherProvider
                {
                    failure = error
                }
            }
        }
        throw failure ?? .ciphertextInvalid
    }

    /// Has the current one wrap what it, or a retired one, wrapped; see `KeyProvider`.
    public func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        if current.recognize(wrapped) != .foreign {
            do throws(KMSError) {
                return try await current.rewrap(wrapped, under: id, context: context)
            } catch {
                guard error.isOfAnotherProvider, !retired.isEmpty else { throw error }
            }
        }
        let dataKey = try await decrypt(wrapped, under: id, context: context)
        return try await current.wrap(dataKey, under: id, context: context)
    }
}

extension KMSError {
    /// Whether it may mean that another provider wrapped the key.
    fileprivate var isOfAnotherProvider: Bool {
        switch self {
        case .ciphertextInvalid, .keyNotFound: true
        default: false
        }
    }
}
