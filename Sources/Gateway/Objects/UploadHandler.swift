import HTTPWire
import NIOCore
import S3Wire
import SealedObject
import Transport

/// PutObject, PostObject and UploadPart: body in, sealed segments out, the commit last.
///
/// Everything that can be refused is refused before `100 Continue` and before the store hears of
/// the body. What is known only at its end is verified while it streams; the trailer that makes
/// the store commit, or all of a short body, goes out after that alone. Bound to its event loop.
final class UploadHandler: HTTPServerHandler, UploadReply.Owner {
    /// Bytes handed to the store at once: what the allocator gives for a segment and its tag.
    static let bufferBytes = 131_072

    let scope: RequestScope
    private let kind: any UploadKind

    private var reader: PayloadReader?
    private var sealer: StreamSealer?
    private var exchange: (any HTTPClientExchange)?
    // Whether the upload is short: it is sent when it is whole, and verified.
    private var isShort = false
    // What it is sent with then.
    private var target = ""
    private var fields = HTTPFields()
    private var sealed = ByteBuffer()
    // What the buffer is to take; it may have more room than was asked for.
    private var sealedCapacity = 0
    private var storedRemaining = 0

    private var held = ByteBuffer()
    private var heldTrailers: HTTPFields?
    private var unconsumed = 0
    private var facts: PayloadFacts?
    private var isOver = false

    init(_ scope: RequestScope, _ kind: any UploadKind) {
        self.scope = scope
        self.kind = kind
    }

    /// Begins: what the upload needs (bucket, keys) may have to be fetched first.
    func begin() {
        kind.prepare { [self] result in
            guard !isOver else { return }
            switch result {
            case .success(let prepared): start(prepared)
            case .failure(let error): fail(error)
            }
        }
    }

    private func start(_ prepared: consuming PreparedUpload) {
        reader = prepared.reader
        prepared.reader.digestWork?.caughtUp = { [weak self] in self?.giveCredit() }
        sealer = prepared.sealer
        storedRemaining = prepared.sealer.storedCount
        if scope.loop.sharesConnections, storedRemaining <= LoopContext.sharedBytesMax {
            isShort = true
            target = prepared.target
            fields = prepared.fields
        } else {
            var fields = prepared.fields
            if let trailerName = prepared.trailerName { fields.append("trailer", trailerName) }
            fields.append("x-sealgate-size", String(storedRemaining))
            send(prepared.target, fields, bodyLength: .unknown)
        }
        takeBuffer()
        prepared.sealer.header.withBytes { header in
            unsafe header.withUnsafeBytes { _ = unsafe sealed.writeBytes($0) }
        }
        scope.sendContinue()
        replay()
    }

    private func send(_ target: String, _ fields: HTTPFields, bodyLength: HTTPBodyLength) {
        let head = HTTPRequestHead(
            method: .put,
            target: target,
            authority: "store",
            fields: fields,
            bodyLength: bodyLength
        )
        exchange = scope.loop.store.begin(
            head,
            handler: UploadReply(self),
            isShort: isShort
        )
    }

    /// What came before the upload could start.
    private func replay() {
        let held = held
        self.held = ByteBuffer()
        unsafe held.withUnsafeReadableBytes { bytes in
            unsafe take(bytes.bindMemory(to: UInt8.self).span)
        }
        if let heldTrailers, !isOver { finishBody(heldTrailers) }
    }

    // The client's side.

    func received(_ body: Span<UInt8>) {
        guard !isOver, facts == nil else { return scope.exchange.consume(body.count) }
        if sealer == nil {
            unsafe body.withUnsafeBufferPointer { _ = unsafe held.writeBytes($0) }
        } else {
            take(body)
        }
    }

    func receivedEnd(trailers: HTTPFields) {
        guard !isOver, facts == nil else { return }
        if sealer == nil { heldTrailers = trailers } else { finishBody(trailers) }
    }

    func closed(complete: Bool) {
        isOver = true
        exchange?.cancel()
        exchange = nil
        scope.finish(complete: complete)
    }

    private func take(_ body: Span<UInt8>) {
        do throws(S3Error) {
            try reader?.receive(body) { plaintext throws(S3Error) in try seal(plaintext) }
        } catch {
            return fail(error)
        }
        unconsumed += body.count
        giveCredit()
    }

    /// The client may send more as the store takes what came, and its digests keep up.
    private func giveCredit() {
        guard unconsumed > 0, exchange?.isWritable != false,
            reader?.digestWork?.isBehind != true
        else { return }
        let count = unconsumed
        unconsumed = 0
        scope.exchange.consume(count)
    }

    // The response goes out whole; there is nothing to go on with.
    func becameWritable() {}

    // The store's side.

    func storeBecameWritable() { giveCredit() }

    func storeAnswered(_ reply: StoreReply) {
        exchange = nil
        guard !isOver else { return }
        isOver = true
        guard reply.isSuccess, let facts else {
            let about = StoreFailure.ErrorScope(bucket: scope.bucket, key: scope.key)
            return scope.fail(kind.refusal(StoreFailure.reply(reply, about)))
        }
        kind.respond(scope, facts, reply)
    }

    func storeFailed(_ error: HTTPClientError) {
        exchange = nil
        fail(StoreFailure.answer(.unreachable(error)))
    }

    /// A buffer for sealed bytes: two segments' worth, whatever the edges, or what is left.
    private func takeBuffer() {
        sealedCapacity = min(Self.bufferBytes, storedRemaining)
        sealed = ByteBufferAllocator().buffer(capacity: sealedCapacity)
    }

    private func seal(_ plaintext: Span<UInt8>) throws(S3Error) {
        guard let sealer else { return }
        var offset = 0
        repeat {
            offset += try sealOnce(plaintext.extracting(offset..<plaintext.count), sealer)
            if sealed.readableBytes == sealedCapacity || sealer.isTagPending { sendBuffer() }
        } while offset < plaintext.count || sealer.isTagPending
    }

    private func sealOnce(
        _ piece: Span<UInt8>,
        _ sealer: StreamSealer
    ) throws(S3Error) -> Int {
        var consumed = 0
        var failure: SealedObjectError?
        let room = sealedCapacity - sealed.readableBytes
        unsafe sealed.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { buffer in
            guard let address = buffer.baseAddress else { return 0 }
            do throws(SealedObjectError) {
                let step = try unsafe sealer.seal(piece, into: address, capacity: room)
                consumed = step.consumed
                return step.written
            } catch {
                failure = error
                return 0
            }
        }
        if let failure {
            scope.report(.sealBroken(failure), objectID: sealer.header.facts.objectID)
            throw S3Error(.internalError)
        }
        return consumed
    }

    private func sendBuffer() {
        // What is short fits into one buffer.
        guard !isShort, sealed.readableBytes > 0 else { return }
        storedRemaining -= sealed.readableBytes
        exchange?.sendBody(sealed)
        takeBuffer()
    }

    /// The body's end: the verdict, then the commit.
    private func finishBody(_ trailers: HTTPFields) {
        guard let reader else { return }
        if let work = reader.digestWork {
            return reader.finish(work) { [self] result in
                guard !isOver else { return }
                conclude(result)
            }
        }
        conclude(Result { () throws(S3Error) in try reader.finish() })
    }

    private func conclude(_ verdict: Result<PayloadFacts, S3Error>) {
        guard let sealer else { return }
        do throws(S3Error) {
            let facts = try verdict.get()
            self.facts = facts
            try seal(Span())
            sendBuffer()
            do throws(SealedObjectError) {
                try sealer.finish()
                commit(try kind.commit(facts, sealer.header))
            } catch {
                scope.report(.sealBroken(error), objectID: sealer.header.facts.objectID)
                throw S3Error(.internalError)
            }
        } catch {
            fail(error)
        }
    }

    /// Sends what makes the store commit: the end of the body, or all of a short one.
    private func commit(_ field: (name: String, value: String)?) {
        // Many uploads wait for the store at once: of each stays what its answer needs, so that
        // the next find memory at hand that a cache still holds.
        reader = nil
        sealer = nil
        scope.forgetFields()
        guard isShort else {
            exchange?.sendEnd(trailers: field.map { HTTPFields([($0.name, $0.value)]) })
            return
        }
        if let field { fields.append(field.name, field.value) }
        send(target, fields, bodyLength: .known(UInt64(sealed.readableBytes)))
        exchange?.sendBody(sealed)
        exchange?.sendEnd(trailers: nil)
        sealed = ByteBuffer()
        fields = HTTPFields()
    }

    /// Ends the upload, with nothing stored.
    func fail(_ error: S3Error) {
        guard !isOver else { return }
        isOver = true
        exchange?.cancel()
        exchange = nil
        scope.fail(error)
    }
}
