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
    private let caretaker: Caretaker
    private let group: MultiThreadedEventLoopGroup
    private let threads: Threads
    private let server: HTTPServer
    private let linkServer: HTTPServer?
    private let logger: Logger

    /// Opens the data folder and listens.
    ///
    /// Files that the index doesn't name are deleted beside the requests.
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

    /// As the public `start`, for the processes of `ownUserID`, on the disk of `system`.
    static func start(
        _ settings: Settings,
        _ logger: Logger,
        _ registry: MetricsRegistry,
        _ now: @escaping @Sendable () -> Timestamp,
        ownUserID: UInt32,
        system: any FileSystem = LinuxFiles()
    ) async throws(BackendStartError) -> BackendServer {
        let peers = try userIDs(settings).union([ownUserID])
        let folder: DataFolder
        do {
            folder = try DataFolder(path: settings[BackendSettings.dataFolder])
        } catch {
            throw BackendStartError(error)
        }
        let loopCount = settings[BackendSettings.threads]
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: loopCount == 0 ? System.coreCount : loopCount
        )
        let threads = Threads(settings)
        let ground = Ground(
            settings: settings,
            folder: folder,
            group: group,
            threads: threads,
            logger: logger,
            registry: registry,
            now: now,
            system: system,
            statistics: StoreStatistics(registry)
        )
        do {
            return try await build(on: ground, for: peers)
        } catch {
            await threads.stop()
            try? await group.shutdownGracefully()
            throw (error as? BackendStartError)
                ?? .dataUnusable(path: folder.path, reason: "\(error)")
        }
    }

    /// The threads that wait for the disk.
    private struct Threads {
        let flushing: NIOThreadPool
        let reading: NIOThreadPool

        init(_ settings: Settings) {
            flushing = NIOThreadPool(numberOfThreads: settings[BackendSettings.flushThreads])
            reading = NIOThreadPool(numberOfThreads: settings[BackendSettings.readThreads])
            flushing.start()
            reading.start()
        }

        func stop() async {
            try? await reading.shutdownGracefully()
            try? await flushing.shutdownGracefully()
        }
    }

    /// What a store is built on.
    private struct Ground {
        let settings: Settings
        let folder: DataFolder
        let group: MultiThreadedEventLoopGroup
        let threads: Threads
        let logger: Logger
        let registry: MetricsRegistry
        let now: @Sendable () -> Timestamp
        let system: any FileSystem
        let statistics: StoreStatistics
    }

    private static func build(
        on ground: Ground,
        for peers: Set<UInt32>
    ) async throws -> BackendServer {
        let services = try makeServices(ground)
        do {
            let caretaker = try Caretaker(
                services,
                careLimits(ground.settings),
                statistics: ground.statistics,
                loop: ground.group.next(),
                clock: ground.now
            )
            do {
                let server = try await listen(ground, services, peers)
                let links = await listenForLinks(ground, services, peers)
                let store = BackendServer(ground, services, caretaker, server, links)
                caretaker.start()
                ground.logger.info("ready")
                return store
            } catch {
                await caretaker.stop()
                throw error
            }
        } catch {
            services.close()
            throw error
        }
    }

    private init(
        _ ground: Ground,
        _ services: StoreServices,
        _ caretaker: Caretaker,
        _ server: HTTPServer,
        _ linkServer: HTTPServer?
    ) {
        folder = ground.folder
        group = ground.group
        threads = ground.threads
        logger = ground.logger
        self.services = services
        self.caretaker = caretaker
        self.server = server
        self.linkServer = linkServer
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
        await linkServer?.drain(deadline: TimeAmount(deadline))
        await server.drain(deadline: TimeAmount(deadline))
        await caretaker.stop()
        let services = services
        // Closing waits for the writer's thread, so not on a thread of the shared pool.
        try? await threads.flushing.runIfActive { services.close() }
        await threads.stop()
        try? await group.shutdownGracefully()
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

    private static func makeServices(_ ground: Ground) throws(StoreError) -> StoreServices {
        let (settings, statistics) = (ground.settings, ground.statistics)
        let word = settings[BackendSettings.durability]
        let durability = StoreIndex.Durability(rawValue: word) ?? .full
        let files = BodyFiles(
            folder: ground.folder,
            durability: durability,
            reserveBytes: Int64(settings[BackendSettings.reserveBytes]),
            threads: ground.threads.flushing,
            readThreads: ground.threads.reading,
            statistics: statistics,
            system: ground.system,
            directBuffers: DirectBuffers(bytesMax: settings[BackendSettings.directBufferBytesMax])
        )
        var writerLimits = IndexWriter.Limits()
        writerLimits.queueCountMax = settings[BackendSettings.queuedChangesMax]
        writerLimits.batchCountMax = settings[BackendSettings.changesPerCommitMax]
        let index = try StoreIndex(
            path: ground.folder.indexPath,
            durability: durability,
            limits: writerLimits,
            statistics: statistics,
            clock: ground.now,
            discard: { files.discard($0) }
        )
        var limits = StoreServices.Limits()
        limits.bodies.inlineBytesMax = settings[BackendSettings.inlineBytesMax]
        limits.bodies.directBytesMin = settings[BackendSettings.directBytesMin]
        limits.documentBytesMax = settings[BackendSettings.documentBytesMax]
        limits.pipelineMax = settings[BackendSettings.pipelineMax]
        let metrics = StoreMetrics(ground.registry)
        metrics.add(statistics, queueCount: { [weak index] in index?.queueCount ?? 0 })
        metrics.add(files.directBuffers)
        metrics.addCare(statistics, files: files, indexPath: ground.folder.indexPath)
        do {
            return try StoreServices(
                index: index,
                files: files,
                limits: limits,
                logger: ground.logger,
                metrics: metrics,
                loops: Array(ground.group.makeIterator())
            )
        } catch {
            index.close()
            throw error
        }
    }

    private static func careLimits(_ settings: Settings) -> Caretaker.Limits {
        var limits = Caretaker.Limits()
        limits.interval = settings[BackendSettings.careInterval]
        limits.uploadAge = settings[BackendSettings.uploadAge]
        limits.uploadCountMax = settings[BackendSettings.uploadsPerRoundMax]
        return limits
    }

    private static func listen(
        _ ground: Ground,
        _ services: StoreServices,
        _ peers: Set<UInt32>
    ) async throws(BackendStartError) -> HTTPServer {
        let settings = ground.settings
        let path = settings[BackendSettings.socket]
        var limits = HTTPServerLimits()
        limits.connectionsMax = settings[BackendSettings.connectionsMax]
        limits.pipelineMax = services.limits.pipelineMax
        limits.bodyIdleTimeout = TimeAmount(settings[BackendSettings.bodyIdle])
        limits.keepAliveTimeout = TimeAmount(settings[BackendSettings.keepAlive])
        limits.bodyWindowBytes = BodyWriter.windowBytes
        limits.writeHighWaterBytes = DownloadHandler.queueBytesMax
        limits.writeLowWaterBytes = Int(DownloadHandler.readBytesMax)
        let transport = TransportMetrics()
        services.metrics.add(transport)
        let application = DialectApplication(services)
        let serverLimits = limits
        do {
            let server = try await HTTPServer.start(
                on: .unix(path: path, allowedUserIDs: peers),
                group: ground.group,
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
            open(path, to: peers)
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

    /// Other users must be able to open a socket; who they are is checked by their id.
    private static func open(_ path: String, to peers: Set<UInt32>) {
        if peers.count > 1 { _ = unsafe chmod(path, 0o666) }
    }

    /// Listens for the links that open files go over; `nil` where that can't be: bodies are sent.
    private static func listenForLinks(
        _ ground: Ground,
        _ services: StoreServices,
        _ peers: Set<UInt32>
    ) async -> HTTPServer? {
        let path = ground.settings[BackendSettings.socket] + FilePool.pathSuffix
        var limits = HTTPServerLimits()
        limits.connectionsMax = ground.settings[BackendSettings.connectionsMax]
        do {
            let server = try await HTTPServer.start(
                on: .unix(path: path, allowedUserIDs: peers),
                group: ground.group,
                limits: limits,
                metrics: TransportMetrics()
            ) { channel, _ in try services.links.add(to: channel) }
            open(path, to: peers)
            return server
        } catch {
            ground.logger.warning(
                "large bodies are sent, not passed as files",
                metadata: ["socket": "\(path)", "reason": "\(error)"]
            )
            return nil
        }
    }
}
