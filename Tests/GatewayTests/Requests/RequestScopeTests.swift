import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite struct RequestScopeTests {
    private func scope(
        _ method: HTTPMethod = .get
    ) async throws -> (RequestScope, FakeExchange, TestKeys) {
        let keys = try await TestKeys()
        let gateway = try ScriptedGateway(keys)
        let exchange = FakeExchange(gateway.loop)
        let scope = RequestScope(
            exchange: exchange,
            loop: gateway.context,
            id: "ID",
            head: HTTPRequestHead(method: method, target: "/b/k?q", authority: "h")
        )
        return (scope, exchange, keys)
    }

    @Test("every answer carries the request's id, the date and no more than one head")
    func fields() async throws {
        let (scope, exchange, _) = try await scope()
        scope.respond(status: 200, body: [1])
        scope.respond(status: 200, body: [2])
        scope.sendHead(status: 200, fields: HTTPFields(), end: true)
        #expect(exchange.field("x-amz-request-id") == "ID")
        #expect(exchange.field("date") == "Tue, 14 Nov 2023 22:13:20 GMT")
        #expect(exchange.field("content-length") == "1")
        #expect(exchange.body == [1])
    }

    @Test("an error of HEAD has no body and no length")
    func head() async throws {
        let (scope, exchange, _) = try await scope(.head)
        scope.fail(S3Error(.noSuchKey))
        #expect(exchange.status == 404)
        #expect(exchange.body == [])
        #expect(exchange.field("content-length") == nil)
        #expect(exchange.isIgnoring)
    }

    @Test("an error after the head breaks the response off")
    func late() async throws {
        let (scope, exchange, _) = try await scope()
        scope.sendHead(status: 200, fields: HTTPFields(), end: false)
        scope.fail(S3Error(.internalError))
        #expect(exchange.isReset)
        #expect(exchange.status == 200)
    }

    @Test("an error names the path without its query, and the request's id")
    func document() async throws {
        let (scope, exchange, _) = try await scope()
        scope.fail(S3Error(.noSuchKey))
        #expect(exchange.text.contains("<Resource>/b/k</Resource>"))
        #expect(exchange.text.contains("<RequestId>ID</RequestId>"))
    }

    @Test(
        "denials and uses of keys are on record, other failures aren't",
        arguments: [
            (S3ErrorCode.signatureDoesNotMatch, true, "denied"),
            (.accessDenied, true, "denied"), (.invalidAccessKeyID, true, "denied"),
            (.kmsDisabled, true, "failure"), (.notFound, true, "failure"),
            (.noSuchKey, false, ""), (.invalidArgument, false, ""),
        ]
    )
    func audit(code: S3ErrorCode, isRecorded: Bool, outcome: String) async throws {
        let (scope, _, keys) = try await scope()
        scope.fail(S3Error(code))
        scope.finish(complete: true)
        let events = try keys.audited()
        #expect(events.contains(code.rawValue) == isRecorded)
        if isRecorded { #expect(events.contains("\"outcome\":\"\(outcome)\"")) }
    }

    @Test("requests are counted by operation, status class and mode, on every loop alike")
    func metrics() async throws {
        let keys = try await TestKeys()
        for _ in 0..<2 {
            let counters = RequestCounters(keys.services.metrics)
            counters.count(.getObject, status: 206, mode: .customer)
            counters.count(.getObject, status: 200, mode: .customer)
            counters.count(nil, status: 0, mode: nil)
        }
        let text = keys.registry.exposition()
        let name = "sealgate_requests_total"
        #expect(
            text.contains(
                "\(name){mode=\"SSE-C\",operation=\"GetObject\",status=\"2xx\"} 4"
            )
        )
        #expect(text.contains("\(name){mode=\"\",operation=\"\",status=\"0xx\"} 2"))
    }
}
