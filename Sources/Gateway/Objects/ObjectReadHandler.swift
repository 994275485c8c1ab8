import HTTPWire
import NIOCore
import S3Wire
import SealedObject
import Transport

/// GetObject and HeadObject: finds the object, opens its envelope, then its body.
///
/// A plain GET is one request to the store. Where the answer hangs on facts (a range, a part, a
/// condition, HEAD) the facts come first, and the body is asked for only if they still hold. What
/// can be refused by the attributes is refused before the KMS is asked for the object's key.
final class ObjectReadHandler: HTTPServerHandler {
    /// How often a read begins anew because the object was written in between.
    static let attemptsMax = 4

    let scope: RequestScope
    var reader: StoredBodyReader?
    var opened: OpenedObject?
    var plan: ReadPlan?
    /// The body that is being asked for with a condition; `nil` for a plain GET's first answer.
    var wanted: ReadBody?
    /// What is remembered of the object.
    private var known: OpenedObject.Contents?
    private var layout: MultipartLayout?
    private var customer: CustomerKeyHolder?
    private var partNumber: Int?
    /// The version that is asked for; `nil` for the current one.
    private lazy var version = scope.versionID
    private var overrides: ResponseOverrides?
    private lazy var conditions = ObjectConditions(scope.head.fields)
    /// Whether a plain GET may be for the object that was remembered there.
    private var expectsKnown = true
    private var attempts = 0
    /// Whether the answer is complete or can't be: what still comes in is too late.
    private(set) var isOver = false

    init(_ scope: RequestScope) { self.scope = scope }

    var isHead: Bool { scope.head.method == .head }

    /// Whether the store's facts decide what is answered.
    private var needsFactsFirst: Bool {
        let fields = scope.head.fields
        return isHead || partNumber != nil || fields.contains("range") || !conditions.isEmpty
    }

    /// Begins the read; called once, when the request's head is there.
    func begin() {
        scope.exchange.ignoreRequestBody()
        // Most reads ask for no more than an object.
        if !ReadFields.areAny(in: scope.head.fields) { scope.forgetFields() }
        do throws(S3Error) {
            if let query = scope.target?.query {
                partNumber = try PartNumber.read(query)
                overrides = try ResponseOverrides(query, isAnonymous: scope.sender == nil)
            }
        } catch {
            return refuse(error)
        }
        find()
    }

    // Finding and opening.

    private func find() {
        attempts += 1
        guard attempts <= Self.attemptsMax else { return fault(.restless) }
        guard needsFactsFirst else {
            known = shortKnown
            guard let known else { return read(request(.get)) }
            // Whatever else is there now may be long.
            return read(request(.get, known.found.ifUnchanged), isShort: true)
        }
        StoreExchange.send(
            request(.head).head,
            body: [],
            on: scope.loop.store,
            isShort: scope.loop.sharesConnections
        ) { [self] result in
            guard !isOver else { return }
            switch result {
            case .success(let reply) where reply.isSuccess:
                found(HTTPResponseHead(status: reply.status, fields: reply.fields))
            case .success(let reply) where (400..<500).contains(reply.status):
                refuseMissing(StoreFailure.reply(reply, errorScope))
            case .success(let reply): refuse(StoreFailure.read(reply.status))
            case .failure(let error): refuse(StoreFailure.answer(error))
            }
        }
    }

    private func request(
        _ method: HTTPMethod,
        _ fields: HTTPFields = HTTPFields()
    ) -> StoreRequest {
        StoreRequest(
            method,
            bucket: scope.bucket,
            key: scope.key,
            query: StoreRequest.query(version: version),
            fields: fields
        )
    }

    var errorScope: StoreFailure.ErrorScope {
        .init(bucket: scope.bucket, key: scope.key, versionID: version)
    }

    /// The store's facts of the object came, by HEAD or as the head of a GET.
    func found(_ head: HTTPResponseHead) {
        let object: FoundObject
        do throws(ObjectFault) {
            if known?.found.isRepeated(by: head) != true {
                known = scope.loop.known(head, bucket: scope.bucket, key: scope.key)
            }
            if let known { object = known.found } else { object = try FoundObject(head) }
        } catch {
            return fault(error)
        }
        do throws(S3Error) { try readCustomerKey(object.envelope) } catch { return refuse(error) }
        scope.mode = object.envelope.sseMode
        open(object, wants: isHead && partNumber == nil ? .attributes : .objectKeyAtHand)
    }

    private func readCustomerKey(_ envelope: Envelope) throws(S3Error) {
        // It was wiped where it stood when it was read first.
        if customer != nil, envelope.mode == .customer { return }
        do throws(S3Error) {
            let key = try scope.loop.services.sse.read(
                scope.head.fields,
                transport: scope.transport,
                stored: envelope.sseMode
            )
            customer = try CustomerKeyHolder.of(key)
        } catch SSEError.customerKeyMissing {
            // A part that can't be there is told without the key.
            if let partNumber, let count = envelope.body.partCount, partNumber > count {
                throw ReadPlan.partMissing(partNumber, count: count)
            }
            throw SSEError.customerKeyMissing
        }
        if customer != nil { scope.wipeCustomerKeys() }
    }

    private func open(_ object: FoundObject, wants: LoopContext.Wanted) {
        scope.loop.open(
            object,
            known: known,
            bucket: scope.bucket,
            key: scope.key,
            customer: customer,
            rights: KeyRights(scope.access),
            wants: wants
        ) { [self] result in
            guard !isOver else { return }
            switch result {
            case .success(let opened): didOpen(opened)
            case .failure(.refused(let error)): refuse(error)
            case .failure(.broken(let broken)): fault(broken)
            }
        }
    }

    private func didOpen(_ opened: OpenedObject) {
        self.opened = opened
        scope.note(opened)
        guard opened.envelope.body == .upload else { return weigh(opened) }
        // Such an envelope says neither length nor ETag; the table does.
        guard opened.objectKey != nil else { return open(opened.found, wants: .objectKey) }
        fetchTable(opened)
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
        if let layout { return give(layout) }
        let body = opened.envelope.body
        if let size = body.plaintextCount, !body.isMultipart || partNumber == nil {
            guard resolve(size, nil) else { return }
            if isHead { return answerHead() }
        }
        guard opened.objectKey != nil else { return open(opened.found, wants: .objectKey) }
        if body.isMultipart { fetchTable(opened) } else { readBody(opened) }
    }

    private func fetchTable(_ opened: OpenedObject) {
        PartTableFetch.send(opened, scope) { [self] result in
            guard !isOver else { return }
            switch result {
            case .success(let layout):
                self.layout = layout
                let resolved = opened.resolved(layout)
                self.opened = resolved
                if opened.envelope.body == .upload { weigh(resolved) } else { give(layout) }
            case .failure(.changed): again()
            case .failure(.refused(let error)): refuse(error)
            case .failure(.broken(let broken)): fault(broken)
            }
        }
    }

    private func give(_ layout: MultipartLayout) {
        guard let opened, resolve(layout.plaintextCount, layout) else { return }
        if isHead { answerHead() } else { readBody(opened) }
    }

    /// What of the object is to be given; `false` where the request was refused for it.
    private func resolve(_ size: Int, _ layout: MultipartLayout?) -> Bool {
        do throws(S3Error) {
            plan = try ReadPlan(
                rangeHeader: scope.head.fields["range"],
                partNumber: partNumber,
                size: size,
                layout: layout
            )
            return true
        } catch {
            refuse(error)
            return false
        }
    }

    private func readBody(_ opened: OpenedObject) {
        guard let plan else { return fault(.answerIncomplete) }
        // An empty part among others: there is nothing to ask for.
        if plan.range.isEmpty, plan.size > 0 { return answerHead() }
        let body: ReadBody
        do throws(SealedObjectError) {
            body = try ReadBody(opened, plan, layout)
        } catch {
            return fault(.sealBroken(error))
        }
        if let reader, body.isWhole {
            return reader.open(with: body.opener)
        }
        reader?.cancel()
        var fields = opened.found.ifUnchanged
        if !body.isWhole { fields.append("range", body.rangeHeader) }
        wanted = body
        read(request(.get, fields))
    }

    private func read(_ request: StoreRequest, isShort: Bool = false) {
        let reader = StoredBodyReader(self)
        self.reader = reader
        reader.start(request.head, on: scope.loop.bodies, isShort: isShort)
    }

    private var place: OpenedObjectCache.Place {
        .init(bucket: scope.bucket, key: scope.key, versionID: version)
    }

    /// The object that was there last, if it is short.
    private var shortKnown: OpenedObject.Contents? {
        // Alone it has nothing to share, and a condition to pay for.
        guard expectsKnown, scope.loop.sharesConnections, scope.loop.bodies.isInUse else {
            return nil
        }
        let known = scope.loop.openedObjects.known(place)
        return known.flatMap { $0.found.storedCount <= LoopContext.sharedBytesMax ? $0 : nil }
    }

    /// Asks for whatever is there, where what was remembered isn't any more.
    func readUnknown() -> Bool {
        guard expectsKnown, wanted == nil else { return false }
        expectsKnown = false
        // Others would ask in vain as well.
        scope.loop.openedObjects.remove(place)
        find()
        return true
    }

    /// The object was written since its facts were read.
    func again() {
        reader?.cancel()
        reader = nil
        wanted = nil
        opened = nil
        layout = nil
        plan = nil
        find()
    }

    // Ends.

    var answerFields: HTTPFields? {
        guard let opened, let plan else { return nil }
        return ReadFields.make(opened, plan, customer, overrides, scope)
    }

    private func answerHead() {
        end()
        guard let plan, let fields = answerFields else { return }
        scope.sendHead(status: plan.status, fields: fields, end: true)
    }

    private func notModified(_ opened: OpenedObject) {
        end()
        scope.sendHead(status: 304, fields: ReadFields.unchanged(opened), end: true)
    }

    /// There is no such object; a GET is told apart where there isn't even the bucket.
    private func refuseMissing(_ missing: S3Error) {
        guard !isHead, missing.status == 404, missing.fields.isEmpty else {
            return refuse(missing)
        }
        let request = StoreRequest(.head, bucket: scope.bucket)
        StoreExchange.send(request.head, body: [], on: scope.loop.store) { [self] result in
            guard !isOver else { return }
            guard case .success(let reply) = result, !reply.isSuccess else {
                return refuse(missing)
            }
            refuse(StoreFailure.reply(reply, .init(bucket: scope.bucket)))
        }
    }

    func refuse(_ error: S3Error) {
        guard !isOver else { return }
        end()
        scope.fail(error)
    }

    func fault(_ fault: ObjectFault) {
        guard !isOver else { return }
        scope.report(fault, objectID: opened?.envelope.objectID)
        refuse(S3Error(.internalError))
    }

    /// Nothing more is done, whatever still comes in.
    func end() {
        isOver = true
        reader?.cancel()
        reader = nil
    }

    // The client's side.

    func received(_ body: Span<UInt8>) { scope.exchange.consume(body.count) }
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() { reader?.resume() }

    func closed(complete: Bool) {
        end()
        scope.finish(complete: complete)
    }
}
