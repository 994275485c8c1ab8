internal import Encoding
internal import HTTPWire
internal import S3Wire

extension DialectCall {
    func listBuckets() throws {
        let buckets = try reader.buckets().map { bucket in
            BucketListing.Bucket(
                name: bucket.name,
                creationDate: Timestamp(milliseconds: bucket.created)
            )
        }
        reply.send(xml: BucketListing(buckets: buckets).xml)
    }

    func headBucket() throws {
        _ = try reader.bucket(request.bucket)
        reply.send(200)
    }

    func createBucket() {
        let (name, reply) = (request.bucket, reply)
        change { (transaction) throws(StoreError) in
            do throws(StoreError) {
                try transaction.createBucket(name)
            } catch .bucketReserved {
                throw .bucketExists
            }
        } finish: {
            reply.send(200, HTTPFields([("location", "/" + name)]))
        }
    }

    func deleteBucket() {
        let (name, reply) = (request.bucket, reply)
        change { (transaction) throws(StoreError) in
            try transaction.deleteBucket(name)
        } finish: {
            reply.send(204)
        }
    }

    func listObjects() throws {
        let query = request.query
        let token = query["continuation-token"]
        let page = try listingQuery(
            marker: Self.marker(token: token) ?? KeyBytes((query["start-after"] ?? "").utf8),
            countMax: request.pageCount("max-keys", most: 1000)
        )
        let listing = try reader.listObjects(bucket: request.bucket, page)
        let next = listing.isTruncated ? listing.last.map { Base64.encode($0, as: .url) } : nil
        let document = ObjectListing(
            bucket: request.bucket,
            prefix: query["prefix"] ?? "",
            delimiter: Self.nonEmpty(query["delimiter"]),
            maxKeys: page.countMax,
            encodesKeys: query["encoding-type"] == "url",
            isTruncated: listing.isTruncated,
            paging: .version2(
                startAfter: Self.nonEmpty(query["start-after"]),
                token: token,
                nextToken: next
            ),
            entries: listing.entries.map { ObjectListing.Entry($0) },
            commonPrefixes: listing.commonPrefixes.map { String(decoding: $0, as: UTF8.self) }
        )
        reply.send(xml: document.xml)
    }

    func listUploads() throws {
        let query = request.query
        let keyMarker = query["key-marker"] ?? ""
        let idMarker = query["upload-id-marker"] ?? ""
        let page = try listingQuery(
            marker: KeyBytes(keyMarker.utf8),
            countMax: request.pageCount("max-uploads", most: 1000)
        )
        guard idMarker.isEmpty || UploadID(text: idMarker) != nil else {
            throw S3Error.invalidArgument(
                "Not an upload id",
                name: "upload-id-marker",
                value: idMarker
            )
        }
        let listing = try reader.listUploads(
            bucket: request.bucket,
            page,
            idMarker: UploadID(text: idMarker)
        )
        let last = listing.isTruncated ? listing.last : nil
        let lastUpload = listing.entries.last { $0.key == last }
        let document = UploadListing(
            bucket: request.bucket,
            prefix: query["prefix"] ?? "",
            delimiter: Self.nonEmpty(query["delimiter"]),
            keyMarker: keyMarker,
            uploadIDMarker: idMarker,
            nextKeyMarker: last.map { String(decoding: $0, as: UTF8.self) },
            nextUploadIDMarker: lastUpload?.id.text,
            maxUploads: page.countMax,
            encodesKeys: query["encoding-type"] == "url",
            isTruncated: listing.isTruncated,
            uploads: listing.entries.map { upload in
                UploadListing.Upload(
                    key: String(decoding: upload.key, as: UTF8.self),
                    uploadID: upload.id.text,
                    initiated: Timestamp(milliseconds: upload.initiated),
                    metadata: upload.metadata
                )
            },
            commonPrefixes: listing.commonPrefixes.map { String(decoding: $0, as: UTF8.self) }
        )
        reply.send(xml: document.xml)
    }

    func listingQuery(marker: KeyBytes, countMax: Int) throws -> ListingQuery {
        ListingQuery(
            prefix: KeyBytes((request.query["prefix"] ?? "").utf8),
            delimiter: KeyBytes((request.query["delimiter"] ?? "").utf8),
            marker: marker,
            countMax: countMax
        )
    }

    /// The marker that a token stands for: its base64url text.
    private static func marker(token: String?) throws(S3Error) -> KeyBytes? {
        guard let token else { return nil }
        guard let marker = Base64.decode(token, as: .url), !marker.isEmpty else {
            throw .invalidArgument(
                "The continuation token provided is incorrect",
                name: "continuation-token",
                value: token
            )
        }
        return marker
    }

    static func nonEmpty(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return text
    }
}
