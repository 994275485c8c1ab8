public import HTTPWire
public import NIOCore
internal import NIOPosix

/// Client exchanges whose bodies may come as open files: over a file link beside the connections
/// of another pool, if the server offers that (docs/backend-dialect.md, "Files").
///
/// Handlers notice nothing of it. Bound to its event loop.
public final class FilePool: HTTPClientPool {
    /// The field by which a request names its link.
    public static let linkField: StaticString = "x-sealgate-link"
    /// The field by which an answer names the body that went over the link.
    public static let tokenField: StaticString = "x-sealgate-files"
    /// The value of `linkField` in an answer, where the server doesn't know the link.
    public static let unknownLink = "unknown"
    /// What follows a socket's path in that of its links.
    public static let pathSuffix = ".files"

    /// How long files are kept that no answer spoke of, from when they were noticed.
    private static let sweepInterval = TimeAmount.seconds(60)

    let base: any HTTPClientPool
    let limits: HTTPClientLimits
    let metrics: TransportMetrics
    private let link: FileLink
    let run: (_ work: @escaping @Sendable () -> Void) -> EventLoopFuture<Void>
    /// Exchanges that go on in one of the loop's next turns.
    private var due = CircularBuffer<FileExchange>()
    private let makeTurns: (_ called: @escaping () -> Void) -> (any TurnSource)?
    private var turns: (any TurnSource)?
    private let filesMax: Int
    /// Files that exchanges have open.
    private var openCount = 0
    private var isSweepDue = false
    /// What is read goes through here.
    let buffer: LentBuffer

    /// A pool beside `base`.
    ///
    /// - Parameters:
    ///   - base: the pool that requests go through.
    ///   - path: the Unix socket that `base` goes to.
    ///   - filesMax: files that may be open when another body is asked for.
    ///   - limits: sizes and times; those of `base`.
    ///   - metrics: what is counted.
    public convenience init(
        _ base: any HTTPClientPool,
        path: String,
        filesMax: Int,
        limits: HTTPClientLimits,
        metrics: TransportMetrics
    ) {
        let eventLoop = base.eventLoop
        self.init(
            base,
            path: path,
            filesMax: filesMax,
            limits: limits,
            metrics: metrics
        ) { called in
            NextTurn(on: eventLoop, called: called)
        } run: { work in
            NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop, work)
        }
    }

    /// A pool that others call in the loop's next turn, and for which `run` waits for the disk.
    init(
        _ base: any HTTPClientPool,
        path: String,
        filesMax: Int,
        limits: HTTPClientLimits,
        metrics: TransportMetrics,
        turns: @escaping (_ called: @escaping () -> Void) -> (any TurnSource)?,
        run: @escaping (_ work: @escaping @Sendable () -> Void) -> EventLoopFuture<Void>
    ) {
        self.base = base
        self.filesMax = filesMax
        self.limits = limits
        self.metrics = metrics
        self.run = run
        makeTurns = turns
        link = FileLink(path: path + Self.pathSuffix, unclaimedMax: filesMax)
        buffer = LentBuffer(byteCount: max(limits.readBytesMax, 4096))
    }

    /// The loop that the connections live on.
    public var eventLoop: any EventLoop { base.eventLoop }

    /// Whether an exchange of the pool below is under way.
    public var isInUse: Bool { base.isInUse }

    /// Begins an exchange; a failure is told later, never from within this call.
    @discardableResult
    public func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        guard head.method == .get, openCount < filesMax, isReady,
            let name = link.nameIfOpen(eventLoop.now)
        else { return base.begin(head, handler: handler) }
        return FileExchange(head, handler: handler, link: name, pool: self)
    }

    /// Begins a short exchange, whose body comes the common way.
    @discardableResult
    public func beginShort(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange { base.beginShort(head, handler: handler) }

    /// Closes the connections of the pool below; files go on.
    public func close() { base.close() }

    /// Keeps no idle connection from now on.
    public func retire() { base.retire() }

    // MARK: What exchanges ask for

    /// The body that an answer names; `nil` where it isn't there or isn't what was said.
    func claim(_ token: UInt64) -> FileBody? {
        guard let body = link.claim(token, eventLoop.now), body.isSound else { return nil }
        openCount += body.fileCount
        metrics.filesReceived.count(body.fileCount)
        return body
    }

    /// Has an exchange go on in one of the loop's next turns, after the sockets that are ready.
    func goOnLater(_ exchange: FileExchange) {
        due.append(exchange)
        turns?.ask()
    }

    /// Whether there is a way to the next turn.
    private var isReady: Bool {
        if turns == nil { turns = makeTurns { [weak self] in self?.goOn() } }
        return turns?.isReady ?? false
    }

    private func goOn() {
        // One at a time, so that however many there are, others don't wait longer for their turn.
        due.popFirst()?.goOn()
        if !due.isEmpty { turns?.ask() }
    }

    /// An exchange has closed some files.
    func closed(_ count: Int) { openCount -= count }

    /// The server has forgotten the link.
    func linkIsUnknown() { link.reset(eventLoop.now) }

    /// An exchange was broken off before it knew whether files come: they would stay open.
    func sweepLater() {
        guard !isSweepDue else { return }
        isSweepDue = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.sweepInterval) {
            self.isSweepDue = false
            let now = self.eventLoop.now
            if self.link.sweep(until: now - Self.sweepInterval, now) { self.sweepLater() }
        }
    }
}
