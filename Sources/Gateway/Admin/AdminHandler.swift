import Crypto
import Daemon
import Encoding
import HTTPWire
import KMS
import NIOCore
import Policy
import S3Wire
import SigV4
import Transport

/// One request of the admin listener; bound to its event loop.
final class AdminHandler: HTTPServerHandler {
    private let exchange: any HTTPServerExchange
    private let loop: LoopContext
    private let services: AdminApplication.Services
    private let head: HTTPRequestHead
    private let id: String
    private var sender: Authenticator.Sender?
    private var body: [UInt8] = []
    private var isOver = false
    private var operation: String?
    /// What is asked for; the key that a body names once the body is there.
    private var subject: KMSAdminSubject?

    init(
        _ exchange: any HTTPServerExchange,
        _ loop: LoopContext,
        _ services: AdminApplication.Services,
        _ head: HTTPRequestHead
    ) {
        self.exchange = exchange
        self.loop = loop
        self.services = services
        self.head = head
        id = loop.requestIDs.make()
    }

    private var path: String { String(head.target.prefix { $0 != "?" }) }

    func begin() {
        switch (head.method, path) {
        case (.get, "/health/live"), (.head, "/health/live"):
            text(200, HealthRegistry.liveText)
        case (.get, "/health/ready"), (.head, "/health/ready"):
            let report = services.health.latest
            text(report.isReady ? 200 : 503, report.text)
        case (.get, "/metrics"):
            answer(
                200,
                "text/plain; version=0.0.4",
                Array(services.registry.exposition().utf8)
            )
        default:
            beginKMS()
        }
    }

    private func beginKMS() {
        guard let decoded = PercentEncoding.decode(path.utf8),
            let path = String(utf8: decoded)
        else { return refuse(400, "InvalidRequest", "the path is not percent-encoded UTF-8") }
        if let route = KMSAdmin.route(path) {
            operation = route
            subject = KMSAdminSubject(head.method, path: route, body: [])
            // Looking on is what mends it; nothing is changed that can't be recorded.
            guard head.method == .get || !services.gateway.audit.refuses else {
                return refuse(503, "ServiceUnavailable", "the audit stream can't be written")
            }
            return authenticate()
        }
        refuse(404, "NotFound", "there is nothing at \(path); the KMS API begins with /kms/")
    }

    /// Refuses what isn't signed by an admin, before the body is read.
    private func authenticate() {
        do throws(S3Error) {
            let sender = try loop.authenticator.sender(
                of: head,
                now: services.gateway.clock()
            )
            self.sender = sender
            guard sender.credential.isAdmin else {
                return deny(
                    403,
                    "AccessDenied",
                    "the credential has no admin rights; set admin: true for it in the settings"
                )
            }
            if head.expectsContinue { exchange.sendContinue() }
        } catch  where !head.fields.contains("authorization") {
            deny(401, "AccessDenied", "sign the request with SigV4, service s3")
        } catch {
            deny(403, "AccessDenied", error.message)
        }
    }

    func received(_ body: Span<UInt8>) {
        keep(body)
        exchange.consume(body.count)
    }

    private func keep(_ body: Span<UInt8>) {
        guard !isOver else { return }
        guard self.body.count + body.count <= services.gateway.options.documentBytesMax else {
            return refuse(400, "InvalidRequest", "the body is over the limit limits.xml_bytes")
        }
        unsafe body.withUnsafeBufferPointer { unsafe self.body.append(contentsOf: $0) }
    }

    func receivedEnd(trailers: HTTPFields) {
        guard !isOver, let operation, let sender else { return }
        subject = KMSAdminSubject(head.method, path: operation, body: body)
        guard bodyIsSigned(sender) else {
            return deny(
                403,
                "AccessDenied",
                "sign the body: x-amz-content-sha256 must be its SHA-256"
            )
        }
        let rawQuery = head.target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        guard let query = try? S3Query(raw: String(rawQuery)) else {
            return refuse(400, "InvalidRequest", "the query is not percent-encoded UTF-8")
        }
        let pairs = query.parameters.map { (name: $0.name, value: $0.value) }
        let kms = services.kms
        let method = head.method
        let body = body
        let right = Right(
            subject: subject,
            access: RequestAccess(sender, exchange.peer, now: services.gateway.clock()),
            keys: services.gateway.access
        )
        loop.perform { () async throws(S3Error) -> KMSAdminAnswer in
            try await right.require()
            return await kms.handle(method, path: operation, query: pairs, body: body)
        } then: { [self] result in
            switch result {
            case .success(let reply):
                record(reply.status)
                answer(reply.status, "application/json", reply.body)
            case .failure(let error) where error.code == .accessDenied:
                deny(403, "AccessDenied", error.message)
            case .failure(let error): deny(500, "InternalError", error.message)
            }
        }
    }

    /// What a request needs to be allowed.
    private struct Right: Sendable {
        var subject: KMSAdminSubject?
        var access: RequestAccess
        var keys: KeyAccess

        /// Refuses what the credential's own policy doesn't allow, whether the key exists or not.
        func require() async throws(S3Error) {
            guard let subject else { return }
            guard let action = PolicyAction(subject.action) else { throw S3Error(.accessDenied) }
            guard let keyID = subject.keyID else { return try access.require(action, keyID: nil) }
            let rights = KeyRights(access)
            // A name that a new key is to get is its only one.
            guard action != .createKey else { return try rights.require(action, [keyID]) }
            try await keys.require(action, of: keyID, by: rights) { keys.errors.read($0) }
        }
    }

    /// Every administrative call is on record, whatever its outcome.
    private func record(_ status: Int) {
        var record = AuditRecord(
            time: services.gateway.clock(),
            requestID: id,
            principal: sender?.credential.id,
            operation: subject.map { "kms:\($0.action.rawValue)" }
                ?? "kms:\(head.method.name) \(operation ?? "")",
            outcome: status < 300 ? .success : status == 401 || status == 403 ? .denied : .failure,
            sourceAddress: exchange.peer.address
        )
        record.status = status
        record.keyID = subject?.keyID
        services.gateway.audit.record(record)
    }

    /// Admin requests change keys: an unsigned body could be another than the signer's.
    private func bodyIsSigned(_ sender: Authenticator.Sender) -> Bool {
        switch sender.identity.payload {
        case .sha256(let digest):
            ConstantTime.equal(digest, HashFunction.sha256.digest(body))
        case .unsigned: body.isEmpty
        case .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer: false
        }
    }

    func becameWritable() {}

    func closed(complete: Bool) { isOver = true }

    private func deny(_ status: Int, _ code: String, _ message: String) {
        record(status)
        refuse(status, code, message)
    }

    private func refuse(_ status: Int, _ code: String, _ message: String) {
        exchange.ignoreRequestBody()
        let document: JSONValue = ["code": .string(code), "message": .string(message)]
        answer(status, "application/json", document.encode())
    }

    private func text(_ status: Int, _ text: String) {
        answer(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    private func answer(_ status: Int, _ type: String, _ body: [UInt8]) {
        guard !isOver else { return }
        isOver = true
        let fields = HTTPFields([
            ("content-type", type), ("content-length", String(body.count)),
            ("x-amz-request-id", id), ("date", loop.httpDate()), ("cache-control", "no-store"),
        ])
        let hasBody = !body.isEmpty && head.method != .head && status != 204
        exchange.sendHead(HTTPResponseHead(status: status, fields: fields), end: !hasBody)
        guard hasBody else { return }
        exchange.sendBody(ByteBuffer(bytes: body))
        exchange.sendEnd(trailers: nil)
    }
}
