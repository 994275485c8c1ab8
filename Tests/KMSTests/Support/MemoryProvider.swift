import Crypto
import Encoding
import Synchronization

@testable import KMS

/// A KMS in memory that fails, counts and waits to order.
final class MemoryProvider: KeyProvider {
    private struct State {
        var keys: [KeyID: LocalKey] = [:]
        var failures: [KMSError] = []
        var isDown = false
        var callCount = 0
        var inFlight = 0
        var inFlightMax = 0
        var isHeld = false
        var held: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())
    private let clock: ManualClock

    init(clock: ManualClock) { self.clock = clock }

    /// Calls so far, `describe` not among them.
    var callCount: Int { state.withLock { $0.callCount } }
    var inFlightMax: Int { state.withLock { $0.inFlightMax } }
    var heldCount: Int { state.withLock { $0.held.count } }

    /// The next calls fail so, one each.
    func fail(_ errors: KMSError...) { state.withLock { $0.failures += errors } }

    /// Whether every call fails.
    var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set { state.withLock { $0.isDown = newValue } }
    }

    /// Calls wait from now on, until they are released or cancelled.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let held = state.withLock { state in
            defer { state.held = [:] }
            state.isHeld = false
            return state.held.values
        }
        for continuation in held { continuation.resume() }
    }

    var kind: KeyProviderKind { .local }
    var summary: [JSONMember] { [] }

    func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        guard let id = creation.id else { throw .notSupported }
        let blank = KeyMetadata(id: id, description: creation.description, created: clock.now)
        let key = try LocalKey(blank).changed(.tag(creation.tags), now: clock.now)
        let isNew = state.withLock { state in
            guard state.keys[id] == nil else { return false }
            state.keys[id] = key
            return true
        }
        guard isNew else { throw .conflict(id) }
        return key.metadata
    }

    func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        guard !isDown else { throw .unreachable("down") }
        return try key(id).metadata
    }

    func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        let keys = state.withLock { $0.keys.values.map(\.metadata) }.sorted { $0.id < $1.id }
        let rest = keys.filter { key in marker.map { key.id > $0 } ?? true }
        let page = Array(rest.prefix(limit))
        return KeyPage(keys: page, nextMarker: rest.count > limit ? page.last?.id : nil)
    }

    func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        try await call()
        let key = try key(id)
        try key.metadata.requireUsable()
        do throws(CryptoError) {
            let dataKey = DataKey(try SecretBytes.random(count: 32))
            let wrapped = try wrap(dataKey, key, context)
            return GeneratedDataKey(
                key: dataKey,
                wrapped: wrapped,
                keyVersion: key.metadata.currentVersion
            )
        } catch {
            throw .cryptographyFailed
        }
    }

    func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        try await call()
        let key = try key(id)
        try key.metadata.requireUsable()
        guard let version = key.key(try LocalWrap.version(of: wrapped)) else {
            throw .ciphertextInvalid
        }
        return try LocalWrap.unwrap(wrapped, under: version, context: context)
    }

    func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        let dataKey = try await decrypt(wrapped, under: id, context: context)
        let key = try key(id)
        return try rewrapped(dataKey, key, context)
    }

    func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try await call()
        let key = try key(id)
        try key.metadata.requireUsable()
        return try rewrapped(dataKey, key, context)
    }

    func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin { LocalWrap.recognize(wrapped) }

    func change(_ id: KeyID, _ change: KeyChange) async throws(KMSError) -> KeyMetadata {
        let key = try key(id).changed(change, now: clock.now)
        state.withLock { $0.keys[id] = key }
        return key.metadata
    }

    private func rewrapped(
        _ dataKey: DataKey,
        _ key: LocalKey,
        _ context: EncryptionContext
    ) throws(KMSError) -> RewrappedDataKey {
        do throws(CryptoError) {
            return RewrappedDataKey(
                wrapped: try wrap(dataKey, key, context),
                keyVersion: key.metadata.currentVersion
            )
        } catch {
            throw .cryptographyFailed
        }
    }

    private func wrap(
        _ dataKey: DataKey,
        _ key: LocalKey,
        _ context: EncryptionContext
    ) throws(CryptoError) -> [UInt8] {
        let version = key.metadata.currentVersion
        guard let versionKey = key.key(version) else { throw .libraryFailure }
        do throws(KMSError) {
            return try LocalWrap.wrap(
                dataKey,
                under: versionKey,
                version: version,
                context: context
            )
        } catch {
            throw .libraryFailure
        }
    }

    private func key(_ id: KeyID) throws(KMSError) -> LocalKey {
        guard let key = state.withLock({ $0.keys[id] }) else { throw .keyNotFound(id) }
        return key
    }

    private func call() async throws(KMSError) {
        let (ticket, failure, isHeld) = state.withLock { state in
            state.callCount += 1
            state.inFlight += 1
            state.inFlightMax = max(state.inFlightMax, state.inFlight)
            let failure =
                state.isDown
                ? KMSError.unreachable("down")
                : state.failures.isEmpty ? nil : state.failures.removeFirst()
            return (state.callCount, failure, state.isHeld)
        }
        defer { state.withLock { $0.inFlight -= 1 } }
        if isHeld { await wait(ticket) }
        if let failure { throw failure }
        guard !Task.isCancelled else { throw .cancelled }
    }

    private func wait(_ ticket: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.isHeld, !Task.isCancelled else { return true }
                    state.held[ticket] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.held.removeValue(forKey: ticket) }?.resume()
        }
    }
}
