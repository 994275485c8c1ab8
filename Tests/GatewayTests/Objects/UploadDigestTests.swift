import Crypto
import Encoding
import HTTPWire
import S3Wire
import Testing
import Transport

@testable import Gateway

/// Uploads whose digests are computed beside the loop.
@Suite struct UploadDigestTests {
    private let keys: TestKeys
    private let held = HeldThreads()
    private let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    init() async throws {
        keys = try await TestKeys()
        try await keys.warm("demo")
    }

    private func gateway(backlogMax: Int = 262_144) throws -> ScriptedGateway {
        let threads = held.threads(backlogMax: backlogMax)
        let gateway = try ScriptedGateway(keys, digestThreads: threads)
        gateway.context.buckets.saw("demo", now: TestKeys.now)
        return gateway
    }

    private func upload(
        _ gateway: ScriptedGateway,
        _ fields: [(String, String)] = [],
        count: Int = 300_000
    ) throws -> ScriptedRequest {
        try gateway.begin(.put, "/demo/key", fields, bodyLength: .known(UInt64(count)))
    }

    private func runAll(_ gateway: ScriptedGateway) {
        while held.run() > 0 { gateway.loop.run() }
    }

    @Test("nothing commits before the digests are there, and the ETag is the MD5")
    func commit() throws {
        let gateway = try gateway()
        let request = try upload(gateway)
        request.send(body)
        let put = gateway.store.exchanges[0]
        #expect(put.trailers == nil)
        #expect(!put.isEnded)
        runAll(gateway)
        #expect(put.trailers?["x-amz-meta-sealgate"] != nil)
        put.answer(200, [("etag", "\"x\"")])
        let md5 = Hex.encode(HashFunction.md5.digest(body))
        #expect(request.exchange.field("etag") == "\"\(md5)\"")
        #expect(request.exchange.consumedCount == body.count)
        #expect(request.exchange.misuses == [])
    }

    @Test("a body that isn't what was promised is never committed")
    func mismatch() throws {
        let gateway = try gateway()
        let digest = Base64.encode([UInt8](repeating: 0, count: 16))
        let request = try upload(gateway, [("content-md5", digest)])
        request.send(body)
        runAll(gateway)
        let put = gateway.store.exchanges[0]
        #expect(put.trailers == nil)
        #expect(put.isCancelled)
        #expect(request.exchange.text.contains("<Code>BadDigest</Code>"))
    }

    @Test("digests that can't be computed commit nothing")
    func stopped() throws {
        let gateway = try gateway()
        let request = try upload(gateway)
        request.send(body)
        while held.run(false) > 0 { gateway.loop.run() }
        #expect(gateway.store.exchanges[0].trailers == nil)
        #expect(gateway.store.exchanges[0].isCancelled)
        #expect(request.exchange.status == 503)
    }

    @Test("a client waits while the digests are behind, and is given each byte's credit once")
    func credit() throws {
        let gateway = try gateway(backlogMax: 131_072)
        let request = try upload(gateway)
        request.receive(Array(body[..<150_000]))
        #expect(request.exchange.consumedCount == 0)
        held.run()
        gateway.loop.run()
        #expect(request.exchange.consumedCount == 150_000)
        gateway.store.exchanges[0].becomeWritable()
        #expect(request.exchange.consumedCount == 150_000)
    }

    @Test("a client that goes away ends it, whatever the threads still do")
    func abort() throws {
        let gateway = try gateway()
        let request = try upload(gateway)
        request.send(body)
        weak let handler: AnyObject? = request.handler
        request.close(complete: false)
        #expect(gateway.store.exchanges[0].isCancelled)
        runAll(gateway)
        #expect(gateway.store.exchanges[0].trailers == nil)
        #expect(request.exchange.head == nil)
        #expect(handler == nil)
    }

    @Test("small bodies, and those without slow digests, stay on the loop")
    func onTheLoop() throws {
        let gateway = try gateway()
        let kms = [("x-amz-server-side-encryption", "aws:kms")]
        let cases: [([(String, String)], Int)] = [([], 262_143), (kms, 300_000)]
        for (fields, count) in cases {
            let request = try upload(gateway, fields, count: count)
            request.send(Array(body[..<count]))
            #expect(held.count == 0)
            #expect(gateway.store.exchanges.last?.trailers != nil)
            gateway.store.exchanges.last?.answer(200)
        }
        let request = try upload(gateway, count: 262_144)
        request.send(Array(body[..<262_144]))
        #expect(held.count == 1)
    }
}
