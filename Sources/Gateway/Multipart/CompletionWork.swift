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
        } catch  where error.code == .noSuchUpload {
            return try await RepeatedCompletion.answer(request, wanted)
        }
        let customer = try customerKey(request, upload.envelope.sseMode)
        let opened = try await request.open(upload, customer: customer)
        let parts = try CompletedParts(wanted, listing, opened)
        let commit = try CompletionCommit(request, opened, parts, customer: customer)
        try requireSize(commit.plaintextCount, request)
        try requireChecksum(commit, request)
        let conditions = try await conditions(request, upload)
        var fields = conditions
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
        guard reply.isSuccess else {
            let refusal = WriteConditions.refusal(
                StoreFailure.reply(reply, request.errorScope),
                conditions
            )
            throw await request.conflict(refusal, since: upload.initiated)
        }
        var answer = answer(request, opened, commit, customer)
        VersionOutcome(reply.fields).append(to: &answer.fields)
        return answer
    }

    private static func conditions(
        _ request: ControlRequest,
        _ upload: OpenUpload
    ) async throws(S3Error) -> HTTPFields {
        do throws(S3Error) { return try await WriteConditions.resolve(request) } catch {
            throw await request.conflict(error, since: upload.initiated)
        }
    }

    /// The customer's key of the request, as an upload of that mode wants it.
    static func customerKey(
        _ request: ControlRequest,
        _ mode: SSEMode
    ) throws(S3Error) -> CustomerKeyHolder? {
        let key = try request.services.sse.part(
            request.fields,
            transport: request.transport,
            upload: mode
        )
        return try CustomerKeyHolder.of(key)
    }

    /// Compares the object's checksum with the one that the client counts on, where it says so.
    private static func requireChecksum(
        _ commit: CompletionCommit,
        _ request: ControlRequest
    ) throws(S3Error) {
        if let type = request.fields["x-amz-checksum-type"], let computed = commit.checksumType,
            type.uppercased() != computed.rawValue
        {
            throw S3Error(
                .invalidRequest,
                "The upload was created using the \(computed.rawValue) checksum mode. The "
                    + "complete request must use the same checksum mode."
            )
        }
        for algorithm in ChecksumAlgorithm.allCases {
            guard let declared = request.fields[algorithm.fieldName] else { continue }
            guard let computed = commit.checksum, computed.algorithm == algorithm else {
                throw S3Error(
                    .invalidRequest,
                    "The upload's parts have no checksums that \(algorithm.fieldName) could be "
                        + "compared with."
                )
            }
            guard declared == computed.text || declared == computed.text.split(separator: "-")[0]
            else { throw ChecksumHeaders.mismatch(algorithm) }
        }
    }

    /// Compares the object's length with the one that the client counts on, where it says so.
    private static func requireSize(
        _ count: Int,
        _ request: ControlRequest
    ) throws(S3Error) {
        let name = "x-amz-mp-object-size"
        guard let text = request.fields[name], Int(text) != count else { return }
        throw S3Error(
            .invalidRequest,
            "The provided '\(name)' header value \(text) does not match what was computed: "
                + "\(count)"
        )
    }

    private static func answer(
        _ request: ControlRequest,
        _ opened: OpenedUpload,
        _ commit: CompletionCommit,
        _ customer: CustomerKeyHolder?
    ) -> ControlAnswer {
        var document = CompletedUpload(
            location: request.location,
            bucket: request.bucket,
            key: request.key,
            entityTag: commit.entityTag
        )
        if let checksum = commit.checksum {
            document.checksums = [checksum]
            document.checksumType = commit.checksumType?.rawValue
        }
        var answer = ControlAnswer.xml(document)
        opened.describe(in: &answer.fields, customer, request.services)
        answer.mode = opened.upload.envelope.sseMode
        answer.keyID = opened.keyID(request.services)
        return answer
    }
}
