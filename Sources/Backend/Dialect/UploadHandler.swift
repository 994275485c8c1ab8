internal import HTTPWire
internal import NIOCore
internal import S3Wire
internal import Transport

/// PutObject and UploadPart: streams a body to its file, and commits it with its trailer.
final class UploadHandler: HTTPServerHandler {
    /// What the body becomes.
    private enum Product {
        case object
        case part(number: Int, upload: UploadID)
    }

    private let request: DialectRequest
    private let reply: DialectReply
    private let services: StoreServices
    private let product: Product
    private let condition: WriteCondition
    private let statedSize: Int64?
    private let sizeMax: Int64
    private var writer: BodyWriter?

    /// A handler ready for the body.
    ///
    /// - Throws: `S3Error` and `StoreError`: all that can be refused before the body comes.
    init(
        _ request: DialectRequest,
        _ reply: DialectReply,
        _ services: StoreServices,
        reader: IndexReader
    ) throws {
        self.request = request
        self.reply = reply
        self.services = services
        statedSize = try request.statedSize()
        sizeMax =
            request.bucket == IndexSchema.reservedBucket
            ? Int64(services.limits.recordBytesMax) : .max
        if let statedSize, statedSize > sizeMax { throw S3Error(.entityTooLarge) }
        // A body that is here already is refused by its commit alone, which looks anyway.
        let limits = services.limits.bodies
        let comesLater = request.head.expectsContinue || !limits.isInline(statedSize)
        if request.operation == .uploadPart {
            let upload = try request.uploadID()
            let number = try request.number("partNumber", in: 1...10_000, default: 0)
            guard number > 0 else {
                throw S3Error.invalidArgument("A number", name: "partNumber", value: "")
            }
            product = .part(number: number, upload: upload)
            condition = .none
            if comesLater {
                _ = try reader.parts(
                    of: upload,
                    bucket: request.bucket,
                    key: request.keyBytes,
                    after: number,
                    countMax: 0
                )
            }
        } else {
            product = .object
            condition = try request.writeCondition()
            if comesLater { try Self.check(condition, request, reader) }
        }
        try services.files.requireRoom(for: statedSize ?? 0)
        guard let exchange = reply.exchange else { throw StoreError.stopping }
        writer = BodyWriter(
            files: services.files,
            limits: limits,
            size: statedSize,
            on: exchange.eventLoop,
            BodyWriter.Report(
                credited: { [weak reply] in reply?.exchange?.consume($0) },
                failed: { [weak self] in self?.drop($0) }
            )
        )
        if request.head.expectsContinue { exchange.sendContinue() }
    }

    private static func check(
        _ condition: WriteCondition,
        _ request: DialectRequest,
        _ reader: IndexReader
    ) throws {
        guard condition != .none else {
            _ = try reader.bucket(request.bucket)
            return
        }
        do throws(StoreError) {
            let object = try reader.object(bucket: request.bucket, key: request.keyBytes)
            try condition.check(object.etag)
        } catch {
            guard error.isAbsence else { throw error }
            try condition.check(nil)
        }
    }

    func received(_ body: Span<UInt8>) {
        guard let writer else { return }
        do {
            guard writer.size + Int64(body.count) <= min(statedSize ?? .max, sizeMax) else {
                throw S3Error(statedSize == nil ? .entityTooLarge : .incompleteBody)
            }
            let credit = try writer.append(body)
            if credit > 0 { reply.exchange?.consume(credit) }
        } catch {
            drop(error)
        }
    }

    func receivedEnd(trailers: HTTPFields) {
        guard let writer, let exchange = reply.exchange else { return }
        do {
            if let statedSize, writer.size != statedSize { throw S3Error(.incompleteBody) }
            let text = try attachedText(trailers)
            self.writer = nil
            writer.finish().assumeIsolated().whenComplete { result in
                switch result {
                case .success(let body): self.commit(body, text, on: exchange.eventLoop)
                case .failure(let error): self.reply.fail(error)
                }
            }
        } catch {
            drop(error)
        }
    }

    func becameWritable() {}

    func closed(complete: Bool) {
        writer?.discard()
        writer = nil
        reply.close()
    }

    private func drop(_ error: any Error) {
        writer?.discard()
        writer = nil
        reply.fail(error)
    }

    /// The metadata or the attributes that came with the body.
    ///
    /// - Throws: `IncompleteBody` where they were announced as a trailer and didn't come.
    private func attachedText(_ trailers: HTTPFields) throws(S3Error) -> String? {
        let name: String
        switch product {
        case .object: name = DialectRequest.metadataField
        case .part: name = DialectRequest.attributesField
        }
        let isAnnounced = request.announcesTrailer(name)
        if isAnnounced, !trailers.contains(name) { throw S3Error(.incompleteBody) }
        let fields = isAnnounced ? trailers : request.head.fields
        switch product {
        case .object: return try DialectRequest.metadata(fields)
        case .part: return try DialectRequest.attributes(fields)
        }
    }

    private func commit(_ body: NewBody, _ text: String?, on loop: any EventLoop) {
        let (bucket, key, condition) = (request.bucket, request.keyBytes, condition)
        let change: EventLoopFuture<WriteOutcome>
        switch product {
        case .object:
            change = services.index.submit(on: loop) { (transaction) throws(StoreError) in
                try transaction.putObject(
                    bucket: bucket,
                    key: key,
                    body: body,
                    metadata: text,
                    condition: condition
                )
            }
        case .part(let number, let upload):
            change = services.index.submit(on: loop) { (transaction) throws(StoreError) in
                try transaction.putPart(
                    number,
                    of: upload,
                    bucket: bucket,
                    key: key,
                    body: body,
                    attributes: text
                )
            }
        }
        change.assumeIsolated().whenComplete { result in
            self.services.files.conclude(body, result.map { _ in })
            switch result {
            case .success(let outcome): self.reply.send(200, outcome.fields)
            case .failure(let error): self.reply.fail(error)
            }
        }
    }
}

extension BodyFiles {
    /// A body's change is decided: its file stays, goes, or waits for the next start.
    func conclude(_ body: NewBody, _ result: Result<Void, any Error>) {
        guard case .file(let id, _) = body else { return }
        switch result {
        case .success: settle(id)
        case .failure(let error):
            if (error as? StoreError)?.leavesNoTrace ?? false { abandon(id) }
        }
    }
}
