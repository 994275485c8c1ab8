public import Synchronization

/// Counters of TLS and HTTP/2; read at any time, from any thread.
///
/// Each is a total since the start.
public final class SecureTransportMetrics: Sendable {
    /// TLS handshakes completed.
    public let handshakes = Atomic<Int>(0)
    /// TLS handshakes completed after which records were made without OpenSSL.
    public let recordTakeOvers = Atomic<Int>(0)
    /// TLS handshakes failed, but for timeouts.
    public let handshakeFailures = Atomic<Int>(0)
    /// TLS connections that ended without close_notify.
    public let truncations = Atomic<Int>(0)
    /// TLS connections ended by a broken or forged record.
    public let protocolFailures = Atomic<Int>(0)
    /// HTTP/2 connections.
    public let http2Connections = Atomic<Int>(0)
    /// HTTP/2 connections ended because the peer broke the protocol or a limit of it.
    public let http2ConnectionErrors = Atomic<Int>(0)
    /// HTTP/2 connections ended because of a flood: resets, control frames, header blocks.
    public let http2Floods = Atomic<Int>(0)
    /// HTTP/2 requests refused because their fields are over a limit.
    public let http2HeadsTooLarge = Atomic<Int>(0)
    /// HTTP/2 streams reset by clients.
    public let http2ResetsReceived = Atomic<Int>(0)
    /// HTTP/2 streams reset by this end.
    public let http2ResetsSent = Atomic<Int>(0)

    /// All at zero.
    public init() {}
}

extension Atomic where Value == Int {
    func count(_ amount: Int = 1) { add(amount, ordering: .relaxed) }
}
