import Encoding
import HTTPWire
import NIOCore
import NIOPosix
import S3Wire
import SigV4
import Transport

@testable import Gateway

/// The whole S3 application over a store in memory, on a loop that runs.
final class LoopGateway: Sendable {
    /// What a request was answered.
    struct Answer: Sendable {
        var status: Int
        var fields: HTTPFields
        var body: [UInt8]
        var isReset: Bool
        var continueCount: Int
        var misuses: [String]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The `<Code>` of an error.
        var code: String? { (try? ErrorDocument(xml: body))?.code }
    }

    private struct Parts {
        var application: GatewayApplication
        var store: MemoryStore
        var signer: SigV4Signer
        var context: LoopContext
    }

    let keys: TestKeys
    private let eventLoop: any EventLoop
    private let parts: NIOLoopBound<Parts>

    /// A gateway whose store has the bucket `demo`.
    init(_ keys: TestKeys, _ capabilities: StoreCapabilities = .all) async throws {
        self.keys = keys
        let eventLoop = NIOSingletons.posixEventLoopGroup.next()
        self.eventLoop = eventLoop
        parts = try await eventLoop.submit {
            let store = MemoryStore(eventLoop)
            store.buckets = ["demo"]
            var form = keys.services.storeForm
            form.capabilities = capabilities
            let context = LoopContext(
                eventLoop: eventLoop,
                services: keys.services(storeForm: form),
                store: store.pool,
                objectCacheCountMax: 16,
                requestIDSeed: 1
            )
            let contexts = [
                ObjectIdentifier(eventLoop): NIOLoopBound(context, eventLoop: eventLoop)
            ]
            return NIOLoopBound(
                Parts(
                    application: GatewayApplication(LoopContexts(contexts)),
                    store: store,
                    signer: try TestKeys.signer(),
                    context: context
                ),
                eventLoop: eventLoop
            )
        }.get()
    }

    /// Looks at the store, or changes it.
    func store<Value: Sendable>(
        _ body: @escaping @Sendable (MemoryStore) throws -> Value
    ) async throws -> Value {
        let parts = parts
        return try await eventLoop.submit { try body(parts.value.store) }.get()
    }

    /// Lines of the requests to the store so far, the oldest first.
    func storeLines() async throws -> [String] {
        try await store { store in store.pool.exchanges.map(\.line) }
    }

    /// Sends a signed request and waits for its answer.
    func send(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: [(String, String)] = [],
        body: [UInt8] = [],
        payload: SigV4Payload = .unsigned,
        isSigned: Bool = true
    ) async throws -> Answer {
        let parts = parts
        let eventLoop = eventLoop
        return try await eventLoop.flatSubmit {
            let promise = eventLoop.makePromise(of: Answer.self)
            do {
                try Self.send(
                    parts.value,
                    method,
                    target,
                    fields,
                    body,
                    payload,
                    isSigned,
                    promise
                )
            } catch {
                promise.fail(error)
            }
            return promise.futureResult
        }.get()
    }

    private static func send(
        _ parts: Parts,
        _ method: HTTPMethod,
        _ target: String,
        _ fields: [(String, String)],
        _ body: [UInt8],
        _ payload: SigV4Payload,
        _ isSigned: Bool,
        _ promise: EventLoopPromise<Answer>
    ) throws {
        var head = HTTPRequestHead(
            method: method,
            target: target,
            authority: "gateway.example",
            fields: HTTPFields(fields),
            bodyLength: .known(UInt64(body.count))
        )
        if isSigned { try parts.signer.sign(&head, payload: payload, now: TestKeys.now) }
        let exchange = FakeExchange(promise.futureResult.eventLoop)
        var handler: (any HTTPServerHandler)?
        exchange.onEnd = {
            promise.futureResult.eventLoop.assumeIsolated().execute {
                handler?.closed(complete: !exchange.isReset)
                handler = nil
                promise.succeed(
                    Answer(
                        status: exchange.status ?? 0,
                        fields: exchange.head?.fields ?? HTTPFields(),
                        body: exchange.body,
                        isReset: exchange.isReset,
                        continueCount: exchange.continueCount,
                        misuses: exchange.misuses
                    )
                )
            }
        }
        handler = parts.application.begin(head, on: exchange)
        var offset = 0
        while offset < body.count, !exchange.isIgnoring {
            let end = min(offset + 50_000, body.count)
            handler?.received(body[offset..<end].span)
            offset = end
        }
        if !exchange.isIgnoring { handler?.receivedEnd(trailers: HTTPFields()) }
    }
}
