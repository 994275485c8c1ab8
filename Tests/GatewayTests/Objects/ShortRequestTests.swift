import HTTPWire
import S3Wire
import Testing

@testable import Gateway

/// What may share a connection to the store: uploads of little, and reads of what is known.
@Suite struct ShortRequestTests {
    private let keys: TestKeys

    init() async throws {
        keys = try await TestKeys()
        try await keys.warm("demo")
    }

    /// Reads an object for the first time, so that it is remembered.
    private func remember(_ object: SealedFixture, _ gateway: ScriptedGateway) throws {
        let request = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[0].answer(200, object.fields(), body: object.stored)
        #expect(request.exchange.status == 200)
        request.close()
        gateway.store.clear()
    }

    @Test(
        "an upload is short up to 33 KiB of what is stored",
        arguments: [(0, 1), (1, 1), (32_768, 1), (33_792, 0), (200_000, 0)]
    )
    func uploads(count: Int, shortCount: Int) throws {
        let gateway = try ScriptedGateway(keys)
        _ = try gateway.put([UInt8](repeating: 7, count: count))
        #expect(gateway.store.shortCount == shortCount)
    }

    @Test("a known object is asked for by its ETag, and its answer is checked like any other")
    func known() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put([1, 2, 3])
        try remember(object, gateway)
        #expect(gateway.store.shortCount == 1)
        let request = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.shortCount == 2)
        #expect(gateway.store.exchanges[0].head.fields["if-match"] == "\"e\"")
        gateway.store.exchanges[0].answer(200, object.fields(), body: object.stored)
        #expect(request.exchange.body == [1, 2, 3])

        var broken = object.stored
        broken[broken.count - 1] ^= 1
        let refused = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[1].answer(200, object.fields(), body: broken)
        #expect(refused.exchange.status == 500)
    }

    @Test("what was written elsewhere is asked for the common way, and not by another's ETag")
    func replaced() throws {
        let gateway = try ScriptedGateway(keys)
        let large = [UInt8](repeating: 9, count: 100_000)
        let new = try gateway.put(large)
        try remember(try gateway.put([1, 2, 3]), gateway)
        let request = try gateway.begin(.get, "/demo/key")
        gateway.store.exchanges[0].answer(412)
        let shortCount = gateway.store.shortCount
        let get = gateway.store.exchanges[1]
        #expect(get.line == "GET /demo/key")
        #expect(get.head.fields["if-match"] == nil)
        // Whoever asks meanwhile doesn't try it again.
        _ = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.exchanges[2].head.fields["if-match"] == nil)
        get.answer(200, new.fields(etag: "\"f\""), body: new.stored)
        #expect(request.exchange.body == large)
        // It is remembered in turn, and is no short one.
        _ = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.exchanges[3].head.fields["if-match"] == nil)
        #expect(gateway.store.shortCount == shortCount)
    }

    @Test("what was written here isn't asked for by the ETag of what was there before")
    func written() throws {
        let gateway = try ScriptedGateway(keys)
        try remember(try gateway.put([1, 2, 3]), gateway)
        let new = try gateway.put([4, 5])
        let request = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.exchanges[0].head.fields["if-match"] == nil)
        gateway.store.exchanges[0].answer(200, new.fields(etag: "\"f\""), body: new.stored)
        #expect(request.exchange.body == [4, 5])
        _ = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.exchanges[1].head.fields["if-match"] == "\"f\"")
    }

    @Test("what is alone is asked for without a condition")
    func alone() throws {
        let gateway = try ScriptedGateway(keys)
        try remember(try gateway.put([1]), gateway)
        gateway.store.isInUse = false
        _ = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.exchanges[0].head.fields["if-match"] == nil)
        #expect(gateway.store.shortCount == 1)
    }

    @Test("what was deleted meanwhile is told as gone")
    func deleted() throws {
        let gateway = try ScriptedGateway(keys)
        try remember(try gateway.put([1]), gateway)
        let request = try gateway.begin(.get, "/demo/key")
        let document = "<Error><Code>NoSuchKey</Code></Error>"
        gateway.store.exchanges[0].answer(404, body: Array(document.utf8))
        #expect(request.exchange.text.contains("<Code>NoSuchKey</Code>"))
    }

    @Test("the facts of an object are short, however large it is")
    func facts() throws {
        let gateway = try ScriptedGateway(keys)
        let object = try gateway.put([UInt8](repeating: 9, count: 100_000))
        let request = try gateway.begin(.head, "/demo/key")
        #expect(gateway.store.shortCount == 1)
        gateway.store.exchanges[0].answer(200, object.fields())
        #expect(request.exchange.field("content-length") == "100000")
        _ = try gateway.begin(.get, "/demo/key", [("range", "bytes=0-0")])
        #expect(gateway.store.shortCount == 2)
        gateway.store.exchanges[1].answer(200, object.fields())
        #expect(gateway.store.exchanges[2].head.fields.contains("range"))
        #expect(gateway.store.shortCount == 2)
    }

    @Test("nothing is short in a store that takes one request after the other")
    func unable() throws {
        var form = StoreForm.dialect
        form.capabilities.remove(.pipelining)
        let gateway = try ScriptedGateway(keys, form: form)
        let object = try gateway.put([1, 2, 3])
        try remember(object, gateway)
        _ = try gateway.begin(.get, "/demo/key")
        #expect(gateway.store.exchanges[0].head.fields["if-match"] == nil)
        _ = try gateway.begin(.head, "/demo/key")
        #expect(gateway.store.shortCount == 0)
    }
}
