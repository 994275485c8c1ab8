import HTTPWire
import NIOCore
import Transport

/// Keeps what comes in and answers as the test says.
// Unchecked: used on one embedded loop, by one test, only.
final class RecordingApplication: HTTPServerApplication, @unchecked Sendable {
    typealias Answer = (Request) -> Void

    private(set) var requests: [Request] = []
    private let begun: Answer
    private let ended: Answer

    /// An application that calls `begun` at each head and `ended` at each request's end.
    init(begun: @escaping Answer = { _ in }, ended: @escaping Answer = { _ in }) {
        self.begun = begun
        self.ended = ended
    }

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        let request = Request(head, exchange, ended)
        requests.append(request)
        begun(request)
        return request
    }

    /// One request.
    final class Request: HTTPServerHandler {
        let head: HTTPRequestHead
        let exchange: any HTTPServerExchange
        private let ended: Answer
        var body: [UInt8] = []
        var trailers: HTTPFields?
        var closings: [Bool] = []
        var writables = 0
        var consumesAtOnce = true
        var onWritable: (() -> Void)?

        init(
            _ head: HTTPRequestHead,
            _ exchange: any HTTPServerExchange,
            _ ended: @escaping Answer
        ) {
            self.head = head
            self.exchange = exchange
            self.ended = ended
        }

        func received(_ bytes: Span<UInt8>) {
            for index in bytes.indices { body.append(bytes[index]) }
            if consumesAtOnce { exchange.consume(bytes.count) }
        }

        func receivedEnd(trailers: HTTPFields) {
            self.trailers = trailers
            ended(self)
        }

        func becameWritable() {
            writables += 1
            onWritable?()
        }

        func closed(complete: Bool) { closings.append(complete) }

        /// Answers with a status and a whole body.
        func answer(_ status: Int, _ body: [UInt8] = [], _ fields: [(String, String)] = []) {
            let head = HTTPResponseHead(status: status, fields: HTTPFields(fields))
            exchange.sendHead(head, end: body.isEmpty)
            guard !body.isEmpty else { return }
            exchange.sendBody(ByteBuffer(bytes: body))
            exchange.sendEnd(trailers: nil)
        }
    }
}
