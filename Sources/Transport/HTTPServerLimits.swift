public import HTTPWire
public import NIOCore

/// What a server grants its clients; the same for HTTP/1.1 and HTTP/2.
public struct HTTPServerLimits: Sendable {
    /// The limits of one message.
    public var message = HTTPLimits()

    /// The most connections at a time; more are closed as they come.
    public var connectionsMax = 10_000
    /// The most connections that the kernel keeps until they are accepted.
    public var backlogCount = 4096
    /// The most bytes read from a socket at once.
    public var readBytesMax = 131_072

    /// The most requests of one HTTP/1.1 connection that are served at a time, the next one before
    /// the last is answered; answers go out in the order of the requests (RFC 9112 section 9.3.2).
    public var pipelineMax = 1
    /// The most bytes of a request's body handed over and not yet consumed, HTTP/1.1.
    public var bodyWindowBytes = 262_144
    /// The most bytes of an unwanted request body read to keep an HTTP/1.1 connection.
    public var ignoredBodyBytesMax = 65_536
    /// The most bytes read and dropped after the last response of an HTTP/1.1 connection, so that
    /// the client reads the response before it meets a reset.
    public var lingerBytesMax = 1_048_576
    /// Queued bytes of output under which a connection becomes writable again.
    public var writeLowWaterBytes = 131_072
    /// Queued bytes of output from which on a connection isn't writable.
    public var writeHighWaterBytes = 524_288

    /// How long a TLS handshake may take.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// How long a request's head may take.
    public var headTimeout = TimeAmount.seconds(15)
    /// How long a peer may send nothing of a body it owes, or take nothing of a response.
    public var bodyIdleTimeout = TimeAmount.seconds(60)
    /// The least bytes a second of a request's body, judged over `bodyRatePeriod`.
    public var bodyBytesPerSecondMin = 1024
    /// The time over which the body's rate is judged.
    public var bodyRatePeriod = TimeAmount.seconds(10)
    /// How often the times of bodies are looked at.
    public var bodyCheckPeriod: TimeAmount { min(bodyRatePeriod, bodyIdleTimeout) }
    /// How long a connection may stay without a request.
    public var keepAliveTimeout = TimeAmount.seconds(75)
    /// How long, after an answer that came before the end of its request, what the client sends is
    /// still read: of a closing HTTP/1.1 connection, of an HTTP/2 stream.
    public var lingerTimeout = TimeAmount.seconds(2)

    /// The most open streams of one HTTP/2 connection.
    public var streamsMax = 128
    /// The receive window of one HTTP/2 stream, in bytes.
    public var streamWindowBytes = 1_048_576
    /// The receive window of one HTTP/2 connection, in bytes.
    public var connectionWindowBytes = 16_777_216
    /// The most streams that a client may reset within `resetsPeriod`, HTTP/2.
    public var resetsMax = 100
    /// The time over which resets are counted.
    public var resetsPeriod = TimeAmount.seconds(10)
    /// The most CONTINUATION frames of one header block, HTTP/2.
    public var continuationFramesMax = 8

    /// The defaults.
    public init() {}
}
