import HTTPWire
import S3Wire
import SealedObject

/// A Complete whose upload is gone: the same answer again where it made the object that is there.
///
/// Clients repeat a Complete whose answer was lost; S3 promises that this is harmless.
enum RepeatedCompletion {
    static func answer(
        _ request: ControlRequest,
        _ wanted: CompletionRequest
    ) async throws(S3Error) -> ControlAnswer {
        let uploadID = request.query["uploadId"] ?? ""
        let reply = try await request.send(
            StoreRequest(.head, bucket: request.bucket, key: request.key)
        )
        guard reply.isSuccess,
            let found = try? FoundObject(HTTPResponseHead(status: 200, fields: reply.fields)),
            let made = try await origin(of: found, request), made.partCount == wanted.parts.count
        else { throw S3Error(.noSuchUpload) }
        let key = try request.services.sse.part(
            request.fields,
            transport: request.transport,
            upload: found.envelope.sseMode
        )
        let customer = try CustomerKeyHolder.of(key)
        let wantedKeys = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: request.bucket,
            key: request.key,
            wantsObjectKey: false,
            rights: KeyRights(request.access)
        )
        let opened: OpenedObject
        do throws(ReadFailure) {
            opened = try await request.services.access.open(found, wantedKeys, customer: customer)
        } catch {
            throw S3Error(.noSuchUpload)
        }
        guard (made.uploadID ?? opened.attributes.uploadID) == uploadID else {
            throw S3Error(.noSuchUpload)
        }
        var answer = ControlAnswer.xml(
            CompletedUpload(
                location: request.location,
                bucket: request.bucket,
                key: request.key,
                entityTag: opened.etag.isEmpty
                    ? found.envelope.objectID.opaqueETag(parts: made.partCount) : opened.etag
            )
        )
        let stored = found.envelope.reference.stored(
            kmsKeyID: opened.kmsKeyID,
            customerDigest: customer?.md5
        )
        request.services.sseResponse(stored).append(to: &answer.fields, for: .readOrPart)
        VersionOutcome(versionID: found.versionID).append(to: &answer.fields)
        answer.mode = found.envelope.sseMode
        return answer
    }

    /// How many parts an object was made of, and of which upload where its attributes can't say.
    private static func origin(
        of found: FoundObject,
        _ request: ControlRequest
    ) async throws(S3Error) -> (partCount: Int, uploadID: String?)? {
        switch found.envelope.body {
        case .parts(let count, _): return (count, nil)
        case .stream: return nil
        case .upload:
            let reply = try await request.send(.partTableOutline(of: found.envelope.objectID))
            guard reply.isSuccess, let outline = PartTableOutline(reply.body),
                let uploadID = reply.fields[StoreRequest.metadataField]
            else { return nil }
            return (outline.partCount, uploadID)
        }
    }
}
