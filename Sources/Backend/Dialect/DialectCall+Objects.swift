internal import Encoding
internal import Glibc
internal import HTTPWire
internal import S3Wire
internal import Transport

extension WriteOutcome {
    /// The header fields that tell of it.
    var fields: HTTPFields {
        var fields = HTTPFields([
            ("etag", EntityTag.quoted(etag)),
            ("last-modified", Timestamp(milliseconds: modified).httpDate),
        ])
        VersionOutcome(versionID: versionID).append(to: &fields)
        return fields
    }
}

extension DialectCall {
    /// How often an object is looked up again that was replaced before its file was opened.
    private static var lookupCountMax: Int { 8 }

    func readObject() throws -> any HTTPServerHandler {
        let isHead = request.operation == .headObject
        let version = try request.version()
        for _ in 0..<Self.lookupCountMax {
            let object = try reader.object(
                bucket: request.bucket,
                key: request.keyBytes,
                version: version,
                withBody: !isHead
            )
            try request.checkRead(object.etag)
            let (status, range, fields) = try answer(to: object)
            if isHead || range.isEmpty {
                reply.sendHead(status, fields, end: true)
                return AnsweredHandler(reply, request.head)
            }
            if let bytes = object.inlineBytes {
                guard range.upperBound <= bytes.count else { throw StoreError.fileNotFound }
                reply.sendHead(status, fields)
                let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
                reply.sendBody(part)
                return AnsweredHandler(reply, request.head)
            }
            guard let opened = try open(object, version, range) else { continue }
            let handover = handOver(opened, range)
            if case .passed = handover {
                reply.sendHead(status, handover.adapted(fields), end: true)
                return AnsweredHandler(reply, request.head)
            }
            let handler = DownloadHandler(reply, services, reader, opened, range)
            reply.sendHead(status, handover.adapted(fields))
            handler.pump()
            return handler
        }
        throw StoreError.fileNotFound
    }

    func sendTable() throws {
        let object = try reader.object(
            bucket: request.bucket,
            key: request.keyBytes,
            version: try request.version()
        )
        guard let table = try reader.partTable(of: object.version) else {
            throw StoreError.keyNotFound
        }
        let fields = HTTPFields([("etag", EntityTag.quoted(object.etag))])
        reply.send(200, fields, type: "application/octet-stream", body: table)
    }

    func replaceMetadata() throws {
        guard request.head.fields.contains("if-match") else {
            throw S3Error.invalidArgument("If-Match is required", name: "If-Match", value: "")
        }
        let metadata = try DialectRequest.metadata(request.head.fields)
        let condition = try request.writeCondition()
        let version = try request.version()
        let (bucket, key, reply) = (request.bucket, request.keyBytes, reply)
        change { (transaction) throws(StoreError) in
            try transaction.replaceMetadata(
                bucket: bucket,
                key: key,
                version: version,
                metadata: metadata,
                condition: condition
            )
        } finish: {
            reply.send(200, $0.fields)
        }
    }

    func deleteObject() throws {
        let condition = try request.writeCondition()
        let version = try request.version()
        let id = request.query["versionId"]
        let (bucket, key, reply) = (request.bucket, request.keyBytes, reply)
        change { (transaction) throws(StoreError) in
            try transaction.deleteObject(
                bucket: bucket,
                key: key,
                version: version,
                condition: condition
            )
        } finish: { deletion in
            var fields = HTTPFields()
            deletion.outcome(named: id).append(to: &fields)
            reply.send(204, fields)
        }
    }

    func deleteObjects(_ document: [UInt8]) throws {
        let deletion: DeletionRequest
        do {
            deletion = try DeletionRequest(xml: document)
        } catch {
            throw error.response
        }
        let (bucket, reply) = (request.bucket, reply)
        change { (transaction) throws(StoreError) in
            _ = try transaction.database.bucket(bucket)
            var result = DeletionResult()
            for object in deletion.objects {
                switch try transaction.delete(object, bucket: bucket) {
                case .success(let deleted):
                    if !deletion.isQuiet { result.deleted.append(deleted) }
                case .failure(let refusal):
                    result.failures.append(
                        .init(
                            key: object.key,
                            versionID: object.versionID,
                            code: refusal.code.rawValue,
                            message: refusal.message
                        )
                    )
                }
            }
            return result
        } finish: {
            reply.send(xml: $0.xml)
        }
    }

    /// Status, range and header fields of the answer to a read.
    private func answer(
        to object: ObjectRecord
    ) throws(S3Error) -> (status: Int, range: Range<Int64>, fields: HTTPFields) {
        let size = UInt64(clamping: object.size)
        let header = request.head.fields["range"]
        var fields = WriteOutcome(
            etag: object.etag,
            modified: object.modified,
            versionID: object.versionID
        ).fields
        fields.append("accept-ranges", "bytes")
        fields.append("content-type", "application/octet-stream")
        if let metadata = object.metadata {
            fields.append(DialectRequest.metadataField, metadata)
        }
        switch ByteRange.resolve(header: header, size: size) {
        case .whole:
            fields.append("content-length", String(size))
            return (200, 0..<object.size, fields)
        case .part(let range):
            fields.append("content-length", String(range.count))
            fields.append("content-range", ByteRange.contentRange(range, size: size))
            let bounds = Int64(clamping: range.lowerBound)..<Int64(clamping: range.upperBound)
            return (206, bounds, fields)
        case .unsatisfiable:
            throw ByteRange.unsatisfiable(header: header ?? "", size: size)
        }
    }

    /// Makes sure that a body can be read to its end, whatever becomes of the object meanwhile.
    ///
    /// `nil` where the object was replaced since it was looked up.
    private func open(
        _ object: ObjectRecord,
        _ selector: VersionSelector,
        _ range: Range<Int64>
    ) throws(StoreError) -> OpenedBody? {
        do throws(StoreError) {
            switch object.body {
            case .file(let id):
                let descriptor = try services.files.open(id, count: object.size)
                return OpenedBody(object, descriptor)
            case .composite(let version): return try open(object, selector, version, range)
            case .deleteMarker, .empty, .inline: break
            }
        } catch {
            if error == .fileNotFound { return nil }
            throw error
        }
        throw .fileNotFound
    }

    private func open(
        _ object: ObjectRecord,
        _ selector: VersionSelector,
        _ version: Int64,
        _ range: Range<Int64>
    ) throws(StoreError) -> OpenedBody? {
        // Whoever drops the version from now on finds the lease, and leaves its files; who did
        // before is seen by the second look, and so is who dropped the rows read in between.
        services.files.lease(version)
        do throws(StoreError) {
            let opened = try OpenedBody(object, leased: version, range, reader)
            let again = try reader.object(
                bucket: request.bucket,
                key: request.keyBytes,
                version: selector
            )
            if again.version == version { return opened }
        } catch {
            services.files.release(version)
            if error.isAbsence || error == .versionNotFound { return nil }
            throw error
        }
        services.files.release(version)
        return nil
    }
}

extension IndexTransaction {
    /// Deletes one of several objects; a refusal is for the client to know.
    fileprivate func delete(
        _ object: DeletionRequest.Object,
        bucket: String
    ) throws(StoreError) -> Result<DeletionResult.Deleted, S3Error> {
        if let refusal = DialectOperation.refusal(ofKey: object.key) { return .failure(refusal) }
        var selector = VersionSelector.current
        if let id = object.versionID {
            guard let named = VersionSelector(id: id) else {
                return .failure(S3Error(.noSuchVersion))
            }
            selector = named
        }
        do {
            let deletion = try deleteObject(
                bucket: bucket,
                key: KeyBytes(object.key.utf8),
                version: selector,
                condition: object.entityTag.map { .matches(etag: $0) } ?? .none
            )
            return .success(
                DeletionResult.Deleted(
                    key: object.key,
                    versionID: object.versionID,
                    outcome: deletion.outcome(named: object.versionID)
                )
            )
        } catch .preconditionFailed {
            return .failure(S3Error(store: .preconditionFailed))
        }
    }
}
