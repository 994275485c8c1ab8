public import Daemon
import Encoding
import HTTPWire
import KMS
public import Logging
import NIOCore
import NIOPosix
import S3Wire
import SecureTransport
import Transport

/// The gateway as a running whole: settings in, two listeners out.
public final class GatewayServer: Sendable {
    /// The version of the program.
    public static let version = "0.1.0"

    private let settings: Settings
    private let cryptography: String
    private let group: MultiThreadedEventLoopGroup
    private let tls: TLSServerContext
    private let s3: HTTPServer
    private let admin: HTTPServer
    private let loops: LoopContexts
    private let services: GatewayServices
    private let health: HealthRegistry
    private let rewraps: RewrapRunner

    private init(
        settings: Settings,
        cryptography: String,
        group: MultiThreadedEventLoopGroup,
        tls: TLSServerContext,
        s3: HTTPServer,
        admin: HTTPServer,
        loops: LoopContexts,
        services: GatewayServices,
        health: HealthRegistry,
        rewraps: RewrapRunner
    ) {
        self.settings = settings
        self.cryptography = cryptography
        self.group = group
        self.tls = tls
        self.s3 = s3
        self.admin = admin
        self.loops = loops
        self.services = services
        self.health = health
        self.rewraps = rewraps
    }

    /// Starts to serve: keys first, then the store, then the listeners.
    ///
    /// - Throws: what is wrong and what to do about it; nothing listens then.
    public static func start(
        _ given: Settings,
        log: Logger
    ) async throws(GatewayStartError) -> GatewayServer {
        let cryptography = CryptoSettings.start(given, log: log)
        let registry = MetricsRegistry()
        let transport = TransportMetrics()
        let secure = SecureTransportMetrics()
        let kmsTransport = TransportMetrics()
        let tls = try TLSSettings.context(given)
        let credentials = try Credential.list(given)
        let group = eventLoops(given)
        let folder = try KMSBackends.folder(given)
        let calls = ProviderMetrics(registry)
        let opening = KeyServices.opening(on: group.next(), kmsTransport, calls: calls)
        let backends = try await KMSBackends.open(given, folder, log: log, opening)
        let settings = backends.settings
        let target = try StoreTarget(settings)
        if let warning = target.warning { log.warning("\(warning)") }
        let pools = try await StorePools(target, settings, group, transport)
        let records = StoreRecords(pools.client)
        let ring = try KeyServices.ring(settings, try backends.provider, records)
        try await begin(ring, records)
        let audit = try await AuditLog.open(settings, ring, log)
        let services = GatewayServices(
            settings,
            storeForm: pools.client.form,
            credentials: credentials,
            keys: ring,
            bucketSettings: BucketSettingsStore(settings, records, ring, registry),
            audit: audit,
            log: log,
            metrics: GatewayMetrics(registry),
            digestThreads: DigestThreads(settings, in: registry)
        )
        MetricsBridge.register(transport, secure, kmsTransport, ring, audit, in: registry)
        let loops = await pools.contexts(services)
        ring.whenCleared { loops.forgetObjects() }
        let limit = RewrapLimit(settings, in: registry)
        let work = KMSControlWork(services, pools.client, records, limit)
        let control = KMSControl(backends, folder, opening, work)
        let health = readiness(ring, pools.client, audit)
        let listening = Listening(tls, group, settings, transport, secure)
        let adminServices = AdminApplication.Services(
            gateway: services,
            kms: KMSAdmin(ring: ring, services: control),
            registry: registry,
            health: health
        )
        let admin = AdminApplication(adminServices, loops)
        return GatewayServer(
            settings: settings,
            cryptography: cryptography,
            group: group,
            tls: tls,
            s3: try await listening.open(GatewaySettings.listen, GatewayApplication(loops)),
            admin: try await listening.open(GatewaySettings.adminListen, admin),
            loops: loops,
            services: services,
            health: health,
            rewraps: control.runner
        )
    }

    private static func eventLoops(_ settings: Settings) -> MultiThreadedEventLoopGroup {
        let count = settings[GatewaySettings.eventLoops]
        return MultiThreadedEventLoopGroup(
            numberOfThreads: count == 0 ? System.coreCount : count
        )
    }

    /// Loads the attribute keys; without them no HEAD and no listing could be answered.
    private static func begin(
        _ ring: KeyRing,
        _ records: StoreRecords
    ) async throws(GatewayStartError) {
        do throws(KMSError) {
            try await KeyServices.makeDefaultKey(try ring.resolve(nil), ring.provider, records)
            try await ring.start()
        } catch .storeUnavailable {
            throw GatewayStartError(
                "the store doesn't answer",
                hint: "start it, or check backend.* in the settings"
            )
        } catch {
            throw GatewayStartError("the keys can't be loaded", hint: error.explanation)
        }
    }

    private static func readiness(
        _ ring: KeyRing,
        _ store: StoreClient,
        _ audit: AuditLog
    ) -> HealthRegistry {
        let health = HealthRegistry()
        if audit.isRecording {
            health.register("audit") { audit.probe().map { .unhealthy($0) } ?? .healthy }
        }
        health.register("kms") {
            do throws(KMSError) {
                try await ring.probe()
                return .healthy
            } catch {
                return .unhealthy(error.explanation)
            }
        }
        health.register("store") {
            do throws(StoreError) {
                let reply = try await store.send(
                    StoreRequest(.head, bucket: StoreRequest.reservedBucket)
                )
                return reply.isSuccess ? .healthy : .unhealthy("the store answers \(reply.status)")
            } catch {
                return .unhealthy("the store doesn't answer")
            }
        }
        return health
    }

    /// What was decided, for people.
    public func summary(_ hardening: ProcessHardening, version: String) -> String {
        GatewaySummary.text(
            settings,
            listeners: (endpoint, adminEndpoint),
            certificate: tls.certificateFingerprint,
            cryptography: cryptography,
            hardening: hardening,
            version: version
        )
    }

    /// Where S3 clients connect: `https://host:port`.
    public var endpoint: String { url(settings[GatewaySettings.listen], s3) }

    /// Where the admin API is: `https://host:port`.
    public var adminEndpoint: String { url(settings[GatewaySettings.adminListen], admin) }

    /// The region that clients are told.
    public var region: String { services.options.regions.first ?? "" }

    /// The id of the default KMS key.
    public var defaultKeyID: String { services.defaultKeyID ?? "" }

    private func url(_ address: HostPort, _ server: HTTPServer) -> String {
        "https://\(HostPort(host: address.host, port: server.port ?? address.port))"
    }

    /// Repeats the checks of readiness, and wipes keys whose time is over, until the task is
    /// cancelled.
    public func watch() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.health.run(every: self.settings[GatewaySettings.healthInterval])
            }
            group.addTask { await self.rewraps.run() }
            group.addTask {
                while !Task.isCancelled {
                    let now = self.services.clock()
                    self.services.keys.removeExpired(now: now)
                    self.loops.removeExpired(now: now, settings: self.services.keys.settings)
                    try? await Task.sleep(for: .seconds(5))
                }
            }
        }
    }

    /// Runs the checks of readiness once.
    public func check() async { await health.check() }

    /// Reads the certificate anew; connections keep theirs.
    ///
    /// - Returns: why the old one stays in use; `nil` where the new one is.
    public func reloadCertificate() -> String? {
        do throws(TLSError) {
            try tls.reload()
            return nil
        } catch {
            return error.description
        }
    }

    /// Goes on in a new audit file, where the old one was taken away.
    ///
    /// - Returns: why the old one stays in use; `nil` where all is well.
    public func reopenAudit() -> String? {
        do throws(AuditFileError) {
            try services.audit.reopen()
            return nil
        } catch {
            return error.explanation
        }
    }

    /// Stops accepting, lets requests end, and wipes the keys.
    public func stop() async {
        let deadline = TimeAmount(settings[GatewayLimitSettings.drainTimeout])
        await s3.drain(deadline: deadline)
        await admin.drain(deadline: .seconds(1))
        services.audit.close()
        services.keys.stop()
        await loops.close()
        await services.digestThreads?.stop()
        do {
            try await group.shutdownGracefully()
        } catch {
            services.log.error("event loops did not end", metadata: ["reason": "\(error)"])
        }
    }
}

/// What both listeners are opened with.
private struct Listening {
    private let tls: TLSServerContext
    private let group: MultiThreadedEventLoopGroup
    private let settings: Settings
    private let transport: TransportMetrics
    private let secure: SecureTransportMetrics

    init(
        _ tls: TLSServerContext,
        _ group: MultiThreadedEventLoopGroup,
        _ settings: Settings,
        _ transport: TransportMetrics,
        _ secure: SecureTransportMetrics
    ) {
        self.tls = tls
        self.group = group
        self.settings = settings
        self.transport = transport
        self.secure = secure
    }

    /// Serves an application where a setting says.
    ///
    /// - Throws: why there can't be listened.
    func open(
        _ key: SettingKey<HostPort>,
        _ application: any HTTPServerApplication
    ) async throws(GatewayStartError) -> HTTPServer {
        let address = settings[key]
        let limits = GatewayLimitSettings.server(settings)
        let pipeline = SecureServerPipeline(
            context: tls,
            application: application,
            limits: limits,
            metrics: transport,
            secureMetrics: secure
        )
        do throws(HTTPServerError) {
            return try await HTTPServer.start(
                on: .tcp(host: address.host, port: address.port),
                group: group,
                limits: limits,
                metrics: transport
            ) { channel, peer in
                try pipeline.add(to: channel, peer: peer)
            }
        } catch {
            throw GatewayStartError(
                "can't listen on \(address): \(error)",
                hint: "choose another address or end what listens there"
            )
        }
    }
}
