public import NIOCore
internal import Transport

/// TLS over OpenSSL for one connection: ciphertext below, plaintext above.
///
/// Several records are decrypted into one buffer and several encrypted into one write. It holds
/// back plaintext while nothing above asks to `read`. What is written before the handshake is
/// complete is queued. `close` sends what is queued and close_notify first.
public final class TLSHandler: ChannelDuplexHandler {
    /// Ciphertext.
    public typealias InboundIn = ByteBuffer
    /// Plaintext.
    public typealias InboundOut = ByteBuffer
    /// Plaintext; regions of files are refused.
    public typealias OutboundIn = IOData
    /// Ciphertext.
    public typealias OutboundOut = IOData

    /// Called once on the channel's loop when the handshake is complete, before any plaintext.
    ///
    /// It is the place to add the handlers above. Where it throws the connection is closed.
    public typealias HandshakeCompleted = (TLSConnectionInfo) throws -> Void

    enum State {
        case idle
        case handshaking
        case open
        /// Our close_notify is on its way; nothing more is read.
        case closing
        case closed
    }

    let session: TLSSession
    let metrics: TransportMetrics?
    let secureMetrics: SecureTransportMetrics?
    var state = State.idle
    var context: ChannelHandlerContext?
    /// Until the handshake: its deadline; from closing on: the deadline of the last write.
    var timer: Scheduled<Void>?
    var writes = TLSWriteQueue()

    private let handshakeTimeout: TimeAmount
    private var handshakeCompleted: HandshakeCompleted?
    // From the start: the channel's first read may have passed before this handler was there.
    private var isReadRequested = true
    private var isDecrypting = false

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
    ) {
        self.session = session
        self.handshakeTimeout = handshakeTimeout
        self.metrics = metrics
        self.secureMetrics = secureMetrics
        self.handshakeCompleted = handshakeCompleted
    }

    /// Begins the handshake where the channel is active already.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin() }
    }

    /// Drops what is queued.
    public func handlerRemoved(context: ChannelHandlerContext) {
        end(ChannelError.ioOnClosedChannel)
        self.context = nil
    }

    /// Begins the handshake.
    public func channelActive(context: ChannelHandlerContext) {
        begin()
        context.fireChannelActive()
    }

    /// Reports a handshake or stream cut short.
    public func channelInactive(context: ChannelHandlerContext) {
        let last = state
        end(ChannelError.ioOnClosedChannel)
        switch last {
        case .handshaking:
            secureMetrics?.handshakeFailures.count()
            context.fireErrorCaught(TLSError.handshakeFailed(reason: "connection closed"))
        case .open where !session.isClosedByPeer:
            secureMetrics?.truncations.count()
            context.fireErrorCaught(TLSError.truncated)
        case .idle, .open, .closing, .closed: break
        }
        context.fireChannelInactive()
    }

    /// Takes ciphertext.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .handshaking:
            session.receive(unwrapInboundIn(data))
            continueHandshake()
        case .open:
            session.receive(unwrapInboundIn(data))
            decrypt(context)
        case .idle, .closing, .closed: break
        }
    }

    /// Passes the end of a burst on; the reads that were asked for are thereby done.
    public func channelReadComplete(context: ChannelHandlerContext) {
        if state == .open { isReadRequested = false }
        context.fireChannelReadComplete()
    }

    /// Delivers what was held back, or asks the socket for more.
    public func read(context: ChannelHandlerContext) {
        isReadRequested = true
        guard state == .open, session.hasInput else { return context.read() }
        // Not at once: who asks may stand in the middle of something.
        context.eventLoop.assumeIsolated().execute { self.deliverHeld() }
    }

    private func deliverHeld() {
        guard let context, state == .open, isReadRequested else { return }
        if decrypt(context) {
            isReadRequested = false
            context.fireChannelReadComplete()
            // The channel asks again after bursts of its own only.
            let options = context.channel.syncOptions
            if (try? options?.getOption(.autoRead)) ?? true { context.channel.read() }
        } else if state == .open {
            context.read()
        }
    }

    private func begin() {
        guard state == .idle, let context else { return }
        state = .handshaking
        let loop = context.eventLoop.assumeIsolated()
        timer = loop.scheduleTask(in: handshakeTimeout) { self.handshakeTimedOut() }
        continueHandshake()
    }

    private func handshakeTimedOut() {
        guard state == .handshaking else { return }
        metrics?.count(.handshake)
        fail(.handshakeTimedOut)
    }

    private func continueHandshake() {
        guard state == .handshaking, let context else { return }
        let isComplete: Bool
        do throws(TLSError) {
            isComplete = try session.handshake()
        } catch {
            secureMetrics?.handshakeFailures.count()
            return fail(error)
        }
        if sendOutbound(context, promise: nil) { context.flush() }
        guard isComplete else { return context.read() }
        opened(context)
    }

    private func opened(_ context: ChannelHandlerContext) {
        state = .open
        timer?.cancel()
        timer = nil
        secureMetrics?.handshakes.count()
        if session.makesRecords { secureMetrics?.recordTakeOvers.count() }
        let completed = handshakeCompleted
        handshakeCompleted = nil
        do {
            try completed?(session.info)
        } catch {
            context.fireErrorCaught(error)
            return close(context: context, mode: .all, promise: nil)
        }
        sendEarlyWrites(context)
        decrypt(context)
    }

    /// Decrypts all there is, a batch at a time; `true` where any plaintext was passed on.
    @discardableResult
    private func decrypt(_ context: ChannelHandlerContext) -> Bool {
        guard !isDecrypting else { return false }
        isDecrypting = true
        defer { isDecrypting = false }
        var didDeliver = false
        while state == .open, isReadRequested {
            let count = session.plaintextCountHint
            guard count > 0 else { break }
            var plaintext = LoopBuffers.current.plaintext.take(min(count, Self.batchCountMax))
            let end: Result<TLSReadEnd, TLSError>
            do throws(TLSError) {
                end = .success(try session.read(into: &plaintext))
            } catch {
                end = .failure(error)
            }
            if plaintext.readableBytes > 0 {
                didDeliver = true
                context.fireChannelRead(wrapInboundOut(plaintext))
            }
            LoopBuffers.current.plaintext.give(plaintext)
            guard goOn(context, after: end) else { break }
        }
        return didDeliver
    }

    private func goOn(
        _ context: ChannelHandlerContext,
        after end: Result<TLSReadEnd, TLSError>
    ) -> Bool {
        guard state == .open else { return false }
        switch end {
        case .success(.full): return true
        case .success(.needsInput):
            // A key update is answered.
            if writes.isEmpty, sendOutbound(context, promise: nil) { context.flush() }
        case .success(.closed):
            close(context: context, mode: .all, promise: nil)
        case .failure(let error):
            secureMetrics?.protocolFailures.count()
            fail(error)
        }
        return false
    }

    /// The most plaintext passed on at once.
    static let batchCountMax = 131_072
}
