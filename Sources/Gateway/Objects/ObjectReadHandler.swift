import HTTPWire
import NIOCore
import S3Wire
import SealedObject
import Transport

/// GetObject and HeadObject: finds the object, opens its envelope, then its body.
///
/// A plain GET is one request to the store. Where the answer hangs on facts (a range, a part, a
/// condition, HEAD) the facts come first, and the body is asked for only if they still hold.
final class ObjectReadHandler: HTTPServerHandler {
    /// How often a read begins anew because the object was written in between.
    static let attemptsMax = 4

    let scope: RequestScope
    var reader: StoredBodyReader?
    var opened: OpenedObject?
    var plan: ReadPlan?
    var layout: MultipartLayout?
    var customer: CustomerKeyHolder?
    var partNumber: Int?
    var overrides: ResponseOverrides?
    private lazy var conditions = ObjectConditions(scope.head.fields)
    private var attempts = 0
    private var isClosed = false

    init(_ scope: RequestScope) { self.scope = scope }

    private var isHead: Bool { scope.head.method == .head }

    /// Whether the store's facts decide what is answered.
    private var needsFactsFirst: Bool {
        let fields = scope.head.fields
        return isHead || partNumber != nil || fields.contains("range") || !conditions.isEmpty
    }

    /// Begins the read; called once, when the request's head is there.
    func begin() {
        scope.exchange.ignoreRequestBody()
        do throws(S3Error) {
            if let query = scope.target?.query {
                partNumber = try PartNumber.read(query)
                overrides = try ResponseOverrides(query, isAnonymous: scope.sender == nil)
            }
        } catch {
            return scope.fail(error)
        }
        find()
    }

    private func find() {
        attempts += 1
        guard attempts <= Self.attemptsMax else { return fault(.restless) }
        if needsFactsFirst {
            let request = StoreRequest(.head, bucket: scope.bucket, key: scope.key)
            StoreExchange.send(request.head, body: [], on: scope.loop.store) { [self] result in
                switch result {
                case .success(let reply):
                    found(HTTPResponseHead(status: reply.status, fields: reply.fields))
                case .failure(let error): refuse(StoreFailure.answer(error))
                }
            }
        } else {
            let reader = StoredBodyReader(self)
            self.reader = reader
            let request = StoreRequest(.get, bucket: scope.bucket, key: scope.key)
            reader.start(request.head, on: scope.loop.store)
        }
    }

    /// The store's facts of the object came, by HEAD or as the head of a GET.
    private func found(_ head: HTTPResponseHead) {
        guard !isClosed else { return }
        guard head.status == 200 else { return refuse(StoreFailure.read(head, scope)) }
        let object: FoundObject
        do throws(ObjectFault) { object = try FoundObject(head) } catch { return fault(error) }
        do throws(S3Error) {
            let key = try scope.loop.services.sse.read(
                scope.head.fields,
                transport: scope.transport,
                stored: object.envelope.sseMode
            )
            customer = try CustomerKeyHolder.of(key)
        } catch {
            return refuse(error)
        }
        scope.loop.open(
            object,
            bucket: scope.bucket,
            key: scope.key,
            customer: customer,
            wantsObjectKey: !isHead || partNumber != nil || object.envelope.body == .upload
        ) { [self] result in
            switch result {
            case .success(let opened): didOpen(opened)
            case .failure(.refused(let error)): refuse(error)
            case .failure(.broken(let broken)): fault(broken)
            }
        }
    }

    private func didOpen(_ opened: OpenedObject) {
        guard !isClosed else { return }
        self.opened = opened
        scope.note(opened)
        // Such an envelope says neither length nor ETag; the table does.
        if opened.envelope.body == .upload { fetchTable(opened) } else { weigh(opened) }
    }

    /// The object is known: whether it is answered.
    private func weigh(_ opened: OpenedObject) {
        let decision = conditions.evaluate(
            entityTag: opened.etag,
            lastModified: opened.found.lastModified
        )
        switch decision {
        case .proceed: break
        case .notModified: return notModified(opened)
        case .failed(let condition): return refuse(.preconditionFailed(condition))
        }
        if opened.envelope.body.isMultipart, layout == nil, !isHead || partNumber != nil {
            fetchTable(opened)
        } else {
            answer(opened)
        }
    }

    private func fetchTable(_ opened: OpenedObject) {
        PartTableFetch.send(opened, scope) { [self] result in
            guard !isClosed else { return }
            switch result {
            case .success(let layout):
                self.layout = layout
                let resolved = opened.resolved(layout)
                self.opened = resolved
                if opened.envelope.body == .upload { weigh(resolved) } else { answer(resolved) }
            case .failure(.changed): again()
            case .failure(.refused(let error)): refuse(error)
            case .failure(.broken(let broken)): fault(broken)
            }
        }
    }

    private func answer(_ opened: OpenedObject) {
        do throws(S3Error) {
            let plan = try ReadPlan(
                rangeHeader: scope.head.fields["range"],
                partNumber: partNumber,
                size: opened.envelope.body.plaintextCount ?? layout?.plaintextCount ?? 0,
                layout: layout
            )
            self.plan = plan
            if isHead {
                let fields = ReadFields.make(opened, plan, customer, overrides, scope)
                return scope.sendHead(status: plan.status, fields: fields, end: true)
            }
            try openBody(opened, plan)
        } catch {
            refuse(error)
        }
    }

    private func openBody(_ opened: OpenedObject, _ plan: ReadPlan) throws(S3Error) {
        let body: ReadBody
        do throws(SealedObjectError) {
            body = try ReadBody(opened, plan, layout)
        } catch {
            return fault(.sealBroken(error))
        }
        if let reader, body.isWhole {
            return reader.open(with: body.opener, allocator: ByteBufferAllocator())
        }
        reader?.cancel()
        let reader = StoredBodyReader(self)
        self.reader = reader
        var fields = HTTPFields([("if-match", opened.found.storeETag)])
        if !body.isWhole { fields.append("range", body.rangeHeader) }
        let request = StoreRequest(.get, bucket: scope.bucket, key: scope.key, fields: fields)
        ranged = body
        reader.start(request.head, on: scope.loop.store)
    }

    /// The body that is being asked for with a condition; `nil` for a plain GET's first answer.
    private var ranged: ReadBody?

    private func again() {
        reader?.cancel()
        reader = nil
        ranged = nil
        opened = nil
        layout = nil
        find()
    }

    private func notModified(_ opened: OpenedObject) {
        reader?.cancel()
        reader = nil
        scope.sendHead(status: 304, fields: ReadFields.unchanged(opened), end: true)
    }

    func refuse(_ error: S3Error) {
        reader?.cancel()
        reader = nil
        guard !isClosed else { return }
        scope.fail(error)
    }

    func fault(_ fault: ObjectFault) {
        scope.report(fault, objectID: opened?.envelope.objectID)
        refuse(S3Error(.internalError))
    }

    // The client's side.

    func received(_ body: Span<UInt8>) { scope.exchange.consume(body.count) }
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() { reader?.resume() }

    func closed(complete: Bool) {
        isClosed = true
        reader?.cancel()
        reader = nil
        scope.finish(complete: complete)
    }
}

extension ObjectReadHandler: StoredBodyReader.Sink {
    var takesMore: Bool { scope.exchange.isWritable }

    func storeAnswered(_ head: HTTPResponseHead) {
        guard let ranged else { return found(head) }
        switch head.status {
        case 200 where ranged.isWhole, 206 where !ranged.isWhole:
            reader?.open(with: ranged.opener, allocator: ByteBufferAllocator())
        case 404, 412: again()
        default: refuse(StoreFailure.read(head, scope))
        }
    }

    func released(_ plaintext: ByteBuffer) {
        beginAnswer()
        scope.exchange.sendBody(plaintext)
    }

    func finished() {
        if plan?.range.isEmpty == true, let opened, let plan, !scope.answered {
            let fields = ReadFields.make(opened, plan, customer, overrides, scope)
            return scope.sendHead(status: plan.status, fields: fields, end: true)
        }
        beginAnswer()
        scope.exchange.sendEnd(trailers: nil)
    }

    func broke(_ bodyFault: StoredBodyFault) {
        switch bodyFault {
        case .sealBroken(let error): fault(.sealBroken(error))
        case .storeFailed(let error):
            guard scope.answered else { return refuse(StoreFailure.answer(.unreachable(error))) }
            fault(.storeFailed)
        }
    }

    /// The head goes out when the first segment was verified, not before.
    private func beginAnswer() {
        guard !scope.answered, let opened, let plan else { return }
        let fields = ReadFields.make(opened, plan, customer, overrides, scope)
        scope.sendHead(status: plan.status, fields: fields, end: false)
    }
}
