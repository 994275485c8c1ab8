import Encoding
import HTTPWire
import NIOCore
import S3Wire

@testable import Gateway

/// A store in memory that speaks as much of the local dialect as the gateway asks of it.
final class MemoryStore {
    struct Object {
        var body: [UInt8]
        var metadata: String
        var etag: String
        var table: [UInt8]?
    }

    struct Part {
        var body: [UInt8]
        var attributes: String
        var etag: String
    }

    struct Upload {
        var bucket: String
        var key: String
        var metadata: String
        var parts: [Int: Part] = [:]
    }

    let pool: FakeStore
    var buckets: Set<String> = []
    var objects: [String: Object] = [:]
    var uploads: [String: Upload] = [:]
    /// What the next requests are answered instead, by the start of their line.
    var failures: [(prefix: String, status: Int)] = []
    private var count = 0

    init(_ eventLoop: any EventLoop) {
        pool = FakeStore(eventLoop)
        pool.respond = { [weak self] in self?.answer($0) }
    }

    private static let modified = "Tue, 14 Nov 2023 22:13:20 GMT"

    private func nextID() -> String {
        count += 1
        return Hex.encode(
            [UInt8](repeating: 0, count: 12)
                + withUnsafeBytes(of: UInt32(count).bigEndian) { Array($0) }
        )
    }

    private func answer(_ exchange: FakeStoreExchange) {
        if let index = failures.firstIndex(where: { exchange.line.hasPrefix($0.prefix) }) {
            return exchange.answer(failures.remove(at: index).status)
        }
        guard let target = try? S3Target(target: exchange.head.target, authority: "store") else {
            return exchange.answer(400)
        }
        guard let bucket = target.bucket else { return listBuckets(exchange) }
        guard let key = target.key else { return answer(exchange, bucket, target.query) }
        guard buckets.contains(bucket) else { return refuse(exchange, .noSuchBucket) }
        if let uploadID = target.query["uploadId"] {
            return upload(exchange, bucket, key, uploadID, target.query)
        }
        if target.query.contains("uploads") { return beginUpload(exchange, bucket, key) }
        object(exchange, bucket, key, target.query)
    }

    private func refuse(_ exchange: FakeStoreExchange, _ code: S3ErrorCode) {
        let body = S3Error(code).document(resource: "/", requestID: "1")
        exchange.answer(code.status, body: exchange.head.method == .head ? [] : body)
    }

    // Buckets.

    private func listBuckets(_ exchange: FakeStoreExchange) {
        let listing = BucketListing(
            buckets: buckets.sorted().map { .init(name: $0, creationDate: TestKeys.now) }
        )
        exchange.answer(200, body: listing.xml)
    }

    private func answer(_ exchange: FakeStoreExchange, _ bucket: String, _ query: S3Query) {
        if exchange.head.method == .put {
            guard buckets.insert(bucket).inserted else {
                return refuse(exchange, .bucketAlreadyOwnedByYou)
            }
            return exchange.answer(200)
        }
        guard buckets.contains(bucket) else { return refuse(exchange, .noSuchBucket) }
        switch exchange.head.method {
        case .head: exchange.answer(200)
        case .delete:
            buckets.remove(bucket)
            exchange.answer(204)
        case .post: deleteMany(exchange, bucket)
        default:
            if query.contains("uploads") {
                listUploads(exchange, bucket)
            } else {
                list(exchange, bucket, query)
            }
        }
    }

    private func deleteMany(_ exchange: FakeStoreExchange, _ bucket: String) {
        guard let deletion = try? DeletionRequest(xml: exchange.body) else {
            return refuse(exchange, .malformedXML)
        }
        for object in deletion.objects { objects[bucket + "/" + object.key] = nil }
        let deleted = deletion.objects.map { DeletionResult.Deleted(key: $0.key) }
        exchange.answer(200, body: DeletionResult(deleted: deleted).xml)
    }

    private func list(_ exchange: FakeStoreExchange, _ bucket: String, _ query: S3Query) {
        let prefix = query["prefix"] ?? ""
        let after = query["continuation-token"] ?? query["start-after"] ?? ""
        let limit = Int(query["max-keys"] ?? "") ?? 1000
        var listing = ObjectListing(bucket: bucket, prefix: prefix, maxKeys: limit)
        listing.encodesKeys = true
        let keys = objects.keys.filter { $0.hasPrefix(bucket + "/" + prefix) }
            .map { String($0.dropFirst(bucket.count + 1)) }.sorted()
        for key in keys {
            if let delimiter = query["delimiter"],
                let end = key.dropFirst(prefix.count).firstRange(of: delimiter)
            {
                let common = String(key[..<end.upperBound])
                if common > after, !listing.commonPrefixes.contains(common) {
                    listing.commonPrefixes.append(common)
                }
                continue
            }
            guard key > after, let object = objects[bucket + "/" + key] else { continue }
            guard listing.entries.count < limit else {
                listing.isTruncated = true
                break
            }
            var entry = ObjectListing.Entry(
                key: key,
                lastModified: TestKeys.now,
                entityTag: object.etag,
                size: UInt64(object.body.count)
            )
            entry.metadata = object.metadata
            listing.entries.append(entry)
        }
        let next = listing.isTruncated ? listing.entries.last?.key : nil
        listing.paging = .version2(startAfter: nil, token: nil, nextToken: next)
        exchange.answer(200, body: listing.xml)
    }

    // Objects.

    private func object(
        _ exchange: FakeStoreExchange,
        _ bucket: String,
        _ key: String,
        _ query: S3Query
    ) {
        let name = bucket + "/" + key
        let fields = exchange.head.fields
        let found = objects[name]
        if let wanted = fields["if-match"], wanted != found?.etag {
            return refuse(exchange, found == nil ? .noSuchKey : .preconditionFailed)
        }
        if fields["if-none-match"] == "*", found != nil {
            return refuse(exchange, .preconditionFailed)
        }
        switch exchange.head.method {
        case .put:
            guard let metadata = exchange.metadata else {
                return refuse(exchange, .incompleteBody)
            }
            let etag = "\"\(nextID())\""
            objects[name] = Object(body: exchange.body, metadata: metadata, etag: etag)
            exchange.answer(200, [("etag", etag), ("last-modified", Self.modified)])
        case .delete:
            objects[name] = nil
            exchange.answer(204)
        default:
            guard let found else { return refuse(exchange, .noSuchKey) }
            if query.contains("sealgate-table") {
                guard let table = found.table else { return refuse(exchange, .noSuchKey) }
                return exchange.answer(200, [("etag", found.etag)], body: table)
            }
            read(exchange, found)
        }
    }

    private func read(_ exchange: FakeStoreExchange, _ object: Object) {
        var body = object.body
        var status = 200
        var fields = [
            ("etag", object.etag), ("last-modified", Self.modified),
            ("x-amz-meta-sealgate", object.metadata),
        ]
        if let header = exchange.head.fields["range"] {
            switch ByteRange.resolve(header: header, size: UInt64(body.count)) {
            case .part(let range):
                status = 206
                let size = UInt64(body.count)
                fields.append(("content-range", ByteRange.contentRange(range, size: size)))
                body = Array(body[Int(range.lowerBound)..<Int(range.upperBound)])
            default: return refuse(exchange, .invalidRange)
            }
        }
        guard exchange.head.method != .head else {
            exchange.answerHead(status, fields + [("content-length", String(body.count))])
            return exchange.answerEnd()
        }
        exchange.answer(status, fields, body: body)
    }

    // Uploads.

    private func beginUpload(_ exchange: FakeStoreExchange, _ bucket: String, _ key: String) {
        let id = nextID()
        uploads[id] = Upload(
            bucket: bucket,
            key: key,
            metadata: exchange.head.fields["x-amz-meta-sealgate"] ?? ""
        )
        let answer = InitiatedUpload(bucket: bucket, key: key, uploadID: id)
        exchange.answer(200, body: answer.xml)
    }

    private func listUploads(_ exchange: FakeStoreExchange, _ bucket: String) {
        var listing = UploadListing(bucket: bucket, encodesKeys: true)
        listing.uploads = uploads.filter { $0.value.bucket == bucket }.sorted { $0.key < $1.key }
            .map { .init(key: $0.value.key, uploadID: $0.key, initiated: TestKeys.now) }
        exchange.answer(200, body: listing.xml)
    }

    private func upload(
        _ exchange: FakeStoreExchange,
        _ bucket: String,
        _ key: String,
        _ id: String,
        _ query: S3Query
    ) {
        guard let upload = uploads[id], upload.bucket == bucket, upload.key == key else {
            return refuse(exchange, .noSuchUpload)
        }
        switch exchange.head.method {
        case .put:
            guard let attributes = exchange.attached("x-sealgate-part"),
                let number = Int(query["partNumber"] ?? "")
            else { return refuse(exchange, .incompleteBody) }
            let etag = "\"\(nextID())\""
            uploads[id]?.parts[number] = Part(
                body: exchange.body,
                attributes: attributes,
                etag: etag
            )
            exchange.answer(200, [("etag", etag)])
        case .delete:
            uploads[id] = nil
            exchange.answer(204)
        case .post: complete(exchange, upload, id)
        default: listParts(exchange, upload, id, query)
        }
    }

    private func listParts(
        _ exchange: FakeStoreExchange,
        _ upload: Upload,
        _ id: String,
        _ query: S3Query
    ) {
        var listing = PartListing(bucket: upload.bucket, key: upload.key, uploadID: id)
        listing.metadata = upload.metadata
        listing.initiated = TestKeys.now
        let limit = Int(query["max-parts"] ?? "") ?? 1000
        let marker = Int(query["part-number-marker"] ?? "") ?? 0
        for (number, part) in upload.parts.sorted(by: { $0.key < $1.key })
        where number > marker && listing.parts.count < limit {
            var entry = PartListing.Part(
                partNumber: number,
                lastModified: TestKeys.now,
                entityTag: EntityTag.unquoted(part.etag),
                size: UInt64(part.body.count)
            )
            entry.attributes = part.attributes
            listing.parts.append(entry)
        }
        exchange.answer(200, body: listing.xml)
    }

    private func complete(_ exchange: FakeStoreExchange, _ upload: Upload, _ id: String) {
        let name = upload.bucket + "/" + upload.key
        let fields = exchange.head.fields
        if let wanted = fields["if-match"], wanted != objects[name]?.etag {
            return refuse(exchange, .preconditionFailed)
        }
        if fields["if-none-match"] == "*", objects[name] != nil {
            return refuse(exchange, .preconditionFailed)
        }
        guard let request = try? CompletionRequest(xml: exchange.body) else {
            return refuse(exchange, .malformedXML)
        }
        var body: [UInt8] = []
        for part in request.parts {
            guard let stored = upload.parts[part.partNumber],
                EntityTag.unquoted(stored.etag) == part.entityTag
            else { return refuse(exchange, .invalidPart) }
            body += stored.body
        }
        let etag = "\"\(nextID())\""
        objects[name] = Object(
            body: body,
            metadata: fields["x-amz-meta-sealgate"] ?? "",
            etag: etag,
            table: request.table
        )
        uploads[id] = nil
        let answer = CompletedUpload(
            bucket: upload.bucket,
            key: upload.key,
            entityTag: EntityTag.unquoted(etag)
        )
        exchange.answer(200, body: answer.xml)
    }
}
