import Daemon
import Encoding
import HTTPWire
import NIOCore
import S3Wire
import Transport

/// What one S3 request is, from its head on, and its way to answer; bound to its event loop.
final class RequestScope {
    let exchange: any HTTPServerExchange
    let loop: LoopContext
    let id: String
    private(set) var head: HTTPRequestHead
    /// What it is about; `nil` where the head doesn't say.
    let target: S3Target?
    /// What it asks for.
    let operation: S3Operation?
    let beganAt: Timestamp

    /// Who asks; `nil` until the signature was verified.
    var sender: Authenticator.Sender?
    /// What was set for the bucket, once it was looked up.
    var settings = BucketSettings.none
    /// What the answer says to browsers, where a page of another origin asks.
    private var cors: HTTPFields?
    /// What the sender may do here, once policies were looked up.
    var access = RequestAccess.none
    /// What the sender may do in the bucket of a copy's source, likewise.
    var sourceAccess = RequestAccess.none
    /// The KMS key that served the request, for the audit stream.
    var keyID: String?
    /// The use of that key, once it was used.
    var keyUse: AuditKeyUse?
    /// The uses of keys by control work, which may be several.
    var controlUses: KeyUses?
    /// The mode that serves the request, for the audit stream and metrics.
    var mode: SSEMode?
    private var areKeysWiped = false
    /// Whether work outside of the event loop reads the head's fields.
    var isHeadLent = false
    /// Whether the final head was sent.
    private(set) var answered = false
    private(set) var status = 0
    private(set) var errorCode: S3ErrorCode?

    init(
        exchange: any HTTPServerExchange,
        loop: LoopContext,
        id: String,
        head: HTTPRequestHead,
        target: S3Target? = nil,
        operation: S3Operation? = nil,
        beganAt: Timestamp? = nil
    ) {
        self.exchange = exchange
        self.loop = loop
        self.id = id
        self.head = head
        self.target = target
        self.operation = operation
        self.beganAt = beganAt ?? loop.services.clock()
    }

    /// A request that another turned out to be: as a form's, whose body says what it is about.
    convenience init(_ other: RequestScope, head: HTTPRequestHead, target: S3Target?) {
        self.init(
            exchange: other.exchange,
            loop: other.loop,
            id: other.id,
            head: head,
            target: target,
            operation: other.operation,
            beganAt: other.beganAt
        )
        sender = other.sender
        settings = other.settings
        cors = other.cors
        access = other.access
    }

    /// The bucket; empty for the service itself.
    var bucket: String { target?.bucket ?? "" }

    /// The object key; empty for a bucket.
    var key: String { target?.key ?? "" }

    /// The version that the request names; `nil` where it means the current one.
    var versionID: String? { target?.query["versionId"] }

    /// Keeps what was set for the bucket.
    func take(_ settings: BucketSettings) {
        self.settings = settings
        guard let request = CORSRequest(actual: head), head.method != .options else { return }
        // A record that doesn't open lets nobody at the bucket: without it no field is sent.
        cors = (try? settings.cors())?.fields(for: request)
    }

    /// Wipes customers' keys in the head, once they were read or nobody will.
    func wipeCustomerKeys() {
        guard !isHeadLent, !areKeysWiped else { return }
        areKeysWiped = true
        SSEHeader.wipeKeys(in: head.fields)
    }

    /// Lets go of what the head says, but for the method and the path, once the answer is all that
    /// is left to do: many requests wait for the store at once.
    func forgetFields() {
        wipeCustomerKeys()
        guard areKeysWiped else { return }
        head.fields = HTTPFields()
        let path = head.target.utf8.span.firstIndex(of: UInt8(ascii: "?"))
        head.target = String(Substring(head.target.utf8.prefix(path)))
    }

    /// Lets a client send its body that waits for that.
    func sendContinue() {
        // The version first: to ask the head for more takes a copy of it.
        guard head.version == .http1_1, head.expectsContinue else { return }
        exchange.sendContinue()
    }

    /// Sends the final head with the fields that every answer has.
    func sendHead(status: Int, fields: consuming HTTPFields, end: Bool) {
        guard !answered else { return }
        answered = true
        self.status = status
        if let cors { fields.append(cors) }
        fields.append("x-amz-request-id", id)
        fields.append("x-amz-id-2", id)
        fields.append("date", loop.httpDate())
        fields.append("server", "Sealgate")
        exchange.sendHead(HTTPResponseHead(status: status, fields: fields), end: end)
    }

    /// Answers with a whole body (none for HEAD, whose fields are the same).
    func respond(status: Int, fields: consuming HTTPFields = HTTPFields(), body: [UInt8] = []) {
        let hasNoBody = status == 204 || status == 304
        if !hasNoBody, !fields.contains("content-length") {
            fields.append("content-length", String(body.count))
        }
        let sendsBody = !body.isEmpty && head.method != .head && !hasNoBody
        sendHead(status: status, fields: fields, end: !sendsBody)
        guard sendsBody else { return }
        exchange.sendBody(ByteBuffer(bytes: body))
        exchange.sendEnd(trailers: nil)
    }

    /// Answers with an XML document.
    func respond(status: Int = 200, xml: [UInt8], fields: consuming HTTPFields = HTTPFields()) {
        fields.append("content-type", "application/xml")
        respond(status: status, fields: fields, body: xml)
    }

    /// The document of an error that the request ends with.
    func document(of error: S3Error) -> [UInt8] {
        errorCode = error.code
        if let reason = error.reason { report(reason, objectID: nil) }
        let path = head.target.prefix { $0 != "?" }
        return error.document(resource: String(path), requestID: id, hostID: id)
    }

    /// Answers with an error; what comes after the final head began breaks the response off.
    func fail(_ error: S3Error) {
        let document = document(of: error)
        exchange.ignoreRequestBody()
        guard !answered else {
            exchange.reset()
            return
        }
        var fields = error.fields
        guard head.method != .head, error.status != 304 else {
            return sendHead(status: error.status, fields: fields, end: true)
        }
        fields.append("content-type", "application/xml")
        respond(status: error.status, fields: fields, body: document)
    }
}
