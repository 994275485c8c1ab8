import Encoding
import HTTPWire
import NIOCore
import S3Wire
import Testing
import Transport

@testable import Gateway

@Suite struct ObjectReadHandlerTests {
    private let keys: TestKeys

    init() async throws {
        keys = try await TestKeys()
        try await keys.warm("demo")
    }

    private let plaintext = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }

    @Test("a plain GET is one request, and its head waits for the first verified segment")
    func plain() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext, [("content-type", "text/x")])
        let request = try gateway.begin(.get, "/demo/key")
        let get = gateway.store.exchanges[0]
        #expect(get.line == "GET /demo/key")
        get.answerHead(200, object.fields())
        get.answerBody(Array(object.stored[..<65_647]))
        #expect(request.exchange.head == nil)
        get.answerBody([object.stored[65_647]])
        #expect(request.exchange.status == 200)
        #expect(request.exchange.body.count == 65_536)
        get.answerBody(Array(object.stored[65_648...]))
        get.answerEnd()
        #expect(request.exchange.isEnded)
        #expect(request.exchange.body == plaintext)
        #expect(request.exchange.field("content-length") == "150000")
        #expect(request.exchange.field("content-type") == "text/x")
        #expect(request.exchange.field("x-amz-server-side-encryption") == "AES256")
        #expect(gateway.store.exchanges.count == 1)
        #expect(request.exchange.misuses == [])
    }

    @Test("a broken first segment is 500, with an audit event and not a byte")
    func faultBefore() throws {
        let gateway = try ScriptedGateway(keys)
        var object = try gateway.put(plaintext)
        object.stored[200] ^= 1
        let request = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[0].answer(200, object.fields(), body: object.stored)
        #expect(request.exchange.status == 500)
        #expect(request.exchange.text.contains("<Code>InternalError</Code>"))
        #expect(gateway.store.exchanges[0].isCancelled)
        request.close()
        let events = try keys.audited()
        #expect(events.contains("the ciphertext does not verify: segmentRefused(0)"))
        #expect(events.contains("\"object_id\":\""))
        #expect(keys.services.metrics.objectFaults.value == 1)
    }

    @Test("a broken later segment breaks the response off before a byte of it")
    func faultAfter() throws {
        let gateway = try ScriptedGateway(keys)
        var object = try gateway.put(plaintext)
        object.stored[96 + 65_552 + 10] ^= 1
        let request = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[0].answer(200, object.fields(), body: object.stored)
        #expect(request.exchange.status == 200)
        #expect(request.exchange.isReset)
        #expect(!request.exchange.isEnded)
        #expect(request.exchange.body == Array(plaintext[..<65_536]))
        #expect(request.exchange.misuses == [])
    }

    @Test("a body that ends early, or too late, is never a clean end")
    func wrongLength() throws {
        for change in [-1, -65_552, 1] {
            let gateway = try ScriptedGateway(keys)
            let object = try gateway.put(plaintext)
            let request = try gateway.begin(.get, "/demo/key")
            let get = gateway.store.exchanges[0]
            get.answerHead(200, object.fields())
            let count = object.stored.count
            get.answerBody(Array((object.stored + [0])[..<(count + change)]))
            get.answerEnd()
            #expect(request.exchange.isReset)
            #expect(!request.exchange.isEnded)
        }
    }

    @Test("a store that breaks off is 503 before the first byte, and a reset after it")
    func storeFails() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext)
        let early = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[0].answerHead(200, object.fields())
        gateway.store.exchanges[0].fail(.connectionClosed)
        #expect(early.exchange.status == 503)
        let late = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[1].answerHead(200, object.fields())
        gateway.store.exchanges[1].answerBody(Array(object.stored[..<70_000]))
        gateway.store.exchanges[1].fail(.timedOut)
        #expect(late.exchange.isReset)
        // Both stand in the log: the store had promised more.
        #expect(keys.services.metrics.objectFaults.value == 2)
    }

    @Test("the store is given credit only as the client takes the plaintext")
    func backpressure() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext)
        let request = try gateway.begin(.get, "/demo/key")
        request.exchange.isWritable = false
        let get = gateway.store.exchanges[0]
        get.answerHead(200, object.fields())
        get.answerBody(Array(object.stored[..<100_000]))
        #expect(get.consumedCount == 0)
        request.becomeWritable()
        #expect(get.consumedCount == 100_000)
        get.answerBody(Array(object.stored[100_000...]))
        #expect(get.consumedCount == object.stored.count)
        get.answerEnd()
        #expect(request.exchange.body == plaintext)
    }

    @Test(
        "a client that goes away cancels the read, and nothing of one outlives its end",
        arguments: ReadEnd.allCases
    )
    func ends(_ end: ReadEnd) throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext)
        weak var handler: AnyObject?
        do {
            let request = try gateway.begin(.get, "/demo/key")
            handler = request.handler
            let exchange = gateway.store.exchanges[0]
            switch end {
            case .whole: exchange.answer(200, object.fields(), body: object.stored)
            case .refused: exchange.answer(404)
            case .broken:
                var stored = object.stored
                stored[200] ^= 1
                exchange.answer(200, object.fields(), body: stored)
            case .clientLeaves:
                exchange.answerHead(200, object.fields())
                exchange.answerBody(Array(object.stored[..<1000]))
            case .storeFails:
                exchange.answerHead(200, object.fields())
                exchange.fail(.connectionClosed)
            }
            request.close(complete: end == .whole)
            if end == .clientLeaves { #expect(exchange.isCancelled) }
        }
        gateway.store.clear()
        #expect(handler == nil)
    }

    enum ReadEnd: CaseIterable {
        case broken, clientLeaves, refused, storeFails, whole
    }

    @Test("a range asks for whole segments of the very object whose facts were read")
    func range() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext)
        let request = try gateway.begin(.get, "/demo/key", [("range", "bytes=70000-70009")])
        gateway.store.exchanges[0].answerHead(200, object.fields())
        gateway.store.exchanges[0].answerEnd()
        let get = gateway.store.exchanges[1]
        #expect(get.head.fields["if-match"] == "\"e\"")
        #expect(get.head.fields["range"] == "bytes=65648-131199")
        let part = Array(object.stored[65_648...131_199])
        get.answer(206, object.fields(), body: part)
        #expect(request.exchange.status == 206)
        #expect(request.exchange.field("content-range") == "bytes 70000-70009/150000")
        #expect(request.exchange.body == Array(plaintext[70_000...70_009]))
    }

    @Test("a read begins anew where the object was written in between, but not for ever")
    func restart() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext)
        let request = try gateway.begin(.get, "/demo/key", [("range", "bytes=0-0")])
        for _ in 0..<ObjectReadHandler.attemptsMax {
            #expect(request.exchange.head == nil)
            let head = try #require(gateway.store.exchanges.last)
            #expect(head.line == "HEAD /demo/key")
            head.answerHead(200, object.fields())
            head.answerEnd()
            let get = try #require(gateway.store.exchanges.last)
            #expect(get.line == "GET /demo/key")
            get.answer(412)
        }
        #expect(request.exchange.status == 500)
        request.close()
        #expect(try keys.audited().contains("the object changed during each of several reads"))
    }

    @Test("an object that went in between is told as gone")
    func gone() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext)
        let request = try gateway.begin(.get, "/demo/key", [("range", "bytes=0-0")])
        gateway.store.exchanges[0].answerHead(200, object.fields())
        gateway.store.exchanges[0].answerEnd()
        gateway.store.exchanges[1].answer(404)
        gateway.store.exchanges[2].answer(404)
        #expect(gateway.store.exchanges[3].line == "HEAD /demo")
        gateway.store.exchanges[3].answer(200)
        #expect(request.exchange.text.contains("<Code>NoSuchKey</Code>"))
    }

    @Test("an object without an envelope, or another's, is 500 and never given out")
    func strangers() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext, target: "/demo/other")
        for fields in [object.fields(), object.fields().filter { $0.0 != "x-amz-meta-sealgate" }] {
            gateway.store.clear()
            let request = try gateway.begin(.get, "/demo/key")
            gateway.store.exchanges[0].answer(200, fields, body: object.stored)
            #expect(request.exchange.status == 500)
            #expect(!request.exchange.text.contains("\u{0}"))
            #expect(request.exchange.body.count < 1000)
        }
    }

    @Test("the customer's key is read once, wiped, and still there when the read begins anew")
    func customerKey() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put(plaintext, CustomerHeaders.fields(3))
        let request = try gateway.begin(
            .get,
            "/demo/key",
            CustomerHeaders.fields(3) + [("range", "bytes=1-2")]
        )
        for status in [412, 206] {
            let head = try #require(gateway.store.exchanges.last)
            head.answerHead(200, object.fields())
            head.answerEnd()
            for name in CustomerHeaders.secretNames {
                #expect(request.fields[name]?.utf8.allSatisfy { $0 == 0 } == true)
            }
            let get = try #require(gateway.store.exchanges.last)
            get.answer(status, object.fields(), body: Array(object.stored[..<65_648]))
        }
        #expect(request.exchange.status == 206)
        #expect(request.exchange.body == Array(plaintext[1...2]))
    }

    @Test("a request that is refused by its head leaves no customer's key behind")
    func refusedKey() throws {
        let gateway = try ScriptedGateway(keys)
        let request = try gateway.begin(.get, "/demo/key?versionId=", CustomerHeaders.fields(3))
        #expect(request.exchange.text.contains("<Code>InvalidArgument</Code>"))
        request.close()
        for name in CustomerHeaders.secretNames {
            #expect(request.fields[name]?.utf8.allSatisfy { $0 == 0 } == true)
        }
    }
}
