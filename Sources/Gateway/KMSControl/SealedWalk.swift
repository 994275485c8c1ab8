import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// Something stored whose key is wrapped: a version of an object, or an upload in progress.
struct SealedEntry: Sendable {
    /// Where it is; an upload's place has no version.
    var place: OfflineStore.Place
    /// `nil` for an object.
    var uploadID: String?
    /// `nil` where there is none, or it can't be read.
    var envelope: Envelope?
    var lastModified: Timestamp?
}

/// Goes through what the store has sealed: all versions of all objects, and open uploads.
struct SealedWalk: Sendable {
    /// A page's place in a bucket.
    struct Mark: Equatable, Sendable {
        var key: String
        var version: String?
    }

    let store: StoreClient

    /// Whether every version is seen: a foreign engine may keep some that its listing hides.
    var seesVersions: Bool { store.form.isDialect }

    /// The names of all buckets, in their order.
    ///
    /// - Throws: `.storeFailed`.
    func buckets() async throws(OfflineError) -> [String] {
        let reply = try await send(StoreRequest(.get))
        guard reply.isSuccess, let listing = try? BucketListing(xml: reply.body) else {
            throw .storeFailed
        }
        return listing.buckets.map(\.name).sorted()
    }

    /// A page of a bucket's objects; `nil` as the next mark where it is the last.
    ///
    /// A bucket that is gone has none.
    ///
    /// - Throws: `.storeFailed`.
    func objects(
        of bucket: String,
        prefix: String,
        after mark: Mark?
    ) async throws(OfflineError) -> (entries: [SealedEntry], next: Mark?) {
        let prefix = prefix.isEmpty ? nil : prefix
        guard store.form.can(.versioning) else {
            let page = try await listing(
                ObjectListing.self,
                bucket,
                [("list-type", "2"), ("prefix", prefix), ("start-after", mark?.key)]
            )
            guard let page else { return ([], nil) }
            let entries = page.entries.map { entry($0, bucket, nil) }
            let last = page.entries.last.map { Mark(key: $0.key) }
            return (entries, page.isTruncated ? last : nil)
        }
        let page = try await listing(
            VersionListing.self,
            bucket,
            [
                ("versions", ""), ("prefix", prefix), ("key-marker", mark?.key),
                ("version-id-marker", mark?.version),
            ]
        )
        guard let page else { return ([], nil) }
        let entries = page.versions.filter { !$0.isDeleteMarker }.map {
            entry($0.object, bucket, $0.versionID)
        }
        guard page.isTruncated, let key = page.nextKeyMarker else { return (entries, nil) }
        return (entries, Mark(key: key, version: page.nextVersionIDMarker))
    }

    /// All open uploads of a bucket.
    ///
    /// - Throws: `.storeFailed`.
    func uploads(of bucket: String, prefix: String) async throws(OfflineError) -> [SealedEntry] {
        var entries: [SealedEntry] = []
        var marker: (key: String?, id: String?)
        while true {
            let page = try await listing(
                UploadListing.self,
                bucket,
                [
                    ("uploads", ""), ("prefix", prefix.isEmpty ? nil : prefix),
                    ("key-marker", marker.key), ("upload-id-marker", marker.id),
                ]
            )
            guard let page else { return entries }
            entries += page.uploads.map { upload in
                SealedEntry(
                    place: .init(bucket: bucket, key: upload.key),
                    uploadID: upload.uploadID,
                    envelope: upload.metadata.flatMap { try? Envelope(text: $0.utf8) },
                    lastModified: upload.initiated
                )
            }
            guard page.isTruncated, let key = page.nextKeyMarker else { return entries }
            marker = (key, page.nextUploadIDMarker)
        }
    }

    func send(_ request: StoreRequest) async throws(OfflineError) -> StoreReply {
        do throws(StoreError) { return try await store.send(request) } catch {
            throw .storeFailed
        }
    }

    private func entry(
        _ entry: ObjectListing.Entry,
        _ bucket: String,
        _ version: String?
    ) -> SealedEntry {
        SealedEntry(
            place: .init(bucket: bucket, key: entry.key, versionID: version),
            uploadID: nil,
            envelope: entry.metadata.flatMap { try? Envelope(text: $0.utf8) },
            lastModified: entry.lastModified
        )
    }

    private func listing<Listing: XMLReadable>(
        _: Listing.Type,
        _ bucket: String,
        _ pairs: [(String, String?)]
    ) async throws(OfflineError) -> Listing? {
        // `uploads` and `versions` stand without a value.
        let query = StoreRequest.query(pairs + [("encoding-type", "url")])
        let reply = try await send(StoreRequest(.get, bucket: bucket, query: query))
        if reply.status == 404 { return nil }
        let limits = XMLReader.Limits(bytesMax: StoreExchange.bodyBytesMax)
        guard reply.isSuccess, let listing = try? Listing(xml: reply.body, limits: limits) else {
            throw .storeFailed
        }
        return listing
    }
}
