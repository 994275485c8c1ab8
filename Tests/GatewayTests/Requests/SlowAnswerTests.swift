import HTTPWire
import NIOCore
import S3Wire
import Testing
import Transport

@testable import Gateway

/// What a client hears whose request takes long.
@Suite struct SlowAnswerTests {
    private let keys: TestKeys

    init() async throws { keys = try await TestKeys() }

    private struct Parts {
        var gateway: ScriptedGateway
        var exchange: FakeExchange
        var scope: RequestScope
        var slow: SlowAnswer?
    }

    private func parts(_ operation: S3Operation) throws -> Parts {
        let gateway = try ScriptedGateway(keys)
        let exchange = FakeExchange(gateway.loop)
        let scope = RequestScope(
            exchange: exchange,
            loop: gateway.context,
            id: "1",
            head: HTTPRequestHead(
                method: .put,
                target: "/demo/key?x",
                authority: "gateway.example",
                fields: HTTPFields(),
                bodyLength: .known(0)
            ),
            operation: operation
        )
        return Parts(
            gateway: gateway,
            exchange: exchange,
            scope: scope,
            slow: SlowAnswer(scope)
        )
    }

    private let document = CopyResult(entityTag: "e", lastModified: TestKeys.now).xml

    @Test("nothing before the interval, then a head, then white space, then the document")
    func spaces() throws {
        let parts = try parts(.copyObject)
        let slow = try require(parts.slow)
        slow.start()
        slow.start()
        parts.gateway.loop.advanceTime(by: .milliseconds(4999))
        #expect(parts.exchange.head == nil && !slow.isBegun)
        parts.gateway.loop.advanceTime(by: .milliseconds(1))
        #expect(parts.exchange.status == 200 && slow.isBegun)
        #expect(parts.exchange.text == XMLWriter.declaration)
        parts.gateway.loop.advanceTime(by: .seconds(10))
        parts.exchange.isWritable = false
        parts.gateway.loop.advanceTime(by: .seconds(5))
        #expect(parts.exchange.text == XMLWriter.declaration + "  ")
        slow.finish(document)
        let rest = String(decoding: document, as: UTF8.self).dropFirst(XMLWriter.declaration.count)
        #expect(parts.exchange.text == XMLWriter.declaration + "  " + rest)
        parts.gateway.loop.advanceTime(by: .seconds(60))
        #expect(parts.exchange.isEnded && parts.exchange.misuses.isEmpty)
    }

    @Test("an error stands in the document's place")
    func error() throws {
        let parts = try parts(.completeMultipartUpload)
        let slow = try require(parts.slow)
        slow.start()
        parts.gateway.loop.advanceTime(by: .seconds(5))
        slow.finish(parts.scope.document(of: S3Error(.serviceUnavailable)))
        let read = try ErrorDocument(xml: parts.exchange.body)
        #expect(read.code == "ServiceUnavailable")
        #expect(parts.scope.errorCode == .serviceUnavailable)
    }

    @Test("an answer in time is an ordinary one, and other operations have no other")
    func inTime() throws {
        let parts = try parts(.uploadPartCopy)
        let slow = try require(parts.slow)
        slow.start()
        parts.gateway.loop.advanceTime(by: .seconds(4))
        slow.stop()
        parts.gateway.loop.advanceTime(by: .seconds(60))
        #expect(parts.exchange.head == nil)
        for operation in [S3Operation.deleteObjects, .listObjectsV2, .putObjectTagging] {
            #expect(try self.parts(operation).slow == nil)
        }
    }
}
