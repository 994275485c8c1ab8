public import Synchronization

/// Counters of the transport; read at any time, from any thread.
///
/// Each is a total since the start but for `connectionsOpen`, `poolOpen`, `poolIdle` and
/// `poolQueued`, which go up and down.
public final class TransportMetrics: Sendable {
    /// The limits in time whose breach is counted.
    public enum Timeout: Sendable, CaseIterable {
        /// A request's body came too slowly.
        case bodyRate
        /// Nothing of a request's body came, or nothing of a response was taken.
        case bodyIdle
        /// A TLS handshake took too long.
        case handshake
        /// A request's head took too long.
        case head
        /// A kept connection brought no further request.
        case keepAlive
        /// A server answered a client exchange with nothing.
        case response
    }

    /// Server connections that are open.
    public let connectionsOpen = Atomic<Int>(0)
    /// Server connections accepted.
    public let connectionsTotal = Atomic<Int>(0)
    /// Server connections closed at once: over the limit or not of an allowed user.
    public let connectionsRefused = Atomic<Int>(0)
    /// Requests whose heads came in whole.
    public let requestsTotal = Atomic<Int>(0)
    /// Bytes read by HTTP/1.1 and HTTP/2 server handlers, without TLS.
    public let bytesIn = Atomic<Int>(0)
    /// Bytes written by HTTP/1.1 and HTTP/2 server handlers, without TLS.
    public let bytesOut = Atomic<Int>(0)
    /// Requests of HTTP/1.1 that came while one before them on the connection wasn't answered.
    public let requestsAhead = Atomic<Int>(0)
    /// Messages that broke HTTP's rules or limits.
    public let parseErrors = Atomic<Int>(0)

    /// Client connections that are open or being opened.
    public let poolOpen = Atomic<Int>(0)
    /// Client connections without an exchange.
    public let poolIdle = Atomic<Int>(0)
    /// Client exchanges that wait for a connection.
    public let poolQueued = Atomic<Int>(0)
    /// Client connections that couldn't be made.
    public let connectFailures = Atomic<Int>(0)
    /// Client exchanges sent again because a kept connection was closed.
    public let retries = Atomic<Int>(0)

    /// Client exchanges that were begun on a connection while one before them wasn't answered.
    public let exchangesAhead = Atomic<Int>(0)

    /// Open files of bodies that a server passed to client exchanges.
    public let filesReceived = Atomic<Int>(0)
    /// Times that bytes of such files had to be waited for.
    public let fileReadsFromDisk = Atomic<Int>(0)

    private let bodyRateTimeouts = Atomic<Int>(0)
    private let bodyIdleTimeouts = Atomic<Int>(0)
    private let handshakeTimeouts = Atomic<Int>(0)
    private let headTimeouts = Atomic<Int>(0)
    private let keepAliveTimeouts = Atomic<Int>(0)
    private let responseTimeouts = Atomic<Int>(0)

    /// All at zero.
    public init() {}

    /// Counts a breach of a limit in time.
    public func count(_ timeout: Timeout) {
        switch timeout {
        case .bodyRate: bodyRateTimeouts.add(1, ordering: .relaxed)
        case .bodyIdle: bodyIdleTimeouts.add(1, ordering: .relaxed)
        case .handshake: handshakeTimeouts.add(1, ordering: .relaxed)
        case .head: headTimeouts.add(1, ordering: .relaxed)
        case .keepAlive: keepAliveTimeouts.add(1, ordering: .relaxed)
        case .response: responseTimeouts.add(1, ordering: .relaxed)
        }
    }

    /// How often a limit in time was broken.
    public func total(of timeout: Timeout) -> Int {
        switch timeout {
        case .bodyRate: bodyRateTimeouts.load(ordering: .relaxed)
        case .bodyIdle: bodyIdleTimeouts.load(ordering: .relaxed)
        case .handshake: handshakeTimeouts.load(ordering: .relaxed)
        case .head: headTimeouts.load(ordering: .relaxed)
        case .keepAlive: keepAliveTimeouts.load(ordering: .relaxed)
        case .response: responseTimeouts.load(ordering: .relaxed)
        }
    }
}

extension Atomic where Value == Int {
    /// Adds to a counter that orders nothing else.
    @inlinable
    func count(_ amount: Int = 1) { add(amount, ordering: .relaxed) }
}
