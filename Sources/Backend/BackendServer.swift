public import Daemon
public import Encoding
internal import Glibc
public import Logging
internal import NIOCore
internal import NIOPosix
internal import Transport

/// The storage process: its folder, index, event loops and socket.
public final class BackendServer: Sendable {
    /// The version of the program.
    public static let version = "0.1.0"

    private let folder: DataFolder
    private let services: StoreServices
    private let group: MultiThreadedEventLoopGroup
    private let flushThreads: NIOThreadPool
    private let server: HTTPServer
    private let logger: Logger

    /// Opens the data folder and listens.
    ///
    /// Files that the index doesn't name are deleted beside the first requests.
    ///
    /// - Parameters:
    ///   - settings: values of `BackendSettings.schema`.
    ///   - logger: where events go.
    ///   - registry: where the metrics `sealgate_store_*` are added.
    ///   - now: the clock.
    /// - Returns: a store that answers.
    /// - Throws: `BackendStartError`.
    public static func start(
        _ settings: Settings,
        logger: Logger,
        registry: MetricsRegistry = MetricsRegistry(),
        now: @escaping @Sendable () -> Timestamp = { SystemClock.now }
    ) async throws(BackendStartError) -> BackendServer {
        try await start(settings, logger, registry, now, ownUserID: geteuid())
    }

    /// As the public `start`, for the processes of `ownUserID`.
    static func start(
        _ settings: Settings,
        _ logger: Logger,
        _ registry: MetricsRegistry,
        _ now: @escaping @Sendable () -> Timestamp,
        ownUserID: UInt32
    ) async throws(BackendStartError) -> BackendServer {
        let peers = try userIDs(settings).union([ownUserID])
        raiseDescriptorLimit()
        let folder: DataFolder
        do {
            folder = try DataFolder(path: settings[BackendSettings.dataFolder])
        } catch {
            throw BackendStartError(error)
        }
        let threads = settings[BackendSettings.threads]
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: threads == 0 ? System.coreCount : threads
        )
        let flushThreads = NIOThreadPool(
            numberOfThreads: settings[BackendSettings.flushThreads]
        )
        flushThreads.start()
        do {
            let services = try makeServices(
                settings,
                folder,
                flushThreads,
                Array(group.makeIterator()),
                logger,
                registry,
                now
            )
            do {
                let server = try await listen(settings, services, group, peers, registry)
                let store = BackendServer(folder, services, group, flushThreads, server, logger)
                store.sweep()
                logger.info("ready")
                return store
            } catch {
                services.close()
                throw error
            }
        } catch {
            try? await flushThreads.shutdownGracefully()
            try? await group.shutdownGracefully()
            throw (error as? BackendStartError)
                ?? .dataUnusable(path: folder.path, reason: "\(error)")
        }
    }

    private init(
        _ folder: DataFolder,
        _ services: StoreServices,
        _ group: MultiThreadedEventLoopGroup,
        _ flushThreads: NIOThreadPool,
        _ server: HTTPServer,
        _ logger: Logger
    ) {
        self.folder = folder
        self.services = services
        self.group = group
        self.flushThreads = flushThreads
        self.server = server
        self.logger = logger
    }

    /// Opens the data folder and listens, with JSON lines about it in `sink`.
    ///
    /// - Throws: `BackendStartError`.
    public static func start(
        _ settings: Settings,
        log sink: LineSink
    ) async throws(BackendStartError) -> BackendServer {
        let logger = Logger(label: "sealgate-store") { _ in
            JSONLogHandler(sink: sink, level: settings[LogSettings.level])
        }
        for warning in settings.warnings { logger.warning("\(warning)") }
        return try await start(settings, logger: logger)
    }

    /// Says that there is nothing to read again: SIGHUP.
    public func reload() { logger.notice("the settings of the start stay in force") }

    /// Stops accepting, lets requests under way finish until `deadline`, closes the index.
    public func stop(deadline: Duration) async {
        logger.info("stopping")
        defer { logger.info("stopped") }
        await server.drain(deadline: TimeAmount(deadline))
        let services = services
        // Closing waits for the writer's thread, so not on a thread of the shared pool.
        try? await flushThreads.runIfActive { services.close() }
        try? await flushThreads.shutdownGracefully()
        try? await group.shutdownGracefully()
    }

    private func sweep() {
        let (services, logger) = (services, logger)
        flushThreads.submit { state in
            guard case .active = state else { return }
            do throws(StoreError) {
                let count = try services.sweep()
                if count > 0 {
                    logger.notice("deleted orphaned files", metadata: ["count": "\(count)"])
                }
            } catch {
                logger.warning("sweep broken off", metadata: ["reason": "\(error)"])
            }
        }
    }
}

extension BackendServer {
    private static func userIDs(
        _ settings: Settings
    ) throws(BackendStartError) -> Set<UInt32> {
        var ids: Set<UInt32> = []
        for text in settings[BackendSettings.peerUserIDs] {
            guard let id = UInt32(text) else { throw .peerUserIDInvalid(text) }
            ids.insert(id)
        }
        return ids
    }

    /// Lets the process open as many files as it may: each transfer holds one and a socket.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func makeServices(
        _ settings: Settings,
        _ folder: DataFolder,
        _ flushThreads: NIOThreadPool,
        _ loops: [any EventLoop],
        _ logger: Logger,
        _ registry: MetricsRegistry,
        _ now: @escaping @Sendable () -> Timestamp
    ) throws(StoreError) -> StoreServices {
        let statistics = StoreStatistics()
        let word = settings[BackendSettings.durability]
        let durability = StoreIndex.Durability(rawValue: word) ?? .full
        let files = BodyFiles(
            folder: folder,
            durability: durability,
            reserveBytes: Int64(settings[BackendSettings.reserveBytes]),
            threads: flushThreads,
            statistics: statistics
        )
        var writerLimits = IndexWriter.Limits()
        writerLimits.queueCountMax = settings[BackendSettings.queuedChangesMax]
        writerLimits.batchCountMax = settings[BackendSettings.changesPerCommitMax]
        let index = try StoreIndex(
            path: folder.indexPath,
            durability: durability,
            limits: writerLimits,
            statistics: statistics,
            clock: now,
            discard: { files.discard($0) }
        )
        var limits = StoreServices.Limits()
        limits.inlineBytesMax = settings[BackendSettings.inlineBytesMax]
        limits.documentBytesMax = settings[BackendSettings.documentBytesMax]
        let metrics = StoreMetrics(registry)
        metrics.add(statistics, queueCount: { [weak index] in index?.queueCount ?? 0 })
        do {
            return try StoreServices(
                index: index,
                files: files,
                limits: limits,
                logger: logger,
                metrics: metrics,
                loops: loops
            )
        } catch {
            index.close()
            throw error
        }
    }

    private static func listen(
        _ settings: Settings,
        _ services: StoreServices,
        _ group: MultiThreadedEventLoopGroup,
        _ peers: Set<UInt32>,
        _ registry: MetricsRegistry
    ) async throws(BackendStartError) -> HTTPServer {
        let path = settings[BackendSettings.socket]
        var limits = HTTPServerLimits()
        limits.connectionsMax = settings[BackendSettings.connectionsMax]
        limits.bodyIdleTimeout = TimeAmount(settings[BackendSettings.bodyIdle])
        limits.keepAliveTimeout = TimeAmount(settings[BackendSettings.keepAlive])
        limits.writeHighWaterBytes = DownloadHandler.queueBytesMax
        limits.writeLowWaterBytes = Int(DownloadHandler.readBytesMax)
        let transport = TransportMetrics()
        services.metrics.add(transport)
        let application = DialectApplication(services)
        let serverLimits = limits
        do {
            let server = try await HTTPServer.start(
                on: .unix(path: path, allowedUserIDs: peers),
                group: group,
                limits: serverLimits,
                metrics: transport
            ) { channel, peer in
                try channel.pipeline.syncOperations.addHandler(
                    HTTP1ServerHandler(
                        application: application,
                        peer: peer,
                        limits: serverLimits,
                        metrics: transport
                    )
                )
            }
            // Other users must be able to open the socket; who they are is checked by their id.
            if peers.count > 1 { _ = unsafe chmod(path, 0o666) }
            return server
        } catch {
            let reason =
                switch error {
                case .addressInUse: "another process answers there"
                case .bindFailed(let reason): reason
                case .notASocket: "there is a file that is not a socket"
                }
            throw .socketUnusable(path: path, reason: reason)
        }
    }
}
