import HTTPWire
import S3Wire
import SealedObject

/// A Complete whose upload is gone: the same answer again where it made an object that is there.
///
/// Clients repeat a Complete whose answer was lost; S3 promises that this is harmless.
enum RepeatedCompletion {
    /// How many versions behind the current one are looked at, the newest first: what is repeated
    /// was answered, or lost, a moment ago.
    static let versionCountMax = 100

    static func answer(
        _ request: ControlRequest,
        _ wanted: CompletionRequest
    ) async throws(S3Error) -> ControlAnswer {
        let current = try await request.send(
            StoreRequest(.head, bucket: request.bucket, key: request.key)
        )
        if let answer = try await answer(request, wanted, current) { return answer }
        let outcome = VersionOutcome(current.fields)
        guard outcome.versionID != nil, request.services.storeForm.can(.versioning) else {
            throw S3Error(.noSuchUpload)
        }
        for version in try await versions(request, wanted) where version != outcome.versionID {
            let reply = try await request.send(
                StoreRequest(
                    .head,
                    bucket: request.bucket,
                    key: request.key,
                    query: StoreRequest.query(version: version)
                )
            )
            if let answer = try await answer(request, wanted, reply) { return answer }
        }
        throw S3Error(.noSuchUpload)
    }

    /// The versions of the key that have as many parts as are wanted.
    private static func versions(
        _ request: ControlRequest,
        _ wanted: CompletionRequest
    ) async throws(S3Error) -> [String] {
        let query = StoreRequest.query([
            ("versions", ""), ("encoding-type", "url"), ("prefix", request.key),
            ("max-keys", String(versionCountMax)),
        ])
        let reply = try await request.succeed(
            StoreRequest(.get, bucket: request.bucket, query: query)
        )
        let listing = try ControlRequest.parse(VersionListing.self, reply.body)
        var ids: [String] = []
        for version in listing.versions
        where version.object.key == request.key && partCount(version) == wanted.parts.count {
            ids.append(version.versionID)
        }
        return ids
    }

    /// How many parts a version has; `nil` for a delete marker and for what wasn't made of parts.
    private static func partCount(_ version: VersionListing.Version) -> Int? {
        guard let metadata = version.object.metadata else { return nil }
        let text = Array(metadata.utf8)
        do throws(SealedObjectError) {
            return try Envelope(text: text).body.partCount
        } catch {
            return nil
        }
    }

    /// The answer where the upload made what the store described; `nil` where it didn't.
    private static func answer(
        _ request: ControlRequest,
        _ wanted: CompletionRequest,
        _ reply: StoreReply
    ) async throws(S3Error) -> ControlAnswer? {
        guard reply.isSuccess,
            let found = try? FoundObject(HTTPResponseHead(status: 200, fields: reply.fields)),
            let made = try await origin(of: found, request), made.partCount == wanted.parts.count
        else { return nil }
        let customer: CustomerKeyHolder?
        do throws(S3Error) {
            customer = try CompletionWork.customerKey(request, found.envelope.sseMode)
        } catch {
            // What the upload made may be another version, of another mode.
            guard error == SSEError.partKeyMissing else { throw error }
            return nil
        }
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
            return nil
        }
        guard
            (made.uploadID ?? opened.attributes.uploadID) == request.query["uploadId"] ?? ""
        else { return nil }
        var document = CompletedUpload(
            location: request.location,
            bucket: request.bucket,
            key: request.key,
            entityTag: opened.etag.isEmpty
                ? found.envelope.objectID.opaqueETag(parts: made.partCount) : opened.etag
        )
        if found.envelope.body != .upload {
            document.checksums = opened.checksumTexts
            document.checksumType = opened.attributes.checksums.first.map {
                ($0.scope == .composite ? ChecksumType.composite : .fullObject).rawValue
            }
        }
        var answer = ControlAnswer.xml(document)
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
