import HTTPWire
import KMS
import S3Wire
import SealedObject

/// CreateMultipartUpload and AbortMultipartUpload.
enum MultipartWork {
    /// Draws the upload's key and id and stores them, wrapped, in the upload's own envelope.
    static func create(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let requested = try RequestedEncryption(request)
        let checksum = try ChecksumType.requested(request.fields)
        let attributes = try attributes(request, checksum)
        let wrapping = try await request.wrappingKey(for: requested)
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
        if let checksum {
            answer.fields.append("x-amz-checksum-algorithm", checksum.algorithm.rawValue)
            answer.fields.append("x-amz-checksum-type", checksum.type.rawValue)
        }
        answer.mode = wrapping.reference.mode.sseMode
        answer.keyID = wrapping.keyID
        return answer
    }

    /// What the object's headers say, and what Complete has to know of this request.
    private static func attributes(
        _ request: ControlRequest,
        _ checksum: (algorithm: ChecksumAlgorithm, type: ChecksumType)?
    ) throws(S3Error) -> ObjectAttributes {
        var attributes = try ObjectAttributes.ofWrite(request.fields)
        do throws(SealedObjectError) {
            guard request.services.storeForm.completesWithEnvelope else {
                // This envelope is the object's for good: it names the table that is to come.
                attributes.tableID = try Identifier.random()
                return attributes
            }
            if let checksum {
                let unknown = [UInt8](repeating: 0, count: checksum.algorithm.digestCount)
                let scope: ObjectChecksum.Scope =
                    checksum.type == .composite ? .composite : .fullObject
                let algorithm = ObjectChecksum.Algorithm(checksum.algorithm)
                attributes.checksums = [try ObjectChecksum(algorithm, scope, value: unknown)]
            }
            return attributes
        } catch {
            throw S3Error(.internalError)
        }
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
