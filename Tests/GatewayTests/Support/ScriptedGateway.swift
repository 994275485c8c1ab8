import Encoding
import HTTPWire
import NIOCore
import NIOEmbedded
import S3Wire
import SigV4
import Transport

@testable import Gateway

/// The S3 application on a loop that stands still, over a store that the test plays.
///
/// Keys must be in memory (`TestKeys.warm`): nothing here may wait for a task.
final class ScriptedGateway {
    let loop = EmbeddedEventLoop()
    let store: FakeStore
    let context: LoopContext
    private let application: GatewayApplication
    private let signer: SigV4Signer

    init(
        _ keys: TestKeys,
        form: StoreForm = .dialect,
        digestThreads: DigestThreads? = nil
    ) throws {
        store = FakeStore(loop)
        context = LoopContext(
            eventLoop: loop,
            services: keys.services(storeForm: form, digestThreads: digestThreads),
            store: store,
            objectCacheCountMax: 16,
            requestIDSeed: 1
        )
        application = GatewayApplication(
            LoopContexts([ObjectIdentifier(loop): NIOLoopBound(context, eventLoop: loop)])
        )
        signer = try TestKeys.signer()
    }

    /// Begins a signed request; its body, if any, is the test's to send.
    func begin(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: [(String, String)] = [],
        bodyLength: HTTPBodyLength = .known(0),
        payload: SigV4Payload = .unsigned
    ) throws -> ScriptedRequest {
        var head = HTTPRequestHead(
            method: method,
            target: target,
            authority: "gateway.example",
            fields: HTTPFields(fields),
            bodyLength: bodyLength
        )
        try signer.sign(&head, payload: payload, now: TestKeys.now)
        let exchange = FakeExchange(loop)
        let handler = application.begin(head, on: exchange)
        return ScriptedRequest(exchange: exchange, handler: handler, fields: head.fields)
    }

    /// Stores an object by a PUT and gives what the store was sent.
    func put(
        _ body: [UInt8],
        _ fields: [(String, String)] = [],
        target: String = "/demo/key"
    ) throws -> SealedFixture {
        context.buckets.saw("demo", now: TestKeys.now)
        let request = try begin(.put, target, fields, bodyLength: .known(UInt64(body.count)))
        request.send(body)
        let sent = try require(store.exchanges.last)
        let metadata = try require(sent.metadata)
        sent.answer(200, [("etag", "\"e\"")])
        request.close()
        store.clear()
        return SealedFixture(stored: sent.body, metadata: metadata)
    }
}

/// What the store keeps of an object.
struct SealedFixture {
    var stored: [UInt8]
    var metadata: String

    /// The head fields of its answer to GET and HEAD.
    func fields(etag: String = "\"e\"") -> [(String, String)] {
        [
            ("etag", etag), ("last-modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
            ("x-amz-meta-sealgate", metadata), ("content-length", String(stored.count)),
        ]
    }
}

/// A request whose two ends the test holds.
final class ScriptedRequest {
    let exchange: FakeExchange
    private(set) var handler: (any HTTPServerHandler)?
    /// The fields as the transport may still hold them.
    let fields: HTTPFields

    init(exchange: FakeExchange, handler: any HTTPServerHandler, fields: HTTPFields) {
        self.exchange = exchange
        self.handler = handler
        self.fields = fields
    }

    func receive(_ bytes: [UInt8]) { handler?.received(bytes.span) }

    /// The whole body in pieces, and its end.
    func send(_ body: [UInt8], pieceCount: Int = 30_000) {
        var offset = 0
        while offset < body.count {
            let end = min(offset + pieceCount, body.count)
            receive(Array(body[offset..<end]))
            offset = end
        }
        end()
    }

    func end(_ trailers: HTTPFields = HTTPFields()) { handler?.receivedEnd(trailers: trailers) }

    func becomeWritable() {
        exchange.isWritable = true
        handler?.becameWritable()
    }

    /// The exchange is over; the transport lets go of the handler.
    func close(complete: Bool = true) {
        handler?.closed(complete: complete)
        handler = nil
    }
}

/// Why a fixture can't be made.
struct FixtureError: Error {}

/// The value, or a thrown error where there is none.
func require<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw FixtureError() }
    return value
}
