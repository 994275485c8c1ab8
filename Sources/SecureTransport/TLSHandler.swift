public import NIOCore
public import Transport

/// TLS over OpenSSL for one connection: ciphertext below, plaintext above.
///
/// Several records are decrypted into one buffer and several encrypted into one write. It holds
/// back plaintext while nothing above asks to `read`. What is written before the handshake is
/// complete is queued.
public final class TLSHandler: ChannelDuplexHandler {
    /// Ciphertext.
    public typealias InboundIn = ByteBuffer
    /// Plaintext.
    public typealias InboundOut = ByteBuffer
    /// Plaintext; regions of files are refused.
    public typealias OutboundIn = IOData
    /// Ciphertext.
    public typealias OutboundOut = IOData

    /// Called once on the channel's loop when the handshake is complete, before any plaintext is
    /// passed on: the place to add the handlers above. Where it throws the connection is closed.
    public typealias HandshakeCompleted = (TLSConnectionInfo) throws -> Void

    /// A server's end of a connection.
    ///
    /// - Parameters:
    ///   - context: certificate, key and rules.
    ///   - handshakeTimeout: how long the handshake may take.
    ///   - handshakeCompleted: adds the handlers above.
    /// - Throws: `.libraryFailure`.
    public convenience init(
        server context: TLSServerContext,
        handshakeTimeout: TimeAmount = .seconds(10),
        handshakeCompleted: @escaping HandshakeCompleted
    ) throws(TLSError) {
        self.init(
            try context.makeSession(),
            handshakeTimeout: handshakeTimeout,
            handshakeCompleted: handshakeCompleted
        )
    }

    /// A client's end of a connection.
    ///
    /// - Parameters:
    ///   - context: whom the client trusts and who it is.
    ///   - serverName: the DNS name or IP address that the server's certificate must be for.
    ///   - handshakeTimeout: how long the handshake may take.
    ///   - handshakeCompleted: adds the handlers above.
    /// - Throws: `.serverNameInvalid`, `.libraryFailure`.
    public convenience init(
        client context: TLSClientContext,
        serverName: String,
        handshakeTimeout: TimeAmount = .seconds(10),
        handshakeCompleted: @escaping HandshakeCompleted
    ) throws(TLSError) {
        self.init(
            try context.makeSession(serverName: serverName),
            handshakeTimeout: handshakeTimeout,
            handshakeCompleted: handshakeCompleted
        )
    }

    init(
        _ session: TLSSession,
        handshakeTimeout: TimeAmount,
        metrics: TransportMetrics? = nil,
        secureMetrics: SecureTransportMetrics? = nil,
        handshakeCompleted: @escaping HandshakeCompleted
    ) {}
}
