import Encoding
import HTTPWire
import S3Wire
import SealedObject
import Testing
import Transport

@testable import Gateway

@Suite struct UploadHandlerTests {
    private let keys: TestKeys

    init() async throws {
        keys = try await TestKeys()
        try await keys.warm("demo")
    }

    private func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private func upload(
        _ gateway: ScriptedGateway,
        count: Int,
        _ fields: [(String, String)] = []
    ) throws -> ScriptedRequest {
        try gateway.begin(.put, "/demo/key", fields, bodyLength: .known(UInt64(count)))
    }

    @Test(
        "what is stored is as long as the format says, and committed by its envelope",
        arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000]
    )
    func sizes(count: Int) throws {
        let gateway = try ScriptedGateway(keys)
        let request = try upload(gateway, count: count)
        gateway.store.exchanges[0].answer(200)
        request.send(bytes(count))
        let put = gateway.store.exchanges[1]
        #expect(put.line == "PUT /demo/key")
        if count == 0 || count == 1 {
            #expect(put.head.bodyLength == .known(UInt64(put.body.count)))
            #expect(put.head.fields["trailer"] == nil && put.trailers == nil)
        } else {
            #expect(put.head.fields["x-sealgate-size"] == String(put.body.count))
            #expect(put.head.fields["trailer"] == "x-amz-meta-sealgate")
        }
        #expect(put.body.count == 96 + count + 16 * max(1, (count + 65_535) / 65_536))
        let text = try #require(put.metadata)
        #expect(try Envelope(text: text.utf8).body.plaintextCount == count)
        #expect(request.exchange.head == nil)
        put.answer(200, [("etag", "\"x\"")])
        #expect(request.exchange.status == 200)
        #expect(request.exchange.misuses == [])
    }

    @Test("bytes behind the end of a body change nothing", arguments: [10, 200_000])
    func behind(count: Int) throws {
        let gateway = try ScriptedGateway(keys)
        let request = try upload(gateway, count: count)
        gateway.store.exchanges[0].answer(200)
        request.send(bytes(count))
        let put = gateway.store.exchanges[1]
        let stored = put.body
        request.receive(bytes(5))
        request.end()
        #expect(put.body == stored)
        #expect(request.exchange.consumedCount == count + 5)
        put.answer(200, [("etag", "\"x\"")])
        #expect(request.exchange.status == 200)
        #expect(gateway.store.exchanges.count == 2)
    }

    @Test("bytes that come before the upload may start are held, and no credit is given")
    func held() throws {
        let gateway = try ScriptedGateway(keys)
        let request = try upload(gateway, count: 100_000, [("expect", "100-continue")])
        request.receive(bytes(60_000))
        #expect(gateway.store.exchanges.map(\.line) == ["HEAD /demo"])
        #expect(request.exchange.consumedCount == 0)
        #expect(request.exchange.continueCount == 0)
        gateway.store.exchanges[0].answer(200)
        #expect(request.exchange.continueCount == 1)
        #expect(request.exchange.consumedCount == 60_000)
        request.receive(bytes(40_000))
        #expect(request.exchange.consumedCount == 100_000)
        request.end()
        #expect(gateway.store.exchanges[1].trailers != nil)
    }

    @Test("a body that ended before the upload could start is sealed all the same")
    func heldEnd() throws {
        let gateway = try ScriptedGateway(keys)
        let request = try upload(gateway, count: 10)
        request.send(bytes(10))
        #expect(gateway.store.exchanges.count == 1)
        gateway.store.exchanges[0].answer(200)
        #expect(gateway.store.exchanges[1].metadata != nil)
        #expect(gateway.store.exchanges[1].body.count == 96 + 10 + 16)
    }

    @Test("uploads that wait for one bucket share the question, and what came of it")
    func sharedQuestion() throws {
        let gateway = try ScriptedGateway(keys)
        let refused = try (0..<3).map { _ in try upload(gateway, count: 10) }
        for request in refused { request.send(bytes(10)) }
        #expect(gateway.store.exchanges.map(\.line) == ["HEAD /demo"])
        gateway.store.exchanges[0].answer(404)
        #expect(refused.allSatisfy { $0.exchange.status == 404 })
        gateway.store.clear()
        let taken = try (0..<3).map { _ in try upload(gateway, count: 10) }
        for request in taken.dropFirst() { request.send(bytes(10)) }
        taken[0].close(complete: false)
        #expect(gateway.store.exchanges.map(\.line) == ["HEAD /demo"])
        gateway.store.exchanges[0].answer(200)
        #expect(
            gateway.store.exchanges.dropFirst().map(\.line) == ["PUT /demo/key", "PUT /demo/key"]
        )
        let last = try upload(gateway, count: 10)
        last.send(bytes(10))
        #expect(gateway.store.exchanges.count == 4)
    }

    @Test("the client is given credit as the store takes what came, once for each byte")
    func credit() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        gateway.store.isWritable = false
        let request = try upload(gateway, count: 200_000)
        request.receive(bytes(100_000))
        #expect(request.exchange.consumedCount == 0)
        gateway.store.exchanges[0].becomeWritable()
        #expect(request.exchange.consumedCount == 100_000)
        gateway.store.exchanges[0].becomeWritable()
        request.receive(bytes(100_000))
        #expect(request.exchange.consumedCount == 200_000)
    }

    @Test(
        "a store that answers early ends the upload, whatever the client still sends",
        arguments: [(412, 412), (507, 503), (503, 503), (500, 500), (200, 500)]
    )
    func earlyAnswer(stored: Int, told: Int) throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let request = try upload(gateway, count: 200_000)
        request.receive(bytes(100_000))
        let put = gateway.store.exchanges[0]
        put.answer(stored)
        #expect(request.exchange.status == told)
        #expect(request.exchange.isIgnoring)
        let sent = put.body.count
        request.receive(bytes(100_000))
        request.end()
        #expect(put.body.count == sent)
        #expect(put.trailers == nil)
        #expect(request.exchange.misuses == [])
    }

    @Test("a body that isn't what was promised is never committed")
    func failedVerification() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let digest = Base64.encode([UInt8](repeating: 0, count: 16))
        let request = try upload(gateway, count: 100_000, [("content-md5", digest)])
        request.send(bytes(100_000))
        let put = gateway.store.exchanges[0]
        #expect(put.trailers == nil)
        #expect(!put.isEnded)
        #expect(put.isCancelled)
        #expect(request.exchange.status == 400)
        #expect(request.exchange.text.contains("<Code>BadDigest</Code>"))
    }

    @Test("a body that is too short is never committed")
    func tooShort() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let request = try upload(gateway, count: 100_000)
        request.send(bytes(99_999))
        #expect(gateway.store.exchanges[0].trailers == nil)
        #expect(gateway.store.exchanges[0].isCancelled)
        #expect(request.exchange.text.contains("<Code>IncompleteBody</Code>"))
    }

    @Test("a client that goes away cancels the upload")
    func clientAbort() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let request = try upload(gateway, count: 100_000)
        request.receive(bytes(500))
        request.close(complete: false)
        #expect(gateway.store.exchanges[0].isCancelled)
        #expect(gateway.store.exchanges[0].trailers == nil)
        #expect(request.exchange.head == nil)
    }

    @Test("a client that goes away before the upload could start leaves nothing behind")
    func earlyAbort() throws {
        let gateway = try ScriptedGateway(keys)
        let request = try upload(gateway, count: 1000)
        request.close(complete: false)
        gateway.store.exchanges[0].answer(200)
        #expect(gateway.store.exchanges.count == 1)
    }

    @Test("a store that breaks off is told as 503, once")
    func storeFailure() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let request = try upload(gateway, count: 100_000)
        request.receive(bytes(500))
        gateway.store.exchanges[0].fail(.connectionClosed)
        #expect(request.exchange.status == 503)
        #expect(request.exchange.field("retry-after") != nil)
        request.receive(bytes(500))
        request.end()
        #expect(request.exchange.misuses == [])
    }

    @Test("of a short body that fails, or whose client goes away, the store hears nothing")
    func shortFailures() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let digest = Base64.encode([UInt8](repeating: 0, count: 16))
        let wrong = try upload(gateway, count: 1000, [("content-md5", digest)])
        wrong.send(bytes(1000))
        #expect(wrong.exchange.text.contains("<Code>BadDigest</Code>"))
        let short = try upload(gateway, count: 1000)
        short.send(bytes(999))
        #expect(short.exchange.text.contains("<Code>IncompleteBody</Code>"))
        let abort = try upload(gateway, count: 1000)
        abort.receive(bytes(500))
        #expect(abort.exchange.consumedCount == 500)
        abort.close(complete: false)
        #expect(abort.exchange.head == nil)
        #expect(gateway.store.exchanges.isEmpty)
        // A store that fails is told of as with any other.
        let failed = try upload(gateway, count: 1000, [("if-none-match", "*")])
        failed.send(bytes(1000))
        #expect(gateway.store.exchanges[0].head.fields["if-none-match"] == "*")
        gateway.store.exchanges[0].fail(.connectionClosed)
        #expect(failed.exchange.status == 503)
        #expect(failed.exchange.misuses == [])
    }

    @Test("nothing of a request outlives it")
    func lifetimes() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        weak var handler: AnyObject?
        weak var scope: AnyObject?
        for isComplete in [true, false] {
            do {
                let request = try upload(gateway, count: 10)
                handler = request.handler
                scope = (request.handler as? UploadHandler)?.scope
                #expect(scope != nil)
                if isComplete {
                    request.send(bytes(10))
                    gateway.store.exchanges.last?.answer(200)
                } else {
                    request.receive(bytes(5))
                }
                request.close(complete: isComplete)
            }
            gateway.store.clear()
            #expect(handler == nil)
            #expect(scope == nil)
        }
    }

    @Test("a customer's key is wiped from the head as soon as it was read")
    func customerKey() throws {
        let gateway = try ScriptedGateway(keys)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        let request = try upload(gateway, count: 10, CustomerHeaders.fields(1))
        #expect(request.exchange.head == nil)
        for name in CustomerHeaders.secretNames {
            let value = try #require(request.fields[name])
            #expect(!value.isEmpty && value.utf8.allSatisfy { $0 == 0 })
        }
        request.send(bytes(10))
        gateway.store.exchanges[0].answer(200)
        #expect(request.exchange.status == 200)
        let digest = "x-amz-server-side-encryption-customer-key-md5"
        #expect(request.exchange.field(digest) == CustomerHeaders.digest(1))
    }
}
