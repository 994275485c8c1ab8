import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// Uploads in parts on an engine that keeps nothing of the gateway's with an upload, a part or a
/// Complete: records keep it.
extension EngineTranslation {
    private static let pageCount = 1000

    /// The engine is given the envelope as metadata, which it puts on the object; a record keeps
    /// it as long as the upload is open.
    func createUpload(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let reply = try await client.sendAlone(request)
        guard reply.isSuccess else { return reply }
        let initiated: InitiatedUpload = try Self.parse(reply)
        let envelope = request.head.fields[StoreRequest.metadataField] ?? ""
        let kept = try await putRecord(
            EngineRecordName.upload(initiated.uploadID),
            Array(envelope.utf8)
        )
        guard kept.isSuccess else {
            _ = try await client.sendAlone(
                StoreRequest(
                    .delete,
                    bucket: request.bucket,
                    key: request.key,
                    query: "uploadId=\(initiated.uploadID)"
                )
            )
            return kept
        }
        return reply
    }

    func abort(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let reply = try await client.sendAlone(request)
        if reply.isSuccess || reply.status == 404 {
            await forget(try Self.query(request)["uploadId"] ?? "")
        }
        return reply
    }

    /// The parts that the engine has, each with the attributes of the same attempt.
    ///
    /// A part whose record is another attempt's is left out: its writer never heard that it was
    /// taken, and sends it again.
    func listParts(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let query = try Self.query(request)
        let uploadID = query["uploadId"] ?? ""
        let marker = query["part-number-marker"].flatMap { Int($0) } ?? 0
        let most = query["max-parts"].flatMap { Int($0) } ?? Self.pageCount
        let record = try await getRecord(EngineRecordName.upload(uploadID))
        guard record.status != 404 else { return Self.refusal(404, .noSuchUpload) }
        guard record.isSuccess else { return record }
        var listing = PartListing(
            bucket: request.bucket,
            key: request.key ?? "",
            uploadID: uploadID,
            partNumberMarker: marker,
            maxParts: most,
            metadata: String(decoding: record.body, as: UTF8.self),
            initiated: record.fields["last-modified"].flatMap(Timestamp.init(httpDate:))
        )
        if most > 0 {
            if let refusal = try await gather(&listing, request) { return refusal }
            listing.parts = try await withAttributes(listing.parts, uploadID)
        }
        return StoreReply(status: 200, fields: HTTPFields(), body: listing.xml)
    }

    /// Adds the engine's parts, page by page; gives back its refusal where it refuses.
    private func gather(
        _ listing: inout PartListing,
        _ request: StoreRequest
    ) async throws(StoreError) -> StoreReply? {
        var marker = listing.partNumberMarker
        repeat {
            let left = min(listing.maxParts - listing.parts.count, Self.pageCount)
            let reply = try await client.sendAlone(
                StoreRequest(
                    .get,
                    bucket: request.bucket,
                    key: request.key,
                    query: "uploadId=\(listing.uploadID)&part-number-marker=\(marker)"
                        + "&max-parts=\(left)"
                )
            )
            guard reply.isSuccess else { return reply }
            let page: PartListing = try Self.parse(reply)
            listing.parts += page.parts
            let last = page.nextPartNumberMarker ?? page.parts.last?.partNumber ?? 0
            listing.isTruncated = page.isTruncated && last > marker
            marker = max(marker, last)
        } while listing.isTruncated && listing.parts.count < listing.maxParts
        listing.nextPartNumberMarker = listing.isTruncated ? marker : nil
        return nil
    }

    private func withAttributes(
        _ parts: [PartListing.Part],
        _ uploadID: String
    ) async throws(StoreError) -> [PartListing.Part] {
        let results = await parts.mapConcurrently(limit: Self.concurrencyMax) { part in
            let name = EngineRecordName.part(uploadID, part.partNumber)
            let result: Result<EnginePartAttributes?, StoreError>
            do throws(StoreError) {
                result = .success(EnginePartAttributes(try await getRecord(name).body))
            } catch {
                result = .failure(error)
            }
            return result
        }
        var described: [PartListing.Part] = []
        for (part, result) in zip(parts, results) {
            guard let record = try result.get(),
                record.entityTag == EntityTag.unquoted(part.entityTag)
            else { continue }
            var part = part
            part.attributes = record.attributes
            described.append(part)
        }
        return described
    }

    /// The table is kept before the object appears, for then it must be there.
    ///
    /// Where the upload turns out to be gone, another Complete of it came first: its table, which
    /// this one replaced, is put back.
    func complete(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let uploadID = try Self.query(request)["uploadId"] ?? ""
        var fields = request.head.fields
        guard let wanted = try? CompletionRequest(xml: request.body, limits: Self.limits),
            let table = wanted.table,
            let envelope = try? Envelope(text: (fields[StoreRequest.metadataField] ?? "").utf8)
        else { throw .answerInvalid("a Complete that can't be read") }
        let name = EngineRecordName.table(envelope.objectID)
        let earlier = try await getRecord(name)
        let kept = try await putRecord(name, table, uploadID: uploadID)
        guard kept.isSuccess else { return kept }
        fields.removeAll(StoreRequest.metadataField)
        var reply = try await client.sendAlone(
            StoreRequest(
                .post,
                bucket: request.bucket,
                key: request.key,
                query: "uploadId=\(uploadID)",
                fields: fields,
                body: CompletionRequest(parts: wanted.parts).xml
            )
        )
        // A failure that came late stands in an answer whose status is 200.
        if reply.isSuccess, (try? CompletedUpload(xml: reply.body)) == nil {
            let failure = try? ErrorDocument(xml: reply.body)
            reply.status = failure?.knownCode?.status ?? 503
        }
        if reply.isSuccess {
            await forget(uploadID)
        } else if reply.status == 404, earlier.isSuccess {
            let earlierID = earlier.fields[StoreRequest.metadataField]
            _ = try await putRecord(name, earlier.body, uploadID: earlierID)
        }
        return reply
    }

    private static var limits: XMLReader.Limits {
        var limits = XMLReader.Limits()
        limits.bytesMax = StoreExchange.bodyBytesMax
        return limits
    }

    // MARK: Records

    private func getRecord(_ name: String) async throws(StoreError) -> StoreReply {
        try await client.sendAlone(
            StoreRequest(.get, bucket: StoreRequest.reservedBucket, key: name)
        )
    }

    /// Stores a record; a table's metadata is the upload that it came of.
    private func putRecord(
        _ name: String,
        _ bytes: [UInt8],
        uploadID: String? = nil
    ) async throws(StoreError) -> StoreReply {
        try await client.sendAlone(
            StoreRequest(
                .put,
                bucket: StoreRequest.reservedBucket,
                key: name,
                fields: HTTPFields(uploadID.map { [(StoreRequest.metadataField, $0)] } ?? []),
                body: bytes
            )
        )
    }

    /// Removes an upload's records; what can't be removed costs a few bytes, nothing else.
    private func forget(_ uploadID: String) async {
        let records = StoreRecords(client)
        let names = (try? await records.list(prefix: EngineRecordName.parts(uploadID))) ?? []
        let all = names + [EngineRecordName.upload(uploadID)]
        for start in stride(from: 0, to: all.count, by: Self.pageCount) {
            let page = all[start..<min(start + Self.pageCount, all.count)]
            let deletion = DeletionRequest(
                objects: page.map { DeletionRequest.Object(key: $0) },
                isQuiet: true
            )
            _ = try? await send(
                StoreRequest(
                    .post,
                    bucket: StoreRequest.reservedBucket,
                    query: "delete",
                    body: deletion.xml
                )
            )
        }
    }
}
