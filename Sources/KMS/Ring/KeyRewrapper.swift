public import Encoding
internal import Synchronization

/// What a record of a bucket key or an attribute key says without a key.
public struct KeyRecordFacts: Equatable, Sendable {
    /// The name it is stored under.
    public var name: String
    /// Its id.
    public var id: RecordID
    /// The bucket of a bucket key; `nil` for an attribute key.
    public var bucket: String?
    /// The KMS key that wraps it.
    public var keyID: KeyID
    /// The version that wraps it.
    public var keyVersion: UInt32
    /// When it was made.
    public var created: Timestamp
    /// The wrapped key.
    public var wrapped: [UInt8]

    /// Reads a record that stands under `name`.
    ///
    /// - Throws: `.recordInvalid`.
    public init(_ name: String, _ bytes: [UInt8]) throws(KMSError) {
        do throws(KeyRecordError) {
            if name.hasPrefix(AttributeKeyRecord.prefix) {
                let record = try AttributeKeyRecord(decoding: bytes)
                (id, bucket, keyID) = (record.id, nil, record.keyID)
                (keyVersion, created) = (record.keyVersion, record.created)
                (wrapped, self.name) = (record.wrapped, record.name)
            } else {
                let record = try BucketKeyRecord(decoding: bytes)
                (id, bucket, keyID) = (record.id, record.bucket, record.keyID)
                (keyVersion, created) = (record.keyVersion, record.created)
                (wrapped, self.name) = (record.wrapped, record.name)
            }
        } catch {
            throw .recordInvalid(name)
        }
        guard self.name == name else { throw .recordInvalid(name) }
    }

    /// What it was wrapped with.
    func context() throws(KMSError) -> EncryptionContext {
        guard let bucket else { return try .attributeKey(id) }
        return try .bucketKey(id, bucket: bucket)
    }

    var bytes: [UInt8] {
        guard let bucket else {
            return AttributeKeyRecord(
                id: id,
                keyID: keyID,
                created: created,
                keyVersion: keyVersion,
                wrapped: wrapped
            ).encode()
        }
        return BucketKeyRecord(
            id: id,
            bucket: bucket,
            keyID: keyID,
            created: created,
            keyVersion: keyVersion,
            wrapped: wrapped
        ).encode()
    }
}

/// What came of something that was to be wrapped anew.
public enum Rewrapped: Equatable, Sendable {
    /// It was written or removed meanwhile, and is as that left it.
    case changed
    /// It is wrapped as it is to be.
    case current
    /// It was wrapped anew, or would be where nothing is to be changed.
    case rewrapped
    /// It wasn't meant.
    case skipped
}

/// Which keys are to be wrapped anew, and under which.
public struct RewrapSelection: Equatable, Sendable {
    /// Only what this KMS key wraps; everything for `nil`.
    public var from: KeyID?
    /// The KMS key that wraps it then; the same as before for `nil`.
    public var to: KeyID?
    /// Whether nothing is changed.
    public var isDry: Bool

    /// A selection of these.
    public init(from: KeyID? = nil, to: KeyID? = nil, isDry: Bool = false) {
        self.from = from
        self.to = to
        self.isDry = isDry
    }

    /// Whether what a KMS key wraps is to be wrapped anew.
    public func means(_ keyID: KeyID) -> Bool { from == nil || from == keyID }
}

/// Wraps records of bucket keys and attribute keys anew.
///
/// Under the provider that wraps now, and the current version of their KMS key; the keys in them
/// stay.
public final class KeyRewrapper: Sendable {
    private let ring: KeyRing
    private let versions = Mutex<[KeyID: UInt32]>([:])

    /// A rewrapper that asks for each KMS key's current version once.
    public init(_ ring: KeyRing) { self.ring = ring }

    /// Wraps one record anew; it is replaced only as long as it is what was read.
    ///
    /// A bucket key stays under its KMS key, whose name its objects are bound to; an attribute key
    /// moves to `selection.to`.
    ///
    /// - Throws: `.recordInvalid`, `.storeUnavailable`, what unwrapping and wrapping may throw.
    public func rewrap(
        _ name: String,
        _ selection: RewrapSelection
    ) async throws(KMSError) -> Rewrapped {
        guard let bytes = try await ring.recordBytesIfThere(name) else { return .changed }
        var facts = try KeyRecordFacts(name, bytes)
        guard selection.means(facts.keyID) else { return .skipped }
        let keyID = facts.bucket == nil ? selection.to ?? facts.keyID : facts.keyID
        let context = try facts.context()
        if keyID == facts.keyID, try await isCurrent(facts.wrapped, keyID, context) {
            return .current
        }
        guard !selection.isDry else { return .rewrapped }
        let (provider, calls) = ring.work
        let (old, wrapped) = (facts.keyID, facts.wrapped)
        let new = try await calls.repeating { () async throws(KMSError) in
            guard keyID != old else {
                return try await provider.rewrap(wrapped, under: keyID, context: context)
            }
            let key = try await provider.decrypt(wrapped, under: old, context: context)
            return try await provider.wrap(key, under: keyID, context: context)
        }
        (facts.keyID, facts.wrapped, facts.keyVersion) = (keyID, new.wrapped, new.keyVersion)
        // Read back before the old wrapping is given up.
        _ = try await ring.unwrap(new.wrapped, under: keyID, context: context, withRetired: false)
        return try await ring.replaceRecord(name, bytes, by: facts.bytes) ? .rewrapped : .changed
    }

    /// Whether the provider that wraps now wrapped a key, under its KMS key's current version.
    ///
    /// - Throws: what describing the KMS key may throw, and unwrapping, where a retired provider
    ///   of the same kind may have wrapped it.
    public func isCurrent(
        _ wrapped: [UInt8],
        _ keyID: KeyID,
        _ context: EncryptionContext
    ) async throws(KMSError) -> Bool {
        let origin = ring.provider.recognize(wrapped)
        switch origin {
        case .foreign: return false
        case .ownKind: break
        case .version(let version):
            guard try await currentVersion(keyID) == version else { return false }
        }
        return try await ring.isOfWrappingProvider(wrapped, keyID, context)
    }

    private func currentVersion(_ keyID: KeyID) async throws(KMSError) -> UInt32 {
        if let known = versions.withLock({ $0[keyID] }) { return known }
        let version = try await ring.describe(keyID).currentVersion
        versions.withLock { $0[keyID] = version }
        return version
    }
}

extension KeyRing {
    /// The names of all records, attribute keys first.
    ///
    /// - Throws: `.storeUnavailable`.
    public func keyRecordNames() async throws(KMSError) -> [String] {
        try await recordNames(prefix: AttributeKeyRecord.prefix) + recordNames(prefix: "bk/")
    }

    /// What a record says; `nil` where there is none.
    ///
    /// - Throws: `.recordInvalid`, `.storeUnavailable`.
    public func keyRecord(_ name: String) async throws(KMSError) -> KeyRecordFacts? {
        guard let bytes = try await recordBytesIfThere(name) else { return nil }
        return try KeyRecordFacts(name, bytes)
    }

    /// Whether the provider that wraps now wrapped a key, and no retired one.
    ///
    /// Bytes tell, unless a retired provider is of the same kind; then unwrapping does.
    ///
    /// - Throws: what that may throw.
    public func isOfWrappingProvider(
        _ wrapped: [UInt8],
        _ keyID: KeyID,
        _ context: EncryptionContext
    ) async throws(KMSError) -> Bool {
        guard provider.recognize(wrapped) != .foreign else { return false }
        let retired = (provider as? ProviderChain)?.retired ?? []
        guard retired.contains(where: { $0.recognize(wrapped) != .foreign }) else { return true }
        do throws(KMSError) {
            _ = try await unwrap(wrapped, under: keyID, context: context, withRetired: false)
            return true
        } catch {
            switch error {
            case .ciphertextInvalid, .keyNotFound: return false
            default: throw error
            }
        }
    }

    func recordBytesIfThere(_ name: String) async throws(KMSError) -> [UInt8]? {
        do throws(RecordStoreError) { return try await records.get(name) } catch {
            throw .storeUnavailable
        }
    }

    func replaceRecord(
        _ name: String,
        _ old: [UInt8],
        by new: [UInt8]
    ) async throws(KMSError) -> Bool {
        do throws(RecordStoreError) {
            return try await records.replace(name, old, by: new)
        } catch {
            throw .storeUnavailable
        }
    }
}

extension KeyRing {
    /// Whether a retired provider wraps a record.
    ///
    /// - Throws: as `isOfWrappingProvider`.
    public func isOfRetiredProvider(_ record: KeyRecordFacts) async throws(KMSError) -> Bool {
        guard provider is ProviderChain else { return false }
        let context = try record.context()
        return try await !isOfWrappingProvider(record.wrapped, record.keyID, context)
    }
}
