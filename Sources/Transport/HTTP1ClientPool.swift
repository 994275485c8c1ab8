public import HTTPWire
public import NIOCore
internal import NIOPosix

/// HTTP/1.1 connections of one event loop to one server; not `Sendable`.
///
/// Every call but `init` is made on the loop.
public final class HTTP1ClientPool: HTTPClientPool {
    /// Where the server listens.
    public enum Target: Hashable, Sendable {
        /// A Unix socket.
        case unix(path: String)
        /// A TCP port of a host, by name or address.
        case tcp(host: String, port: Int)
    }

    /// The loop that the connections live on.
    public let eventLoop: any EventLoop

    let limits: HTTPClientLimits
    private let metrics: TransportMetrics
    private let connector: (any EventLoop) -> EventLoopFuture<any Channel>
    /// Without an exchange; the last one used is the next one used.
    private var idle: [HTTP1ClientConnection] = []
    private var queue = CircularBuffer<HTTP1ClientExchange>()
    /// How many of the queue are short.
    private var queuedShortCount = 0
    // Which connections take further short exchanges; reads don't wait behind writes.
    private var sharedByReads: HTTP1ClientConnection?
    private var sharedByWrites: HTTP1ClientConnection?
    /// Connections that are open, with those that are being made.
    private var openCount = 0
    /// Connections being made for whoever is first in the queue.
    private var connectingCount = 0
    private var isClosed = false
    private var isRetired = false
    private var isPumping = false
    /// Connections that write at the end of this turn of the loop.
    private var flushDue: [HTTP1ClientConnection] = []
    /// For the first in the queue; there only while exchanges wait.
    private var timer: LazyTimer?

    /// A pool without connections; they are made as exchanges need them.
    ///
    /// - Parameters:
    ///   - target: where the server listens.
    ///   - eventLoop: the loop to live on; everything else must be called there.
    ///   - limits: sizes and times.
    ///   - metrics: what is counted.
    ///   - configure: adds handlers below HTTP, for TLS, to a connection that is being made. They
    ///     queue what is written before they are ready, and fire an `HTTPClientError` up the
    ///     pipeline (as `.peerNotTrusted`) before they close for that reason.
    public convenience init(
        target: Target,
        eventLoop: any EventLoop,
        limits: HTTPClientLimits = HTTPClientLimits(),
        metrics: TransportMetrics,
        configure: (@Sendable (any Channel) throws -> Void)? = nil
    ) {
        self.init(eventLoop: eventLoop, limits: limits, metrics: metrics) { eventLoop in
            Self.connect(to: target, on: eventLoop, limits, metrics, configure)
        }
    }

    /// A pool whose connections are made by `connector`, which adds an `HTTP1ClientConnection`.
    init(
        eventLoop: any EventLoop,
        limits: HTTPClientLimits,
        metrics: TransportMetrics,
        connector: @escaping (any EventLoop) -> EventLoopFuture<any Channel>
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.metrics = metrics
        self.connector = connector
    }

    /// Whether an exchange is under way, or a connection is being made for one.
    public var isInUse: Bool { openCount > idle.count }

    /// Begins an exchange; a failure is told later, never from within this call.
    @discardableResult
    public func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        let exchange = HTTP1ClientExchange(head, handler: handler, pool: self, isShort: false)
        enqueue(exchange)
        return exchange
    }

    /// Begins a short exchange; a failure is told later, never from within this call.
    @discardableResult
    public func beginShort(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        let isShort = limits.pipelineMax > 1
        let exchange = HTTP1ClientExchange(head, handler: handler, pool: self, isShort: isShort)
        if !isShort || exchange.requestEnded { enqueue(exchange) }
        return exchange
    }

    /// Gives an exchange a connection, now or later.
    func enqueue(_ exchange: HTTP1ClientExchange) {
        if isClosed {
            failLater(exchange, .connectFailed("the pool is closed"))
        } else if let connection = connection(sharedWith: exchange) {
            connection.start(exchange)
        } else if idle.isEmpty, openCount >= limits.connectionsMax, queue.count >= limits.queueMax {
            failLater(exchange, .queueFull)
        } else {
            exchange.queueDeadline = eventLoop.now + limits.responseTimeout
            queue.append(exchange)
            if exchange.isShort { queuedShortCount += 1 }
            metrics.poolQueued.count()
            pump()
            if !queue.isEmpty { watchQueue() }
        }
    }

    /// Closes idle connections and, as their exchanges end, the others; what waits fails.
    public func close() {
        isClosed = true
        for connection in idle { connection.close() }
        while let exchange = dequeue() { failLater(exchange, .connectFailed("the pool is closed")) }
        stopTimer()
    }

    /// Keeps no idle connection from now on; exchanges go on, and new ones may begin.
    public func retire() {
        isRetired = true
        for connection in idle { connection.close() }
    }

    // MARK: What connections and exchanges tell

    /// A connection's exchange ended cleanly.
    func released(_ connection: HTTP1ClientConnection) {
        forgetShared(connection)
        guard !isClosed else { return connection.close() }
        idle.append(connection)
        metrics.poolIdle.count()
        pump()
        // Nobody waited for it.
        if isRetired, idle.last === connection { connection.close() }
    }

    /// Has a connection write at the end of this turn of the loop, by one task for all.
    func flushLater(_ connection: HTTP1ClientConnection) {
        flushDue.append(connection)
        guard flushDue.count == 1 else { return }
        eventLoop.assumeIsolated().execute { self.flushAll() }
    }

    private func flushAll() {
        var index = 0
        // Writing may add to them.
        while index < flushDue.count {
            flushDue[index].flushIfDue()
            index += 1
        }
        flushDue.removeAll(keepingCapacity: true)
    }

    /// A connection is gone.
    func closed(_ connection: HTTP1ClientConnection) {
        forgetShared(connection)
        if let index = idle.lastIndex(where: { $0 === connection }) {
            idle.remove(at: index)
            metrics.poolIdle.count(-1)
        }
        forgetConnection()
        pumpLater()
    }

    /// A kept connection turned out closed under an exchange: it gets a new one.
    func retry(_ exchange: HTTP1ClientExchange) {
        metrics.retries.count()
        exchange.isRetried = true
        exchange.pool = self
        if exchange.isShort { enqueue(exchange) } else { connect(for: exchange) }
    }

    /// A caller broke off an exchange that may be in the queue.
    func cancelled(_ exchange: HTTP1ClientExchange) {
        guard let index = queue.firstIndex(where: { $0 === exchange }) else { return }
        queue.remove(at: index)
        if exchange.isShort { queuedShortCount -= 1 }
        metrics.poolQueued.count(-1)
    }

    // MARK: Queue

    private func dequeue() -> HTTP1ClientExchange? {
        guard let exchange = queue.popFirst() else { return nil }
        if exchange.isShort { queuedShortCount -= 1 }
        metrics.poolQueued.count(-1)
        return exchange
    }

    /// Gives idle connections to who waits, and makes new ones for the rest.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while let next = queue.first {
            if let connection = connection(sharedWith: next) {
                if let exchange = dequeue() { connection.start(exchange) }
            } else if let connection = idle.popLast() {
                metrics.poolIdle.count(-1)
                if let exchange = dequeue() { start(exchange, on: connection) }
            } else if connectingCount < connectionsWanted, openCount < limits.connectionsMax,
                !isClosed
            {
                connect(for: nil)
            } else {
                break
            }
        }
    }

    /// How many connections the queue is worth.
    private var connectionsWanted: Int {
        let shared = (queuedShortCount + limits.pipelineMax - 1) / max(limits.pipelineMax, 1)
        return queue.count - queuedShortCount + shared
    }

    private func start(_ exchange: HTTP1ClientExchange, on connection: HTTP1ClientConnection) {
        if exchange.isShort {
            if exchange.isRead { sharedByReads = connection } else { sharedByWrites = connection }
        }
        connection.start(exchange)
    }

    /// A connection that takes a short exchange besides those that it has.
    private func connection(
        sharedWith exchange: HTTP1ClientExchange
    ) -> HTTP1ClientConnection? {
        guard exchange.isShort else { return nil }
        let shared = exchange.isRead ? sharedByReads : sharedByWrites
        return shared?.takesMore == true ? shared : nil
    }

    private func forgetShared(_ connection: HTTP1ClientConnection) {
        if sharedByReads === connection { sharedByReads = nil }
        if sharedByWrites === connection { sharedByWrites = nil }
    }

    private func pumpLater() {
        guard !queue.isEmpty else { return }
        eventLoop.assumeIsolated().execute { self.pump() }
    }

    private func dropOverdue() {
        let now = eventLoop.now
        while let first = queue.first, first.queueDeadline <= now, let exchange = dequeue() {
            metrics.count(.response)
            exchange.fail(.timedOut)
        }
        if queue.isEmpty { stopTimer() } else { watchQueue() }
    }

    /// Sees to it that who waits longest doesn't wait for ever.
    private func watchQueue() {
        guard let first = queue.first else { return }
        let timer = timer ?? LazyTimer(on: eventLoop) { self.dropOverdue() }
        self.timer = timer
        timer.set(first.queueDeadline)
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    /// Fails an exchange once the call that led here has returned.
    func failLater(_ exchange: HTTP1ClientExchange, _ error: HTTPClientError) {
        eventLoop.assumeIsolated().execute { exchange.fail(error) }
    }

    // MARK: Connecting

    /// Makes a connection for one exchange, or for whoever is first in the queue by then.
    private func connect(for exchange: HTTP1ClientExchange?) {
        openCount += 1
        metrics.poolOpen.count()
        if exchange == nil { connectingCount += 1 }
        connector(eventLoop).assumeIsolated().whenComplete { result in
            if exchange == nil { self.connectingCount -= 1 }
            switch result {
            case .success(let channel): self.connected(channel, for: exchange)
            case .failure(let error): self.connectFailed(error, for: exchange)
            }
        }
    }

    private func connected(_ channel: any Channel, for exchange: HTTP1ClientExchange?) {
        let handler = try? channel.pipeline.syncOperations.handler(
            type: HTTP1ClientConnection.self
        )
        guard let connection = handler, connection.join(self) else {
            channel.close(promise: nil)
            let reason = handler?.closeReason ?? .connectionClosed
            return connectFailed(reason, for: exchange)
        }
        if let exchange, !exchange.isOver {
            start(exchange, on: connection)
        } else {
            released(connection)
        }
    }

    private func connectFailed(_ error: any Error, for exchange: HTTP1ClientExchange?) {
        metrics.connectFailures.count()
        forgetConnection()
        // One failure for one who waits: the others have attempts of their own.
        if let failing = exchange ?? dequeue() {
            let reason = HTTPClientError.connectFailed(String(describing: error))
            failLater(failing, (error as? HTTPClientError) ?? reason)
        }
        pump()
    }

    private func forgetConnection() {
        openCount -= 1
        metrics.poolOpen.count(-1)
    }

    private static func connect(
        to target: Target,
        on eventLoop: any EventLoop,
        _ limits: HTTPClientLimits,
        _ metrics: TransportMetrics,
        _ configure: (@Sendable (any Channel) throws -> Void)?
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(limits.connectTimeout)
            .channelOption(
                .writeBufferWaterMark,
                value: .init(low: limits.writeLowWaterBytes, high: limits.writeHighWaterBytes)
            )
            .channelOption(.recvAllocator, value: readAllocator(bytesMax: limits.readBytesMax))
            .channelOption(.maxMessagesPerRead, value: 2)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try configure?(channel)
                    try channel.pipeline.syncOperations.addHandler(
                        HTTP1ClientConnection(limits: limits, metrics: metrics)
                    )
                }
            }
        switch target {
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            return
                bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port)
        }
    }
}

/// Read buffers that grow with what a connection brings, up to `bytesMax`.
///
/// A connection keeps its buffer while it is idle: the first is as large as a handshake needs.
func readAllocator(bytesMax: Int) -> AdaptiveRecvByteBufferAllocator {
    let bytesMin = min(4096, bytesMax)
    return AdaptiveRecvByteBufferAllocator(
        minimum: bytesMin,
        initial: bytesMin,
        maximum: max(bytesMax, 1)
    )
}
