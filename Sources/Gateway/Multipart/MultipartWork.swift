import HTTPWire
import KMS
import S3Wire
import SealedObject

/// CreateMultipartUpload and AbortMultipartUpload.
enum MultipartWork {
    /// Draws the upload's key and id and stores them, wrapped, in the upload's own envelope.
    static func create(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let requested = try RequestedEncryption(
            request.fields,
            request.transport,
            request.services
        )
        var attributes = ObjectAttributes(try ObjectHeaders(request.fields))
        if !request.services.storeForm.completesWithEnvelope {
            // This envelope is the object's for good: it names the table that is to come.
            do throws(SealedObjectError) {
                attributes.tableID = try Identifier.random()
            } catch {
                throw S3Error(.internalError)
            }
        }
        let wrapping = try await request.services.access.wrappingKey(
            for: requested,
            bucket: request.bucket,
            key: request.key
        )
        let envelope = try envelope(request, wrapping, attributes)
        let reply = try await request.succeed(
            StoreRequest(
                .post,
                bucket: request.bucket,
                key: request.key,
                query: "uploads",
                fields: HTTPFields([(StoreRequest.metadataField, envelope.text)])
            )
        )
        let initiated = try ControlRequest.parse(InitiatedUpload.self, reply.body)
        var answer = ControlAnswer.xml(
            InitiatedUpload(
                bucket: request.bucket,
                key: request.key,
                uploadID: initiated.uploadID
            )
        )
        let stored = wrapping.stored(customerDigest: requested.customerDigest)
        request.services.sseResponse(stored).append(to: &answer.fields, for: .write)
        echoChecksums(request, &answer.fields)
        answer.mode = wrapping.reference.mode.label
        answer.keyID = wrapping.keyID
        return answer
    }

    private static func envelope(
        _ request: ControlRequest,
        _ wrapping: WrappingKey,
        _ attributes: ObjectAttributes
    ) throws(S3Error) -> Envelope {
        do throws(SealedObjectError) {
            return try Envelope(
                sealing: try ObjectEncryptionKey.random(),
                objectID: try Identifier.random(),
                body: .upload,
                attributes: attributes,
                under: wrapping,
                place: (request.bucket, request.key),
                attributeKey: request.services.keys.attributeKey
            )
        } catch {
            throw S3Error(.internalError)
        }
    }

    private static func echoChecksums(_ request: ControlRequest, _ fields: inout HTTPFields) {
        for name in ["x-amz-checksum-algorithm", "x-amz-checksum-type"] {
            if let value = request.fields[name] { fields.append(name, value) }
        }
    }

    static func abort(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let uploadID = request.query["uploadId"] ?? ""
        guard UploadID.isWellFormed(uploadID) else { throw S3Error(.noSuchUpload) }
        _ = try await request.succeed(
            StoreRequest(
                .delete,
                bucket: request.bucket,
                key: request.key,
                query: "uploadId=\(uploadID)"
            )
        )
        return .status(204)
    }
}
