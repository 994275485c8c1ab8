internal import Encoding
internal import Synchronization

extension KeyRing {
    /// Attribute keys that one deployment may have.
    static let attributeKeyCountMax = 1024

    /// Loads and unwraps every attribute key, makes the first where there is none, and runs.
    ///
    /// To be called before a listener opens, and again after `stop`. A record that doesn't open
    /// while another does is named in `unreadableRecords`.
    ///
    /// - Throws: `.notConfigured` without a default key; `.keyNotFound`, `.keyDisabled`,
    ///   `.keyPendingDeletion` for that key; `.recordInvalid` when there are records and none
    ///   opens; `.storeUnavailable`; what every call to the KMS may throw.
    public func start() async throws(KMSError) {
        let defaultKeyID = try resolve(nil)
        try await describe(defaultKeyID).requireUsable()
        let names = try await recordNames(prefix: AttributeKeyRecord.prefix)
        guard names.count <= Self.attributeKeyCountMax else {
            throw .limitExceeded("more than \(Self.attributeKeyCountMax) attribute keys")
        }
        var unreadable: [String] = []
        var newest: AttributeKey?
        for name in names {
            do throws(KMSError) {
                let key = try await openAttributeKey(named: name)
                if newest.map({ $0.id.created < key.id.created }) ?? true { newest = key }
            } catch {
                guard error.concernsOneKey else { throw error }
                unreadable.append(name)
            }
        }
        guard newest != nil || names.isEmpty else {
            throw .recordInvalid("no attribute key opens: \(unreadable.joined(separator: ", "))")
        }
        let current: AttributeKey
        if let newest { current = newest } else { current = try await makeAttributeKey() }
        state.withLock { state in
            state.currentAttributeKey = current
            state.unreadableRecords = unreadable
            state.isRunning = true
        }
    }

    /// Runs to open what is stored, for tools that seal nothing: no key is made, and keys are
    /// loaded as objects name them.
    public func startToOpen() { state.withLock { $0.isRunning = true } }

    /// The attribute key that seals now; `nil` before the first `start`.
    public var attributeKey: AttributeKey? { state.withLock { $0.currentAttributeKey } }

    /// The attribute key of that id, from memory.
    public func attributeKey(id: RecordID) -> AttributeKey? {
        state.withLock { $0.attributeKeys[id] }.map { AttributeKey(id: id, key: $0) }
    }

    /// The attribute key of that id, loaded where it isn't in memory: another gateway made it.
    ///
    /// - Throws: `.stopped`, `.recordMissing`, `.recordInvalid`, `.ciphertextInvalid`,
    ///   `.storeUnavailable`; what every call to the KMS may throw.
    public func loadAttributeKey(id: RecordID) async throws(KMSError) -> AttributeKey {
        if let key = attributeKey(id: id) { return key }
        try requireRunning()
        return try await attributeKeyLoads.run(id) { () async throws(KMSError) in
            if let key = self.attributeKey(id: id) { return key }
            return try await self.openAttributeKey(named: AttributeKeyRecord.name(id: id))
        }
    }

    /// Makes a new attribute key, which seals from now on.
    ///
    /// - Throws: as `start`.
    public func renewAttributeKey() async throws(KMSError) {
        try requireRunning()
        let key = try await makeAttributeKey()
        state.withLock { $0.currentAttributeKey = key }
    }

    private func openAttributeKey(named name: String) async throws(KMSError) -> AttributeKey {
        let record: AttributeKeyRecord
        let bytes = try await recordBytes(name)
        do throws(KeyRecordError) { record = try AttributeKeyRecord(decoding: bytes) } catch {
            throw .recordInvalid(name)
        }
        guard record.name == name else { throw .recordInvalid(name) }
        let key = try await unwrap(
            record.wrapped,
            under: record.keyID,
            context: try .attributeKey(record.id)
        )
        return try keep(AttributeKey(id: record.id, key: key))
    }

    private func makeAttributeKey() async throws(KMSError) -> AttributeKey {
        let keyID = try resolve(nil)
        let now = environment.now()
        let id = try RecordID.make(now: now)
        let generated = try await generate(under: keyID, context: try .attributeKey(id))
        let record = AttributeKeyRecord(
            id: id,
            keyID: keyID,
            created: id.created,
            keyVersion: generated.keyVersion,
            wrapped: generated.wrapped
        )
        try await storeNew(record.name, record.encode())
        return try keep(AttributeKey(id: id, key: generated.key))
    }

    private func keep(_ key: AttributeKey) throws(KMSError) -> AttributeKey {
        let fits = state.withLock { state in
            guard state.attributeKeys.count < Self.attributeKeyCountMax else { return false }
            state.attributeKeys[key.id] = key.key
            return true
        }
        guard fits else {
            throw .limitExceeded("more than \(Self.attributeKeyCountMax) attribute keys")
        }
        return key
    }
}

extension KMSError {
    /// Whether the failure is one key's or record's, and others may be fine.
    var concernsOneKey: Bool {
        switch self {
        case .keyDisabled, .keyNotFound, .keyPendingDeletion, .keyUnreadable: true
        default: concernsOneRecord
        }
    }

    /// Whether the failure is one record's, and others under the same KMS key may be fine.
    var concernsOneRecord: Bool {
        switch self {
        case .ciphertextInvalid, .recordInvalid, .recordMissing: true
        default: false
        }
    }
}
