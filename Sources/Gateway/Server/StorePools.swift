import Daemon
import Encoding
import KMS
import NIOCore
import NIOPosix
import SecureTransport
import Transport

/// The connections to the store, a pool for each event loop.
struct StorePools: Sendable {
    private let loops: [any EventLoop]
    private let pools: [NIOLoopBound<any HTTPClientPool>]
    private let makeBodyPool: @Sendable (any HTTPClientPool) -> (any HTTPClientPool)?

    /// A client for control work that belongs to no request.
    let client: StoreClient

    /// Makes the pools and asks the store what it can do.
    ///
    /// - Throws: why there is nothing to serve from.
    init(
        _ target: StoreTarget,
        _ settings: Settings,
        _ group: MultiThreadedEventLoopGroup,
        _ metrics: TransportMetrics
    ) async throws(GatewayStartError) {
        let limits = GatewayLimitSettings.store(settings)
        loops = Array(group.makeIterator())
        var pools: [NIOLoopBound<any HTTPClientPool>] = []
        var clients: [StoreClient] = []
        for loop in loops {
            let result = await loop.run {
                target.pool(on: loop, limits, metrics).map { pool in
                    (NIOLoopBound(pool, eventLoop: loop), StoreClient(pool, .dialect))
                }
            }
            let made = try result.get()
            pools.append(made.0)
            clients.append(made.1)
        }
        self.pools = pools
        var client = clients[0]
        client.form = try await target.form(client)
        if limits.pipelineMax == 1 { client.form.capabilities.remove(.pipelining) }
        try await target.prepare(client)
        self.client = client
        let filesMax =
            client.form.capabilities.contains(.files)
            ? GatewayLimitSettings.storeFiles(settings, loopCount: loops.count) : 0
        makeBodyPool = { pool in
            target.bodyPool(beside: pool, filesMax: filesMax, limits, metrics)
        }
    }

    /// Closes the connections.
    func close() async {
        for (loop, pool) in zip(loops, pools) {
            await loop.run { pool.value.close() }
        }
    }

    /// A context for each loop.
    func contexts(_ services: GatewayServices) async -> LoopContexts {
        var contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>] = [:]
        // The keys in it lie in locked memory, of which there is as much however many loops.
        let objectCacheCountMax = services.options.objectCacheCountMax / loops.count
        for (loop, pool) in zip(loops, pools) {
            contexts[ObjectIdentifier(loop)] = await loop.run { [makeBodyPool] in
                NIOLoopBound(
                    LoopContext(
                        eventLoop: loop,
                        services: services,
                        store: pool.value,
                        bodies: makeBodyPool(pool.value),
                        objectCacheCountMax: objectCacheCountMax,
                        requestIDSeed: UInt64.random(in: .min ... .max)
                    ),
                    eventLoop: loop
                )
            }
        }
        return LoopContexts(contexts)
    }
}

extension EventLoop {
    /// Runs `work` on the loop and waits for what it gives.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: work()) }
        }
    }
}

extension LoopContexts {
    /// Has every loop wipe the opened objects that it remembers.
    func forgetObjects() {
        for context in all {
            context.eventLoop.execute { context.value.openedObjects.removeAll() }
        }
    }

    /// Has every loop wipe the opened objects whose keys' time is over.
    func removeExpired(now: Timestamp, settings: KeyRingSettings) {
        for context in all {
            context.eventLoop.execute {
                context.value.openedObjects.removeExpired(now: now, settings: settings)
            }
        }
    }

    /// Closes the connections to the store.
    func close() async {
        for context in all {
            await context.eventLoop.run { context.value.store.close() }
        }
    }
}
