import Encoding
import HTTPWire
import S3Wire
import SealedObject

extension EngineTranslation {
    /// A page of objects, each with its metadata.
    ///
    /// An engine whose listings have none is asked for every object by HEAD, and for the outline
    /// of the part table where the object was uploaded in parts. The order is the engine's.
    func listObjects(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let query = try Self.query(request)
        let startAfter = query["start-after"]
        var reply = try await client.sendAlone(
            StoreRequest(
                .get,
                bucket: request.bucket,
                query: StoreRequest.query([
                    ("list-type", "2"), ("encoding-type", "url"),
                    ("prefix", query["prefix"].map(EngineNames.name(ofPrefix:))),
                    ("delimiter", query["delimiter"].map(EngineNames.name(ofDelimiter:))),
                    ("start-after", startAfter.map(EngineNames.name(ofPrefix:))),
                    ("continuation-token", query["continuation-token"]),
                    ("max-keys", query["max-keys"]),
                ])
            )
        )
        guard reply.isSuccess else { return reply }
        var listing: ObjectListing = try Self.parse(reply)
        for index in listing.entries.indices {
            let name = listing.entries[index].key
            listing.entries[index].key = EngineNames.key(ofName: name) ?? name
        }
        listing.commonPrefixes = listing.commonPrefixes.map {
            EngineNames.prefix(ofName: $0) ?? $0
        }
        // A key that ends in a slash has a name behind that of its prefix.
        listing.entries.removeAll { $0.key == startAfter }
        listing.commonPrefixes.removeAll { $0 == startAfter }
        if request.bucket != StoreRequest.reservedBucket, !form.can(.listMetadata) {
            listing.entries = try await describe(listing.entries, request.bucket)
        }
        listing.encodesKeys = true
        reply.body = listing.xml
        return reply
    }

    private func describe(
        _ entries: [ObjectListing.Entry],
        _ bucket: String
    ) async throws(StoreError) -> [ObjectListing.Entry] {
        let results = await entries.mapConcurrently(limit: Self.concurrencyMax) { entry in
            let result: Result<ObjectListing.Entry?, StoreError>
            do throws(StoreError) {
                result = .success(try await describe(entry, bucket))
            } catch {
                result = .failure(error)
            }
            return result
        }
        var described: [ObjectListing.Entry] = []
        for result in results {
            if let entry = try result.get() { described.append(entry) }
        }
        return described
    }

    /// An entry with its metadata; `nil` where the object is gone meanwhile.
    private func describe(
        _ entry: ObjectListing.Entry,
        _ bucket: String
    ) async throws(StoreError) -> ObjectListing.Entry? {
        let reply = try await client.sendAlone(StoreRequest(.head, bucket: bucket, key: entry.key))
        guard reply.status != 404 else { return nil }
        guard reply.isSuccess else { throw .answerInvalid("HEAD: status \(reply.status)") }
        var entry = entry
        entry.metadata = reply.fields[StoreRequest.metadataField]
        guard let metadata = entry.metadata, let envelope = try? Envelope(text: metadata.utf8),
            envelope.body == .upload
        else { return entry }
        let table = try await client.sendAlone(.partTableOutline(of: envelope.objectID))
        guard table.isSuccess, let outline = PartTableOutline(table.body) else { return entry }
        entry.size = outline.plaintextCount
        entry.entityTag = envelope.objectID.opaqueETag(parts: outline.partCount)
        return entry
    }

    /// A page of open uploads.
    func listUploads(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let query = try Self.query(request)
        var reply = try await client.sendAlone(
            StoreRequest(
                .get,
                bucket: request.bucket,
                query: StoreRequest.query([
                    ("uploads", ""), ("encoding-type", "url"),
                    ("prefix", query["prefix"].map(EngineNames.name(ofPrefix:))),
                    ("delimiter", query["delimiter"].map(EngineNames.name(ofDelimiter:))),
                    ("key-marker", query["key-marker"].map(EngineNames.name(ofPrefix:))),
                    ("upload-id-marker", query["upload-id-marker"]),
                    ("max-uploads", query["max-uploads"]),
                ])
            )
        )
        guard reply.isSuccess else { return reply }
        var listing: UploadListing = try Self.parse(reply)
        for index in listing.uploads.indices {
            let name = listing.uploads[index].key
            listing.uploads[index].key = EngineNames.key(ofName: name) ?? name
        }
        listing.commonPrefixes = listing.commonPrefixes.map {
            EngineNames.prefix(ofName: $0) ?? $0
        }
        listing.prefix = query["prefix"] ?? ""
        listing.delimiter = query["delimiter"]
        listing.keyMarker = query["key-marker"] ?? ""
        listing.nextKeyMarker = listing.nextKeyMarker.map { EngineNames.key(ofName: $0) ?? $0 }
        listing.encodesKeys = true
        reply.body = listing.xml
        return reply
    }

    static func query(_ request: StoreRequest) throws(StoreError) -> S3Query {
        do throws(S3Error) {
            return try S3Query(raw: request.query)
        } catch {
            throw .answerInvalid("a query that can't be read")
        }
    }
}

extension StoreRequest {
    /// The request for the clear beginning of an object's part table, kept as a record.
    static func partTableOutline(of objectID: Identifier) -> StoreRequest {
        StoreRequest(
            .get,
            bucket: reservedBucket,
            key: EngineRecordName.table(objectID),
            fields: HTTPFields([("range", "bytes=0-\(PartTableOutline.byteCount - 1)")])
        )
    }
}
