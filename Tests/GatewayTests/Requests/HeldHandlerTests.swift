import HTTPWire
import Testing
import Transport

@testable import Gateway

/// The order of a body's pieces, some of which came before the request was admitted.
@Suite struct HeldHandlerTests {
    /// Gives credit before it keeps what came: the worst case for the order.
    private final class Recorder: HTTPServerHandler {
        let exchange: FakeExchange
        var body: [UInt8] = []
        var isEnded = false

        init(_ exchange: FakeExchange) { self.exchange = exchange }

        func received(_ piece: Span<UInt8>) {
            exchange.consume(piece.count)
            #expect(!isEnded)
            for index in piece.indices { body.append(piece[index]) }
        }

        func receivedEnd(trailers: HTTPFields) { isEnded = true }
        func becameWritable() {}
        func closed(complete: Bool) {}
    }

    private func scope() async throws -> (RequestScope, FakeExchange) {
        let gateway = try ScriptedGateway(try await TestKeys())
        let exchange = FakeExchange(gateway.loop)
        let scope = RequestScope(
            exchange: exchange,
            loop: gateway.context,
            id: "1",
            head: HTTPRequestHead(
                method: .post,
                target: "/demo?delete",
                authority: "h",
                fields: HTTPFields([("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]),
                bodyLength: .known(3)
            ),
            operation: .deleteObjects
        )
        return (scope, exchange)
    }

    @Test("what credit brings comes behind what was held, and before the end")
    func order() async throws {
        let (scope, exchange) = try await scope()
        let recorder = Recorder(exchange)
        let held = HeldHandler(scope) { _ in recorder }
        var pieces: [[UInt8]] = [[3, 4], [5]]
        exchange.onConsume = {
            if pieces.isEmpty {
                if !recorder.isEnded { held.receivedEnd(trailers: HTTPFields()) }
            } else {
                let piece = pieces.removeFirst()
                held.received(piece.span)
            }
        }
        let (first, second): ([UInt8], [UInt8]) = ([1], [2])
        held.received(first.span)
        held.received(second.span)
        held.decided(.success(()))
        #expect(recorder.body == [1, 2, 3, 4, 5])
        #expect(recorder.isEnded)
    }

    @Test("a document is collected in order where credit brings more of it at once")
    func collected() async throws {
        let (scope, exchange) = try await scope()
        let handler = ControlHandler(scope)
        handler.begin()
        var pieces: [[UInt8]] = [[2], [3]]
        exchange.onConsume = {
            guard !pieces.isEmpty else { return }
            let piece = pieces.removeFirst()
            handler.received(piece.span)
        }
        let first: [UInt8] = [1]
        handler.received(first.span)
        #expect(handler.body == [1, 2, 3])
    }
}
