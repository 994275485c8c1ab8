import KMS
import S3Wire
import SealedObject

/// UpdateObjectEncryption: another KMS key wraps the key of an SSE-KMS or SSE-S3 object, which is
/// SSE-KMS from then on.
///
/// The object's own key stays, and so do body, ETag and Last-Modified; the client's encryption
/// context too. The ETag of what was SSE-S3 goes on to be the MD5, as the attribute that it is.
enum EncryptionUpdateWork {
    static func update(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try request.requireIntegrity()
        let wanted = try request.document(ObjectEncryption.self)
        let opened = try await request.rewrap { opened, _ throws(S3Error) in
            guard opened.envelope.mode != .customer else {
                throw S3Error(
                    .invalidRequest,
                    "The encryption of an object under a customer's key can't be changed in place."
                )
            }
            let wrapping = try await request.wrappingKey(
                for: try requested(wanted, opened, request.services)
            )
            return Rewrapping(attributes: opened.attributes, wrapping: wrapping)
        }
        var answer = ControlAnswer()
        VersionOutcome(versionID: opened.found.versionID).append(to: &answer.fields)
        answer.mode = .sseKMS
        answer.keyID = wanted.keyID
        return answer
    }

    private static func requested(
        _ wanted: ObjectEncryption,
        _ opened: OpenedObject,
        _ services: GatewayServices
    ) throws(S3Error) -> RequestedEncryption {
        do throws(KMSError) {
            var context = EncryptionContext.empty
            if case .kmsDataKey(let old) = opened.envelope.reference {
                context = try old.client()
            }
            return .kms(
                try services.keys.resolve(wanted.keyID),
                context: context,
                throughBucketKey: wanted.bucketKeyEnabled
            )
        } catch {
            throw services.errors.write(error)
        }
    }
}
