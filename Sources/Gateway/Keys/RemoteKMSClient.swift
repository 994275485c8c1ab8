import HTTPWire
import KMS
import NIOCore
import Transport

/// The way to a KMS on the network: HTTP/1.1 connections of one event loop, from any task.
struct RemoteKMSClient: KMSTransport {
    /// Room for a listing of some ten thousand keys.
    static let bodyBytesMax = 1 << 20

    private enum Sending {
        case cancelled
        case running(StoreExchange)
    }

    private let eventLoop: any EventLoop
    private let pool: NIOLoopBound<any HTTPClientPool>
    let authority: String

    /// A client over a loop's pool; made on that loop.
    init(_ pool: any HTTPClientPool, authority: String) {
        eventLoop = pool.eventLoop
        self.pool = NIOLoopBound(pool, eventLoop: pool.eventLoop)
        self.authority = authority
    }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        let head = HTTPRequestHead(
            method: request.method,
            target: request.target,
            authority: authority,
            fields: request.fields
        )
        let sending = NIOLoopBoundBox<Sending?>.makeEmptyBox(
            valueType: Sending.self,
            eventLoop: eventLoop
        )
        let body = request.body
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                eventLoop.execute {
                    if case .cancelled = sending.value {
                        return continuation.resume(returning: Self.cancelled)
                    }
                    let exchange = StoreExchange.send(
                        head,
                        body: body,
                        bodyBytesMax: Self.bodyBytesMax,
                        on: pool.value
                    ) { continuation.resume(returning: $0) }
                    sending.value = .running(exchange)
                }
            }
        } onCancel: {
            eventLoop.execute {
                if case .running(let exchange) = sending.value { exchange.cancel() }
                sending.value = .cancelled
            }
        }
        if Task.isCancelled { throw .cancelled }
        switch result {
        case .success(let reply): return KMSReply(status: reply.status, body: reply.body)
        case .failure(let error): throw KMSError(error)
        }
    }

    func retire() {
        let pool = pool
        eventLoop.execute { pool.value.retire() }
    }

    private static let cancelled = Result<StoreReply, StoreError>.failure(
        .unreachable(.connectionClosed)
    )
}

extension KMSError {
    /// What the failure of an exchange with a KMS means.
    fileprivate init(_ error: StoreError) {
        switch error {
        case .answerInvalid(let reason): self = .unreachable(reason)
        case .answerTooLarge: self = .unreachable("the answer is too long")
        case .unreachable(let error):
            switch error {
            case .connectFailed(let reason): self = .unreachable(reason)
            case .connectionClosed: self = .unreachable("the connection was closed")
            case .peerNotTrusted(let reason):
                self = .misconfigured("the server's certificate is not trusted: \(reason)")
            case .queueFull: self = .overloaded
            case .responseInvalid: self = .unreachable("the answer is no HTTP")
            case .timedOut: self = .timedOut
            }
        }
    }
}
