import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// CompleteMultipartUpload: the parts that the client names become the object.
enum CompletionWork {
    /// The least length of every part but the last, in bytes.
    static let partBytesMin = 5 << 20

    static func complete(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let wanted = try request.document(CompletionRequest.self)
        try wanted.validate()
        let upload: OpenUpload
        let listing: PartListing
        do throws(S3Error) {
            (upload, listing) = try await request.listParts()
        } catch where error.code == .noSuchUpload {
            return try await RepeatedCompletion.answer(request, wanted)
        }
        let customer = try customerKey(request, upload)
        let opened = try await request.open(upload, customer: customer)
        let parts = try CompletedParts(wanted, listing, opened)
        let commit = try CompletionCommit(request, opened, parts, customer: customer)
        var fields = try await conditions(request)
        fields.append(StoreRequest.metadataField, commit.envelope.text)
        let reply = try await request.send(
            StoreRequest(
                .post,
                bucket: request.bucket,
                key: request.key,
                query: "uploadId=\(upload.uploadID)",
                fields: fields,
                body: CompletionRequest(parts: parts.stored, table: commit.table).xml
            )
        )
        guard reply.isSuccess else { throw StoreFailure.reply(reply, request.errorScope) }
        return answer(request, opened, commit, customer)
    }

    private static func customerKey(
        _ request: ControlRequest,
        _ upload: OpenUpload
    ) throws(S3Error) -> CustomerKeyHolder? {
        let key = try request.services.sse.complete(
            request.fields,
            transport: request.transport,
            upload: upload.envelope.sseMode
        )
        return try CustomerKeyHolder.of(key)
    }

    private static func conditions(_ request: ControlRequest) async throws(S3Error) -> HTTPFields {
        switch try WriteCondition(request.fields) {
        case .none: return HTTPFields()
        case .ifAbsent: return HTTPFields([("if-none-match", "*")])
        case .ifMatch: throw .notImplemented(header: "If-Match")
        }
    }

    private static func answer(
        _ request: ControlRequest,
        _ opened: OpenedUpload,
        _ commit: CompletionCommit,
        _ customer: CustomerKeyHolder?
    ) -> ControlAnswer {
        let key = PercentEncoding.encode(request.key, keepingSlash: true)
        var document = CompletedUpload(
            location: "https://\(request.authority)/\(request.bucket)/\(key)",
            bucket: request.bucket,
            key: request.key,
            entityTag: commit.entityTag
        )
        if let checksum = commit.checksum {
            document.checksums = [checksum]
            document.checksumType = ChecksumType.composite.rawValue
        }
        var answer = ControlAnswer.xml(document)
        opened.describe(in: &answer.fields, customer, request.services)
        answer.mode = opened.upload.envelope.mode.label
        answer.keyID = opened.keyID(request.services)
        return answer
    }
}
