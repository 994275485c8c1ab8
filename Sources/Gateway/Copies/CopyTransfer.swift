import Crypto
import HTTPWire
import NIOCore
import S3Wire
import SealedObject
import Transport

/// Moves the bytes of a copy from the store back to the store, segment by verified segment.
///
/// The source is read no faster than the copy is taken: a few segments are in memory, whatever
/// the size. The store makes the copy visible only after the last segment was verified. Bound to
/// its event loop; completes once.
final class CopyTransfer {
    typealias Completion = (Result<ControlAnswer, CopyFailure>) -> Void

    private let plan: CopyPlan
    private let scope: RequestScope
    private var completion: Completion?
    private var sourceAnswered: (() -> Void)?

    private var reader: StoredBodyReader?
    private var opener: ObjectOpener?
    private var sealer: StreamSealer?
    private var upload: (any HTTPClientExchange)?
    private var md5: MD5Stream?
    private var checksum: ChecksumComputation?
    private var facts = PayloadFacts()

    init(_ plan: CopyPlan, _ scope: RequestScope, _ completion: @escaping Completion) {
        self.plan = plan
        self.scope = scope
        self.completion = completion
    }

    /// Asks for the source; `sourceAnswered` is called once it surely is the one that was found.
    func start(sourceAnswered: @escaping () -> Void) {
        let source = plan.source
        self.sourceAnswered = sourceAnswered
        do throws(SealedObjectError) {
            let body = try ReadBody(
                source.opened,
                ReadPlan(plan.range, size: source.size),
                source.layout
            )
            opener = body.opener
            sealer = try StreamSealer(
                facts: plan.target.facts,
                objectKey: plan.target.objectKey.bytes
            )
            if plan.target.digests.computesMD5 { md5 = MD5Stream() }
            checksum = plan.target.digests.computes.map { ChecksumComputation($0) }
            var fields = source.opened.found.ifUnchanged
            if !body.isWhole { fields.append("range", body.rangeHeader) }
            let request = StoreRequest(
                .get,
                bucket: source.bucket,
                key: source.key,
                query: StoreRequest.query(
                    version: source.opened.found.pinned(scope.loop.services.storeForm)
                ),
                fields: fields
            )
            let reader = StoredBodyReader(self)
            self.reader = reader
            reader.start(request.head, on: scope.loop.bodies)
        } catch {
            broke(.sealBroken(error))
        }
    }

    /// Ends it without a copy; nothing more is called.
    func cancel() {
        completion = nil
        sourceAnswered = nil
        reader?.cancel()
        reader = nil
        upload?.cancel()
        upload = nil
    }

    private func complete(_ result: Result<ControlAnswer, CopyFailure>) {
        let completion = completion
        cancel()
        completion?(result)
    }

    private func begin(_ sealer: StreamSealer) throws(SealedObjectError) {
        let target = plan.target
        var fields = try target.fields(sealer.header)
        if let name = target.trailerName { fields.append("trailer", name) }
        fields.append("x-sealgate-size", String(sealer.storedCount))
        let head = HTTPRequestHead(
            method: .put,
            target: target.path,
            authority: "store",
            fields: fields,
            bodyLength: .unknown
        )
        upload = scope.loop.store.begin(head, handler: UploadReply(self))
        upload?.sendBody(ByteBuffer(bytes: sealer.header.bytes))
    }

    /// Seals and sends; a tag that is due is written too.
    private func seal(_ plaintext: Span<UInt8>) throws(SealedObjectError) {
        guard let sealer else { return }
        var offset = 0
        while offset < plaintext.count || sealer.isTagPending {
            let piece = plaintext.extracting(offset..<plaintext.count)
            // Room for the tags of two segments: pieces are no longer than one.
            var sealed = ByteBufferAllocator().buffer(
                capacity: piece.count + 2 * SealedFormat.tagCount
            )
            var failure: SealedObjectError?
            unsafe sealed.writeWithUnsafeMutableBytes(
                minimumWritableBytes: piece.count + 2 * SealedFormat.tagCount
            ) { buffer in
                guard let address = buffer.baseAddress else { return 0 }
                do throws(SealedObjectError) {
                    let step = try unsafe sealer.seal(piece, into: address, capacity: buffer.count)
                    offset += step.consumed
                    return step.written
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            upload?.sendBody(sealed)
        }
    }

    /// The last word: what was found of the bytes, and the commit.
    private func commit(_ sealer: StreamSealer) throws(SealedObjectError) {
        try seal(Span())
        try sealer.finish()
        facts = plan.target.digests.known
        if let digest = md5?.finish() { facts.md5 = digest }
        if let algorithm = checksum?.algorithm, let value = checksum?.finish() {
            facts.checksum = ChecksumValue(algorithm: algorithm, value: value)
        }
        let target = plan.target
        let trailers = try target.trailerName.map { (name) throws(SealedObjectError) in
            HTTPFields([(name, try target.commit(facts, sealer.header))])
        }
        upload?.sendEnd(trailers: trailers)
    }
}

extension CopyTransfer: StoredBodyReader.Sink {
    var takesMore: Bool { upload?.isWritable ?? false }

    func storeAnswered(_ head: HTTPResponseHead) {
        guard let opener, let sealer, let reader else { return }
        self.opener = nil
        let sourceAnswered = sourceAnswered
        self.sourceAnswered = nil
        sourceAnswered?()
        do throws(SealedObjectError) {
            try begin(sealer)
        } catch {
            return broke(.sealBroken(error))
        }
        reader.open(with: opener)
    }

    func storeRefused(_ reply: StoreReply) {
        if reply.status == 404 || reply.status == 412 { return complete(.failure(.changed)) }
        let about = StoreFailure.ErrorScope(bucket: plan.source.bucket, key: plan.source.key)
        complete(.failure(.refused(StoreFailure.reply(reply, about))))
    }

    func released(_ plaintext: ByteBuffer) {
        let bytes = plaintext.readableBytesUInt8Span
        md5?.update(bytes)
        checksum?.update(bytes)
        do throws(SealedObjectError) { try seal(bytes) } catch { broke(.sealBroken(error)) }
    }

    func finished() {
        reader = nil
        guard let sealer else { return }
        do throws(SealedObjectError) { try commit(sealer) } catch { broke(.sealBroken(error)) }
    }

    func broke(_ fault: StoredBodyFault) {
        switch fault {
        case .sealBroken(let error):
            scope.report(.sealBroken(error), objectID: plan.source.opened.envelope.objectID)
            complete(.failure(.refused(S3Error(.internalError))))
        case .storeFailed(let error):
            complete(.failure(.refused(StoreFailure.answer(.unreachable(error)))))
        }
    }
}

extension CopyTransfer: UploadReply.Owner {
    func storeAnswered(_ reply: StoreReply) {
        upload = nil
        guard let sealer, reply.isSuccess, reader == nil else {
            let about = StoreFailure.ErrorScope(bucket: scope.bucket, key: scope.key)
            let error = plan.target.refusal(StoreFailure.reply(reply, about))
            return complete(.failure(.refused(error)))
        }
        complete(.success(plan.target.answer(facts, sealer.header, reply)))
    }

    func storeBecameWritable() { reader?.resume() }

    func storeFailed(_ error: HTTPClientError) {
        upload = nil
        complete(.failure(.refused(StoreFailure.answer(.unreachable(error)))))
    }
}
