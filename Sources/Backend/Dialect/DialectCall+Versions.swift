internal import Encoding
internal import HTTPWire
internal import S3Wire

extension DialectCall {
    func getVersioning() throws {
        let state = try reader.bucket(request.bucket).versioning
        reply.send(xml: VersioningConfiguration(status: state).xml)
    }

    func putVersioning(_ document: [UInt8]) throws {
        let configuration: VersioningConfiguration
        do {
            configuration = try VersioningConfiguration(xml: document)
        } catch {
            throw error.response
        }
        let state = try configuration.requested()
        let (bucket, reply) = (request.bucket, reply)
        change { (transaction) throws(StoreError) in
            try transaction.setVersioning(state, bucket: bucket)
        } finish: {
            reply.send(200)
        }
    }

    func listVersions() throws {
        let query = request.query
        let keyMarker = query["key-marker"] ?? ""
        let idMarker = query["version-id-marker"] ?? ""
        let page = try listingQuery(
            marker: KeyBytes(keyMarker.utf8),
            countMax: request.pageCount("max-keys", most: 1000)
        )
        let listing = try reader.listVersions(
            bucket: request.bucket,
            page,
            behind: idMarker.isEmpty ? .current : request.version("version-id-marker")
        )
        let last = listing.isTruncated ? listing.last : nil
        let lastVersion = listing.entries.last { $0.object.key == last }
        var document = VersionListing(bucket: request.bucket)
        document.prefix = query["prefix"] ?? ""
        document.delimiter = Self.nonEmpty(query["delimiter"])
        document.keyMarker = keyMarker
        document.versionIDMarker = idMarker
        document.nextKeyMarker = last.map { String(decoding: $0, as: UTF8.self) }
        // Of a `null` version too by its number, which marks the place when it is gone.
        document.nextVersionIDMarker = lastVersion.map { VersionSelector.id($0.version) }
        document.maxKeys = page.countMax
        document.encodesKeys = query["encoding-type"] == "url"
        document.isTruncated = listing.isTruncated
        document.versions = listing.entries.map { entry in
            VersionListing.Version(
                object: ObjectListing.Entry(entry.object),
                versionID: VersionSelector.id(entry.version, isNull: entry.isNull),
                isLatest: entry.isLatest,
                isDeleteMarker: entry.isDeleteMarker
            )
        }
        document.commonPrefixes = listing.commonPrefixes.map {
            String(decoding: $0, as: UTF8.self)
        }
        reply.send(xml: document.xml)
    }
}

extension ObjectListing.Entry {
    /// What the dialect's listings tell of an object.
    init(_ object: ListedObject) {
        self.init(
            key: String(decoding: object.key, as: UTF8.self),
            lastModified: Timestamp(milliseconds: object.modified),
            entityTag: object.etag,
            size: UInt64(clamping: object.size),
            metadata: object.metadata
        )
    }
}
