import Crypto
import Daemon
import Encoding
import KMS
import NIOCore
import SecureTransport
import Transport

/// Builds the KMS side from the settings: provider, default key, ring.
enum KeyServices {
    /// Opens the provider.
    ///
    /// - Parameters:
    ///   - settings: which, and where its keys are.
    ///   - eventLoop: where connections to a KMS on the network live.
    ///   - metrics: what of them is counted.
    ///   - isReadOnly: whether keys in files are only read, beside a gateway that may run.
    /// - Returns: the provider; one on the network hasn't been asked anything yet.
    /// - Throws: what is wrong with settings or key files and the remedy, before any listener
    ///   opens.
    static func provider(
        _ settings: Settings,
        on eventLoop: any EventLoop,
        _ metrics: TransportMetrics,
        isReadOnly: Bool = false
    ) async throws(GatewayStartError) -> any KeyProvider {
        switch settings[GatewayKMSSettings.backendType] {
        case "aws": return try await AWSServices.provider(settings, on: eventLoop, metrics)
        case "vault":
            let url = try VaultServices.address(settings)
            let tls = VaultServices.tls(settings)
            let client = try await client(url, tls, settings, on: eventLoop, metrics)
            let vault = try VaultServices.settings(settings)
            do throws(KMSError) {
                return try VaultKeyProvider(vault, client, now: { SystemClock.now })
            } catch {
                throw GatewayStartError("the KMS can't be used", hint: error.explanation)
            }
        default: return try await local(settings, isReadOnly: isReadOnly)
        }
    }

    /// Opens providers whose connections live on one event loop, and whose calls are counted.
    static func opening(
        on eventLoop: any EventLoop,
        _ metrics: TransportMetrics,
        isReadOnly: Bool = false,
        calls: ProviderMetrics? = nil
    ) -> ProviderOpening {
        { settings async throws(GatewayStartError) in
            let opened = try await provider(
                settings,
                on: eventLoop,
                metrics,
                isReadOnly: isReadOnly
            )
            guard let calls else { return opened }
            let circuit = calls.circuit(of: opened.kind, settings) { SystemClock.now }
            return MeteredProvider(opened, circuit: circuit, tell: calls.count)
        }
    }

    /// The address of a KMS on the network.
    ///
    /// - Throws: for anything but TLS to other machines.
    static func address(
        _ text: String,
        of key: some SettingDeclaring
    ) throws(GatewayStartError) -> BackendURL {
        let name = key.declaration.name
        guard let url = BackendURL(text) else {
            throw GatewayStartError(
                "\(name): \(text) is no address of a server",
                hint: "write https://host:port without a path"
            )
        }
        guard url.isSecure || url.isLoopback else {
            throw GatewayStartError(
                "\(name): \(text) speaks no TLS, and isn't on this machine",
                hint: "use https://; keys cross this connection"
            )
        }
        return url
    }

    static func client(
        _ url: BackendURL,
        _ tls: TLSClientContext.Configuration,
        _ settings: Settings,
        on eventLoop: any EventLoop,
        _ metrics: TransportMetrics
    ) async throws(GatewayStartError) -> RemoteKMSClient {
        let limits = limits(settings)
        var configure: (@Sendable (any Channel) throws -> Void)?
        if url.isSecure {
            let context: TLSClientContext
            do throws(TLSError) { context = try TLSClientContext(tls) } catch {
                throw GatewayStartError(error.description, hint: "see ca_file of the KMS")
            }
            let pipeline = SecureClientPipeline(context: context, serverName: url.host)
            configure = { channel in try pipeline.add(to: channel) }
        }
        let add = configure
        return await eventLoop.run {
            let pool = HTTP1ClientPool(
                target: .tcp(host: url.host, port: url.port),
                eventLoop: eventLoop,
                limits: limits,
                metrics: metrics,
                configure: add
            )
            return RemoteKMSClient(pool, authority: url.authority)
        }
    }

    /// What connections to a KMS take and wait for; each call has its own deadline too.
    static func limits(_ settings: Settings) -> HTTPClientLimits {
        var limits = HTTPClientLimits()
        limits.connectionsMax = settings[GatewayKMSSettings.callsMax]
        limits.connectTimeout = TimeAmount(settings[GatewayKMSSettings.timeout])
        limits.responseTimeout = TimeAmount(settings[GatewayKMSSettings.timeout])
        return limits
    }

    /// The keys in files that the settings name.
    static func local(
        _ settings: Settings,
        isReadOnly: Bool
    ) async throws(GatewayStartError) -> LocalKeyProvider {
        do throws(KMSError) {
            var local = LocalKeySettings(
                directory: settings[GatewayKMSSettings.localDirectory],
                master: try master(settings)
            )
            local.isReadOnly = isReadOnly
            return try await LocalKeyProvider.open(local, now: { SystemClock.now })
        } catch {
            throw GatewayStartError("the local KMS can't be opened", hint: error.explanation)
        }
    }

    /// Makes the default key at the first start, while no record hangs on it.
    ///
    /// A default key that is missing later was lost: a new one of its name would open nothing, and
    /// stand where the old one is to be put back.
    ///
    /// - Throws: `.storeUnavailable`, and what the provider throws.
    static func makeDefaultKey(
        _ id: KeyID,
        _ provider: any KeyProvider,
        _ records: some RecordStore
    ) async throws(KMSError) {
        let names: [String]
        do throws(RecordStoreError) {
            names = try await records.list(prefix: AttributeKeyRecord.prefix)
        } catch {
            throw .storeUnavailable
        }
        guard names.isEmpty else { return }
        do throws(KMSError) {
            _ = try await provider.create(KeyCreation(id: id))
        } catch .conflict {
            // It was made before.
        }
    }

    private static func master(_ settings: Settings) throws(KMSError) -> MasterKeySource {
        if let path = settings[GatewayKMSSettings.localPassphraseFile] {
            return .passphraseFile(path)
        }
        guard let key = settings[GatewayKMSSettings.localMasterKey] else {
            throw .stateUnsafe(
                "set kms.local.master_key_file; openssl rand -base64 32 makes a key"
            )
        }
        return try .decode(String(decoding: key.bytes, as: UTF8.self))
    }

    /// The default key's id.
    static func defaultKeyID(_ settings: Settings) throws(GatewayStartError) -> KeyID {
        let name = settings[GatewayKMSSettings.defaultKeyID]
        do throws(KMSError) {
            return try KeyID(name)
        } catch {
            throw GatewayStartError(
                "kms.default_key_id: \(name) is no name for a key",
                hint: error.explanation
            )
        }
    }

    /// The ring over a provider and the store's records, with the system's clock.
    static func ring(
        _ settings: Settings,
        _ provider: any KeyProvider,
        _ records: StoreRecords
    ) throws(GatewayStartError) -> KeyRing {
        KeyRing(
            provider: provider,
            records: records,
            settings: try ringSettings(settings),
            environment: KeyRingEnvironment(now: { SystemClock.now })
        )
    }

    /// The limits and lifetimes of the ring.
    static func ringSettings(_ settings: Settings) throws(GatewayStartError) -> KeyRingSettings {
        var ring = KeyRingSettings(defaultKeyID: try defaultKeyID(settings))
        ring.cacheEnabled = settings[GatewayKMSSettings.cache]
        ring.cachedKeyCountMax = settings[GatewayKMSSettings.cacheCountMax]
        ring.bucketKeyLifetimeSSES3Seconds = seconds(settings[GatewayKMSSettings.lifetimeSSES3])
        ring.bucketKeyLifetimeSSEKMSSeconds = seconds(settings[GatewayKMSSettings.lifetimeSSEKMS])
        ring.dataKeyLifetimeSeconds = seconds(settings[GatewayKMSSettings.lifetimeDataKey])
        ring.callCountMax = settings[GatewayKMSSettings.callsMax]
        ring.tryCountMax = settings[GatewayKMSSettings.retries]
        ring.tryDeadlineMilliseconds = settings[GatewayKMSSettings.timeout].wholeMilliseconds
        return ring
    }

    private static func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }
}
