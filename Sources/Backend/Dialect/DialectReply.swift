internal import Encoding
internal import HTTPWire
internal import Logging
internal import NIOCore
internal import S3Wire
internal import Transport

/// The answer to one request; bound to its event loop, silent once the exchange is over.
final class DialectReply {
    /// The exchange, until it is over.
    private(set) var exchange: (any HTTPServerExchange)?
    let operation: DialectOperation
    private let target: String
    private let isHead: Bool
    private let requestID: String
    private let services: StoreServices
    private let began = NIODeadline.now()
    private var status = 0

    init(
        _ exchange: any HTTPServerExchange,
        _ head: HTTPRequestHead,
        operation: DialectOperation,
        services: StoreServices
    ) {
        self.exchange = exchange
        self.operation = operation
        self.services = services
        target = head.target
        isHead = head.method == .head
        requestID = services.makeRequestID()
    }

    /// Whether the head was sent.
    var isSent: Bool { status != 0 }

    /// Sends a head; the body follows unless the request was HEAD or `end`.
    func sendHead(_ status: Int, _ fields: HTTPFields, end: Bool = false) {
        guard self.status == 0 else { return }
        self.status = status
        var fields = fields
        fields.append("x-amz-request-id", requestID)
        exchange?.sendHead(HTTPResponseHead(status: status, fields: fields), end: end || isHead)
    }

    /// Sends a whole answer.
    func send(
        _ status: Int,
        _ fields: HTTPFields = HTTPFields(),
        type: String? = nil,
        body: [UInt8] = []
    ) {
        guard !isSent else { return }
        var fields = fields
        if let type { fields.append("content-type", type) }
        if status != 204 { fields.append("content-length", String(body.count)) }
        sendHead(status, fields, end: body.isEmpty)
        if !body.isEmpty { sendBody(body) }
    }

    /// Sends the only piece of a body, and its end.
    func sendBody(_ bytes: some Sequence<UInt8>) {
        guard !isHead else { return }
        exchange?.sendBody(ByteBuffer(bytes: bytes))
        exchange?.sendEnd(trailers: nil)
    }

    /// Sends a document.
    func send(xml document: [UInt8], fields: HTTPFields = HTTPFields()) {
        send(200, fields, type: "application/xml", body: document)
    }

    /// Sends an error; what is left of the request's body is dropped.
    func fail(_ error: S3Error) {
        guard !isSent else { return }
        exchange?.ignoreRequestBody()
        let resource = String(target.prefix { $0 != "?" })
        send(
            error.status,
            error.fields,
            type: "application/xml",
            body: error.document(resource: resource, requestID: requestID)
        )
    }

    /// Sends what an `S3Error` or a `StoreError` means.
    ///
    /// The latter are logged where they aren't the client's.
    func fail(_ error: any Error) {
        if let error = error as? S3Error {
            fail(error)
            return
        }
        let refusal = (error as? StoreError) ?? .stopping
        let answer = S3Error(store: refusal)
        if answer.status >= 500 { log("request failed", refusal) }
        fail(answer)
    }

    /// Breaks off an answer that was begun.
    func abort(_ error: StoreError) {
        log("answer broken off", error)
        exchange?.reset()
    }

    /// The exchange is over: counts it, and lets go of it.
    func close() {
        guard exchange != nil else { return }
        exchange = nil
        services.metrics.finished(operation, status: status, after: NIODeadline.now() - began)
    }

    private func log(_ message: Logger.Message, _ error: StoreError) {
        services.logger.error(
            message,
            metadata: [
                "request_id": "\(requestID)", "operation": "\(operation.rawValue)",
                "reason": "\(error)",
            ]
        )
    }
}
