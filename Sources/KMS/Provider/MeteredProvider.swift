public import Encoding

/// A call to a provider, as metrics tell it.
public struct ProviderCall: Sendable {
    /// What was asked.
    public enum Operation: String, CaseIterable, Sendable {
        /// A key was changed.
        case change
        /// A key was made.
        case create
        /// A data key was unwrapped.
        case decrypt
        /// A key was described.
        case describe
        /// A data key was made and wrapped.
        case generateDataKey = "generate_data_key"
        /// Keys were listed.
        case list
        /// A wrapped data key was wrapped anew.
        case rewrap
        /// A data key was wrapped.
        case wrap
    }

    /// How it ended.
    public enum Outcome: String, CaseIterable, Sendable {
        /// The provider failed.
        case failure
        /// It wasn't made: no answers came just before.
        case leftAlone = "left_alone"
        /// No answer came, in time or at all.
        case noAnswer = "no_answer"
        /// The provider said no: the right, the key or what was wrapped isn't there.
        case refused
        /// The provider is sealed.
        case sealed
        /// It was done.
        case success

        init(_ error: KMSError) {
            self =
                switch error {
                case .accessDenied, .ciphertextInvalid, .conflict, .contextInvalid, .invalidKeyID,
                    .keyDisabled, .keyNotFound, .keyPendingDeletion, .limitExceeded, .notSupported:
                    .refused
                case .sealed: .sealed
                case .leftAlone: .leftAlone
                // A call that is cancelled mostly outlived its deadline.
                case .cancelled, .timedOut, .unreachable: .noAnswer
                default: .failure
                }
        }
    }

    /// The kind of provider.
    public var kind: KeyProviderKind
    /// What was asked.
    public var operation: Operation
    /// How it ended.
    public var outcome: Outcome
    /// How long it took.
    public var duration: Duration
}

/// A provider whose every call is told to somebody, and isn't made while its circuit is open.
public struct MeteredProvider: KeyProvider {
    private let inner: any KeyProvider
    private let circuit: ProviderCircuit?
    private let tell: @Sendable (ProviderCall) -> Void

    /// A provider around another.
    ///
    /// - Parameters:
    ///   - inner: what does the work.
    ///   - circuit: what lets calls be made; `nil` lets all.
    ///   - tell: told of each call when it ended.
    public init(
        _ inner: any KeyProvider,
        circuit: ProviderCircuit?,
        tell: @escaping @Sendable (ProviderCall) -> Void
    ) {
        self.inner = inner
        self.circuit = circuit
        self.tell = tell
    }

    /// The inner one's.
    public var kind: KeyProviderKind { inner.kind }
    /// The inner one's.
    public var summary: [JSONMember] { inner.summary }
    /// The inner one's.
    public var tokenExpiresInSeconds: Int64? { inner.tokenExpiresInSeconds }

    /// The inner one's.
    public var hasAliases: Bool { inner.hasAliases }

    /// See `KeyProvider`.
    public func names(of id: KeyID) async throws(KMSError) -> [KeyID] {
        guard inner.hasAliases else { return [id] }
        return try await told(.describe) { (inner) async throws(KMSError) in
            try await inner.names(of: id)
        }
    }

    /// Has the inner one let go of connections; see `KeyProvider`.
    public func retire() { inner.retire() }

    /// What a wrapped key says to the inner one; see `KeyProvider`.
    public func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin { inner.recognize(wrapped) }

    /// See `KeyProvider`.
    public func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        try await told(.create) { (inner) async throws(KMSError) in try await inner.create(creation)
        }
    }

    /// See `KeyProvider`.
    public func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        try await told(.describe) { (inner) async throws(KMSError) in try await inner.describe(id) }
    }

    /// See `KeyProvider`.
    public func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        try await told(.list) { (inner) async throws(KMSError) in
            try await inner.list(limit: limit, after: marker)
        }
    }

    /// See `KeyProvider`.
    public func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        try await told(.generateDataKey) { (inner) async throws(KMSError) in
            try await inner.generateDataKey(under: id, context: context)
        }
    }

    /// See `KeyProvider`.
    public func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try await told(.wrap) { (inner) async throws(KMSError) in
            try await inner.wrap(dataKey, under: id, context: context)
        }
    }

    /// See `KeyProvider`.
    public func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        try await told(.decrypt) { (inner) async throws(KMSError) in
            try await inner.decrypt(wrapped, under: id, context: context)
        }
    }

    /// See `KeyProvider`.
    public func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try await told(.rewrap) { (inner) async throws(KMSError) in
            try await inner.rewrap(wrapped, under: id, context: context)
        }
    }

    /// See `KeyProvider`.
    public func change(_ id: KeyID, _ change: KeyChange) async throws(KMSError) -> KeyMetadata {
        try await told(.change) { (inner) async throws(KMSError) in
            try await inner.change(id, change)
        }
    }

    private func told<Value: Sendable>(
        _ operation: ProviderCall.Operation,
        _ call: (any KeyProvider) async throws(KMSError) -> Value
    ) async throws(KMSError) -> Value {
        let began = ContinuousClock.now
        func ended(_ error: KMSError?, wasMade: Bool = true) {
            let duration = ContinuousClock.now - began
            if wasMade { circuit?.ended(error, after: duration) }
            tell(
                ProviderCall(
                    kind: inner.kind,
                    operation: operation,
                    outcome: error.map { ProviderCall.Outcome($0) } ?? .success,
                    duration: duration
                )
            )
        }
        do throws(KMSError) { try circuit?.begin() } catch {
            ended(error, wasMade: false)
            throw error
        }
        do throws(KMSError) {
            let value = try await call(inner)
            ended(nil)
            return value
        } catch {
            ended(error)
            throw error
        }
    }
}
