import Crypto
import Daemon
import Encoding
import KMS
import Logging
import NIOCore
import S3Wire
import SigV4
import Synchronization

@testable import Gateway

/// A key ring over a real local KMS and records in memory, and the services over it.
final class TestKeys: Sendable {
    static let now = Timestamp(seconds: 1_700_000_000)

    let folder: TemporaryFolder
    let provider: SwitchedProvider
    let ring: KeyRing
    let services: GatewayServices
    let registry = MetricsRegistry()
    let records = MemoryRecords()

    init(
        compatibility: Compatibility = .rustfs,
        documentBytesMax: Int = 1 << 20
    ) async throws {
        folder = try TemporaryFolder()
        let local = try await LocalKeyProvider.open(
            LocalKeySettings(
                directory: folder.path + "/kms",
                master: .decode(Base64.encode(Array(UInt8(7)..<39)))
            ),
            now: { Self.now }
        )
        provider = SwitchedProvider(local)
        let keyID = try KeyID("default")
        _ = try await provider.create(KeyCreation(id: keyID))
        ring = KeyRing(
            provider: provider,
            records: records,
            settings: KeyRingSettings(defaultKeyID: keyID),
            environment: KeyRingEnvironment(now: { Self.now })
        )
        try await ring.start()
        let audit = try AuditLog(
            AuditLogSettings(path: folder.path + "/audit.log"),
            try await .make(ring),
            now: { Self.now }
        )
        services = GatewayServices(
            options: Self.options(documentBytesMax),
            credentials: [
                Credential(
                    id: "owner",
                    displayName: "Owner",
                    accessKeyID: "AKTEST",
                    isAdmin: false,
                    secret: try SecretBytes(copying: Array(Self.secret.utf8).span)
                )
            ],
            sse: SSEPolicy(
                compatibility: compatibility,
                gatewayDefault: .sseS3,
                digest: { HashFunction.md5.digest($0) }
            ),
            settings: BucketSettingsStore(
                records,
                keys: ring,
                limits: .init(countMax: 16, lifetimeMilliseconds: 5000),
                metrics: BucketSettingsMetrics(registry),
                clock: { Self.now }
            ),
            access: KeyAccess(
                ring: ring,
                errors: KMSErrorMapping(compatibility: compatibility),
                now: { Self.now }
            ),
            audit: audit,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: GatewayMetrics(registry),
            clock: { Self.now }
        )
        _ = try await services.settings.load("demo")
    }

    /// The services with another form of store, or with threads for the digests of large bodies.
    func services(
        storeForm: StoreForm = .dialect,
        digestThreads: DigestThreads? = nil
    ) -> GatewayServices {
        GatewayServices(
            options: services.options,
            storeForm: storeForm,
            credentials: services.credentials,
            sse: services.sse,
            settings: services.settings,
            access: services.access,
            audit: services.audit,
            log: services.log,
            metrics: services.metrics,
            digestThreads: digestThreads,
            clock: services.clock
        )
    }

    private static func options(_ documentBytesMax: Int) -> GatewayServices.Options {
        .init(
            regions: ["us-east-1"],
            domains: ["s3.example"],
            documentBytesMax: documentBytesMax,
            bucketCacheCountMax: 16,
            uploadCacheCountMax: 16,
            objectCacheCountMax: 16,
            answerInterval: .seconds(5)
        )
    }

    static let secret = "secret-of-the-test"

    /// A signer for the one credential.
    static func signer() throws -> SigV4Signer {
        SigV4Signer(
            accessKeyID: "AKTEST",
            secret: try SecretBytes(copying: Array(secret.utf8).span),
            region: "us-east-1"
        )
    }

    /// Has bucket keys for SSE-S3 and SSE-KMS in memory, so that nothing waits for them.
    func warm(_ bucket: String) async throws {
        let keyID = try ring.resolve(nil)
        _ = try await ring.bucketKeyForWrite(bucket: bucket, keyID: keyID, use: .sseS3)
        _ = try await ring.bucketKeyForWrite(bucket: bucket, keyID: keyID, use: .sseKMS)
    }

    /// The audit events so far, a line each.
    func audited() throws -> String {
        services.audit.flush()
        return try folder.text("audit.log")
    }
}

/// Records in memory.
final class MemoryRecords: SettingRecords {
    private let records = Mutex<[String: [UInt8]]>([:])
    private let isAway = Mutex(false)

    /// Has every call fail, or not any longer.
    func fail(_ fails: Bool) { isAway.withLock { $0 = fails } }

    /// Puts what somebody else may have written; `nil` takes the record away.
    func replace(_ name: String, _ bytes: [UInt8]?) { records.withLock { $0[name] = bytes } }

    func get(_ name: String) async throws(RecordStoreError) -> [UInt8]? {
        guard !isAway.withLock({ $0 }) else { throw .unavailable }
        return records.withLock { $0[name] }
    }

    func remove(_ name: String) async throws(RecordStoreError) {
        guard !isAway.withLock({ $0 }) else { throw .unavailable }
        records.withLock { $0[name] = nil }
    }

    func put(
        _ name: String,
        _ bytes: [UInt8],
        ifAbsent: Bool
    ) async throws(RecordStoreError) -> Bool {
        guard !isAway.withLock({ $0 }) else { throw .unavailable }
        return records.withLock { records in
            guard !ifAbsent || records[name] == nil else { return false }
            records[name] = bytes
            return true
        }
    }

    func replace(
        _ name: String,
        _ old: [UInt8],
        by new: [UInt8]
    ) async throws(RecordStoreError) -> Bool {
        guard try await get(name) == old else { return false }
        return try await put(name, new, ifAbsent: false)
    }

    func list(prefix: String) async throws(RecordStoreError) -> [String] {
        records.withLock { $0.keys.filter { $0.hasPrefix(prefix) }.sorted() }
    }
}

/// A provider that can be taken away.
final class SwitchedProvider: KeyProvider {
    private let inner: LocalKeyProvider
    private let failure = Mutex<KMSError?>(nil)

    init(_ inner: LocalKeyProvider) { self.inner = inner }

    /// What every call fails with; `nil` for none.
    func fail(with error: KMSError?) { failure.withLock { $0 = error } }

    var kind: KeyProviderKind { inner.kind }
    var summary: [JSONMember] { inner.summary }

    func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        try check()
        return try await inner.create(creation)
    }

    func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        try check()
        return try await inner.describe(id)
    }

    func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        try check()
        return try await inner.list(limit: limit, after: marker)
    }

    func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        try check()
        return try await inner.generateDataKey(under: id, context: context)
    }

    func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        try check()
        return try await inner.decrypt(wrapped, under: id, context: context)
    }

    func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try check()
        return try await inner.rewrap(wrapped, under: id, context: context)
    }

    func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        try check()
        return try await inner.wrap(dataKey, under: id, context: context)
    }

    func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin { inner.recognize(wrapped) }

    func change(_ id: KeyID, _ change: KeyChange) async throws(KMSError) -> KeyMetadata {
        try check()
        return try await inner.change(id, change)
    }

    private func check() throws(KMSError) {
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
