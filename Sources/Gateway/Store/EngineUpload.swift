import HTTPWire
import NIOCore
import S3Wire
import SigV4
import Transport

/// A sealed stream on its way to an engine that commits by `Content-Length` alone.
///
/// The last piece is held back until the gateway's final word: an upload that failed a check is
/// broken off short of its length, and the engine keeps nothing. It isn't begun before there is a
/// piece to send: an engine may take a head whose body never comes for an empty object. What a
/// part's trailer said goes into a record once the engine has the part, and only then does the
/// answer go on.
final class EngineUpload: HTTPClientExchange {
    private let head: HTTPRequestHead
    private let pool: EnginePool
    private let handler: any HTTPClientHandler
    private let record: EnginePartRecord?
    private var exchange: (any HTTPClientExchange)?
    private var held = ByteBuffer()

    private init(
        _ head: HTTPRequestHead,
        _ pool: EnginePool,
        _ handler: any HTTPClientHandler,
        _ record: EnginePartRecord?
    ) {
        self.head = head
        self.pool = pool
        self.handler = handler
        self.record = record
    }

    static func begin(
        _ head: HTTPRequestHead,
        on pool: EnginePool,
        handler: any HTTPClientHandler
    ) -> any HTTPClientExchange {
        var head = head
        if let size = head.fields["x-sealgate-size"].flatMap({ UInt64($0) }) {
            head.bodyLength = .known(size)
        }
        let isPart = head.fields["trailer"] == StoreRequest.partField
        head.fields.removeAll("x-sealgate-size")
        head.fields.removeAll("trailer")
        let record = isPart ? EnginePartRecord(target: head.target, pool, handler) : nil
        return EngineUpload(head, pool, handler, record)
    }

    var isWritable: Bool { exchange?.isWritable ?? true }

    func sendBody(_ body: ByteBuffer) {
        if held.readableBytes > 0 { begun().sendBody(held) }
        held = body
    }

    func sendEnd(trailers: HTTPFields?) {
        record?.attributes = trailers?[StoreRequest.partField]
        let exchange = begun()
        exchange.sendBody(held)
        held = ByteBuffer()
        exchange.sendEnd(trailers: nil)
    }

    func consume(_ count: Int) { exchange?.consume(count) }

    func cancel() {
        held = ByteBuffer()
        record?.cancel()
        exchange?.cancel()
    }

    private func begun() -> any HTTPClientExchange {
        if let exchange { return exchange }
        let begun = pool.send(head, payload: .unsigned, handler: record ?? handler)
        exchange = begun
        return begun
    }
}

/// Keeps a part's attributes when the engine took the part.
final class EnginePartRecord: HTTPClientHandler {
    /// What the gateway's trailer said; `nil` until the part is verified.
    var attributes: String?

    private let name: String?
    private let pool: EnginePool
    private var handler: (any HTTPClientHandler)?
    private var head: HTTPResponseHead?

    /// The record of the part that a target names.
    init(target: String, _ pool: EnginePool, _ handler: any HTTPClientHandler) {
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.utf8.endIndex
        let query = try? S3Query(raw: String(target[mark...].dropFirst()))
        if let uploadID = query?["uploadId"], let number = query?["partNumber"] {
            name = EngineRecordName.part(uploadID, number)
        } else {
            name = nil
        }
        self.pool = pool
        self.handler = handler
    }

    func cancel() { handler = nil }

    func received(_ head: HTTPResponseHead) {
        self.head = head
        if head.status != 200 { handler?.received(head) }
    }

    func received(_ body: Span<UInt8>) {
        if head?.status != 200 { handler?.received(body) }
    }

    func receivedEnd(trailers: HTTPFields) {
        guard let head, head.status == 200 else {
            handler?.receivedEnd(trailers: trailers)
            return
        }
        guard let name, let attributes, let entityTag = head.fields["etag"] else {
            handler?.failed(.responseInvalid)
            return
        }
        let request = StoreRequest(
            .put,
            bucket: StoreRequest.reservedBucket,
            key: name,
            body: EnginePartAttributes(entityTag: entityTag, attributes: attributes).bytes
        )
        StoreExchange.send(request.head, body: request.body, on: pool) { [self] result in
            switch result {
            case .success(let reply) where reply.isSuccess:
                handler?.received(head)
                handler?.receivedEnd(trailers: HTTPFields())
            case .success: handler?.failed(.responseInvalid)
            case .failure(.unreachable(let error)): handler?.failed(error)
            case .failure: handler?.failed(.responseInvalid)
            }
        }
    }

    func becameWritable() { handler?.becameWritable() }

    func failed(_ error: HTTPClientError) { handler?.failed(error) }
}
