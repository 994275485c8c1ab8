import Crypto
import Encoding
import HTTPWire
import NIOCore
import SigV4
import Transport

/// Requests of the dialect as a foreign engine takes them: names spelled, hosts named, signed.
///
/// What needs more than one request is `EngineTranslation`'s; a body that is known by its end only
/// is `EngineUpload`'s. Bound to its event loop.
final class EnginePool: HTTPClientPool {
    private let base: any HTTPClientPool
    private let authority: String
    private let names: EngineNames
    private let signer: SigV4Signer
    private let clock: @Sendable () -> Timestamp

    init(
        _ base: any HTTPClientPool,
        authority: String,
        names: EngineNames,
        signer: SigV4Signer,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.base = base
        self.authority = authority
        self.names = names
        self.signer = signer
        self.clock = clock
    }

    var eventLoop: any EventLoop { base.eventLoop }

    var isInUse: Bool { base.isInUse }

    func begin(
        _ head: HTTPRequestHead,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        switch head.bodyLength {
        case .known(0): send(head, payload: .empty, handler: handler)
        case .known: EngineDocument(head, pool: self, handler: handler)
        case .unknown: EngineUpload.begin(head, on: self, handler: handler)
        }
    }

    func close() { base.close() }

    func retire() { base.retire() }

    /// Begins a request whose framing is decided, signed.
    func send(
        _ head: HTTPRequestHead,
        payload: SigV4Payload,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        var head = head
        head.authority = authority
        head.target = names.target(head.target)
        do throws(SigV4Error) {
            try signer.sign(&head, payload: payload, now: clock())
        } catch {
            // It goes unsigned, and the engine refuses it.
            head.fields.removeAll("authorization")
        }
        return base.begin(head, handler: handler)
    }
}

/// A short body: held until it is whole, so that its digest can be signed.
private final class EngineDocument: HTTPClientExchange {
    private let head: HTTPRequestHead
    private let pool: EnginePool
    private var handler: (any HTTPClientHandler)?
    private var body = ByteBuffer()
    private var exchange: (any HTTPClientExchange)?

    init(_ head: HTTPRequestHead, pool: EnginePool, handler: any HTTPClientHandler) {
        self.head = head
        self.pool = pool
        self.handler = handler
    }

    var isWritable: Bool { exchange?.isWritable ?? true }

    func sendBody(_ body: ByteBuffer) {
        var body = body
        self.body.writeBuffer(&body)
    }

    func sendEnd(trailers: HTTPFields?) {
        guard let handler else { return }
        self.handler = nil
        let digest = HashFunction.sha256.digest(body.readableBytesUInt8Span)
        exchange = pool.send(head, payload: .sha256(digest), handler: handler)
        exchange?.sendBody(body)
        exchange?.sendEnd(trailers: nil)
        body = ByteBuffer()
    }

    func consume(_ count: Int) { exchange?.consume(count) }

    func cancel() {
        handler = nil
        exchange?.cancel()
    }
}
