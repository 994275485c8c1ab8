import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// UploadPartCopy: a source or a range of it becomes a part, sealed under the upload's key.
enum PartCopyWork {
    static func copy(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        guard let number = try PartNumber.read(request.query) else {
            throw S3Error(.invalidRequest)
        }
        let upload = try await request.listParts(max: 0).upload
        let key = try request.services.sse.part(
            request.fields,
            transport: request.transport,
            upload: upload.envelope.sseMode
        )
        let customer = try CustomerKeyHolder.of(key)
        let opened = try await request.open(upload, customer: customer)
        let named = try CopySource(request.fields)
        let source = try await request.copied(named)
        let range = try named.bytes(of: source.size)
        guard range.count <= SealedFormat.streamCountMax else { throw S3Error(.entityTooLarge) }
        let digests = CopyDigests(
            source,
            range,
            wantsMD5: upload.envelope.mode == .s3,
            opened.attributes.checksums.first?.algorithm.wire
        )
        do throws(SealedObjectError) {
            let target = PartCopyTarget(
                request: request,
                source: source,
                upload: opened,
                customer: customer,
                facts: try StreamFacts(
                    objectID: upload.envelope.objectID,
                    partNumber: UInt32(number),
                    plaintextCount: range.count,
                    salt: try Salt.random()
                ),
                digests: digests
            )
            return ControlAnswer(copy: CopyPlan(source: source, range: range, target: target))
        } catch {
            throw S3Error(.internalError)
        }
    }
}

/// A copy that becomes a part of an upload.
struct PartCopyTarget: CopyTarget {
    let request: ControlRequest
    let source: CopiedObject
    let upload: OpenedUpload
    let customer: CustomerKeyHolder?
    let facts: StreamFacts
    let digests: CopyDigests

    var objectKey: ObjectEncryptionKey { upload.objectKey }

    var path: String {
        StoreRequest.target(
            bucket: request.bucket,
            key: request.key,
            query: "partNumber=\(facts.partNumber ?? 0)&uploadId=\(upload.upload.uploadID)"
        )
    }

    var trailerName: String? { StoreRequest.partField }

    func fields(_ header: StreamHeader) throws(SealedObjectError) -> HTTPFields { HTTPFields() }

    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> String {
        let record = try PartRecord(
            sealing: header.facts,
            attributes: try upload.attributes(ofPart: facts),
            objectKey: objectKey.bytes
        )
        return Base64.encode(record.bytes, as: .url)
    }

    func answer(
        _ facts: PayloadFacts,
        _ header: StreamHeader,
        _ reply: StoreReply
    ) -> ControlAnswer {
        var answer = ControlAnswer.xml(
            CopyResult(
                isPart: true,
                entityTag: upload.entityTag(ofPart: facts, header),
                lastModified: request.lastModified(reply),
                checksums: facts.checksumTexts
            )
        )
        source.appendVersion(to: &answer.fields)
        upload.describe(in: &answer.fields, customer, request.services)
        answer.mode = upload.upload.envelope.sseMode
        answer.keyID = upload.keyID(request.services)
        return answer
    }

    func refusal(_ error: S3Error) -> S3Error { error }
}

extension OpenedUpload {
    /// What a part's record seals of its plaintext.
    func attributes(ofPart facts: PayloadFacts) throws(SealedObjectError) -> ObjectAttributes {
        var attributes = ObjectAttributes()
        if let md5 = facts.md5, upload.envelope.mode == .s3 {
            attributes.entityTag = Hex.encode(md5)
        }
        if let checksum = facts.checksum {
            attributes.checksums = [try ObjectChecksum(checksum, .fullObject)]
        }
        return attributes
    }

    /// What clients know a part by, without quotes.
    func entityTag(ofPart facts: PayloadFacts, _ header: StreamHeader) -> String {
        guard let md5 = facts.md5, upload.envelope.mode == .s3 else {
            return header.facts.salt.opaquePartETag
        }
        return Hex.encode(md5)
    }
}
