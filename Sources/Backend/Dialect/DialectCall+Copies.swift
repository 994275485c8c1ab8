internal import Encoding
internal import HTTPWire
internal import NIOCore
internal import S3Wire

extension DialectCall {
    /// Makes an object of another's body: files get a second name, nothing is read or moved.
    ///
    /// - Parameter table: the copy's part table; empty for none.
    /// - Throws: `S3Error` and `StoreError`, where nothing was begun.
    func copyObject(table: [UInt8]) throws {
        let source = try copySource()
        let metadata = try DialectRequest.metadata(request.head.fields)
        let condition = try request.writeCondition()
        try services.files.requireRoom(for: 0)
        let body = try reader.body(of: source)
        let (bucket, key, index, loop) = (
            request.bucket, request.keyBytes, services.index, eventLoop
        )
        let (reply, files) = (reply, services.files)
        files.link(body.files, on: eventLoop).flatMap { links in
            index.submit(on: loop) { (transaction) throws(StoreError) in
                try transaction.copyObject(
                    body.linked(as: links),
                    of: source,
                    bucket: bucket,
                    key: key,
                    metadata: metadata,
                    table: table,
                    condition: condition
                )
            }
            .always { result in files.conclude(links, result.map { _ in }) }
        }
        .assumeIsolated().whenComplete { result in
            switch result {
            case .success(let outcome): reply.send(200, outcome.fields)
            case .failure(let error):
                let isGone = error as? StoreError == .fileNotFound
                reply.fail(isGone ? StoreError.sourceChanged : error)
            }
        }
    }

    /// What is copied: percent-encoded `bucket/key`, perhaps a version, and the ETag.
    private func copySource() throws(S3Error) -> CopySource {
        let fields = request.head.fields
        let name = DialectRequest.copySourceField
        guard let match = fields[DialectRequest.copyMatchField] else {
            throw .invalidArgument(
                "The ETag is required",
                name: DialectRequest.copyMatchField,
                value: ""
            )
        }
        let text = fields[name] ?? ""
        let halves = text.split(separator: "?versionId=", maxSplits: 1)
        let version = halves.count == 2 ? VersionSelector(id: String(halves[1])) : .current
        guard let path = halves.first, let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")),
            let bytes = PercentEncoding.decode(path.utf8[slash...].dropFirst()),
            let key = String(utf8: bytes), DialectOperation.refusal(ofKey: key) == nil,
            let version
        else { throw .invalidArgument("Not bucket/key", name: name, value: text) }
        return CopySource(
            bucket: String(path[..<slash]),
            key: KeyBytes(key.utf8),
            version: version,
            etag: EntityTag.unquoted(match)
        )
    }
}

extension BodyFiles {
    /// The change that was to name files is decided, see `conclude(_:_:)` of one body.
    func conclude(_ links: [FileID], _ result: Result<Void, any Error>) {
        for link in links { conclude(.file(link, size: 0), result) }
    }
}
