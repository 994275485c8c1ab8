internal import NIOCore
internal import Synchronization

/// The open connections of one server.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Kept once the last connection is closed.
        var drained: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())
    private let connectionsMax: Int
    private let metrics: TransportMetrics

    init(connectionsMax: Int, metrics: TransportMetrics) {
        self.connectionsMax = connectionsMax
        self.metrics = metrics
    }

    var count: Int { state.withLock { $0.channels.count } }

    /// Takes a connection in until it closes.
    ///
    /// - Throws: `.tooManyConnections`.
    func admit(_ channel: any Channel) throws(ConnectionRefusal) {
        let id = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            guard state.channels.count < connectionsMax, state.drained == nil else { return false }
            state.channels[id] = channel
            return true
        }
        guard isAdmitted else {
            metrics.connectionsRefused.count()
            throw .tooManyConnections
        }
        metrics.connectionsTotal.count()
        metrics.connectionsOpen.count()
        channel.closeFuture.whenComplete { [self] _ in
            metrics.connectionsOpen.count(-1)
            let drained = state.withLock { state in
                state.channels[id] = nil
                return state.channels.isEmpty ? state.drained : nil
            }
            drained?.succeed()
        }
    }

    /// Tells every connection to finish; the future is kept when all are closed.
    func drain(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let (channels, earlier) = state.withLock { state in
            let earlier = state.drained
            if earlier == nil { state.drained = promise }
            return (Array(state.channels.values), earlier)
        }
        if channels.isEmpty || earlier != nil {
            // Whoever drains a second time waits for the first.
            if let earlier { promise.completeWith(earlier.futureResult) } else { promise.succeed() }
            return promise.futureResult
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ConnectionEvent.drain)
        }
        return promise.futureResult
    }

    /// Closes every connection at once.
    func closeAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }
}
