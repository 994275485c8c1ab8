public import HTTPWire
public import NIOCore

/// What a pool of client connections takes and waits for.
public struct HTTPClientLimits: Sendable {
    /// The limits of one message.
    public var message = HTTPLimits()

    /// The most connections of one pool.
    public var connectionsMax = 64
    /// The most exchanges that wait for a connection.
    public var queueMax = 1024
    /// The most short exchanges of a connection at a time (pipelining, RFC 9112 section 9.3.2).
    public var pipelineMax = 1
    /// The most bytes read from a socket at once.
    public var readBytesMax = 131_072
    /// The most bytes of a response's body handed over and not yet consumed.
    public var bodyWindowBytes = 262_144
    /// Queued bytes of output under which a connection becomes writable again.
    public var writeLowWaterBytes = 131_072
    /// Queued bytes of output from which on a connection isn't writable.
    public var writeHighWaterBytes = 524_288

    /// How long a connection may take to be made.
    public var connectTimeout = TimeAmount.seconds(5)
    /// How long an exchange waits for the server without any progress.
    public var responseTimeout = TimeAmount.seconds(30)
    /// How long an idle connection is kept.
    public var idleTimeout = TimeAmount.seconds(60)

    /// The defaults.
    public init() {}
}
