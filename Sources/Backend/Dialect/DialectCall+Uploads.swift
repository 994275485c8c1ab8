internal import Encoding
internal import HTTPWire
internal import S3Wire

extension DialectCall {
    func createUpload() throws {
        let metadata = try DialectRequest.metadata(request.head.fields)
        let (bucket, key, name, reply) = (request.bucket, request.keyBytes, request.key, reply)
        change { (transaction) throws(StoreError) in
            try transaction.createUpload(bucket: bucket, key: key, metadata: metadata)
        } finish: { id in
            reply.send(xml: InitiatedUpload(bucket: bucket, key: name, uploadID: id.text).xml)
        }
    }

    func listParts() throws {
        let upload = try request.uploadID()
        let marker = try request.number(
            "part-number-marker",
            in: 0...Int64(Int32.max),
            default: 0
        )
        let countMax = try request.pageCount("max-parts", most: 10_000)
        let found = try reader.parts(
            of: upload,
            bucket: request.bucket,
            key: request.keyBytes,
            after: marker,
            countMax: countMax
        )
        let (parts, isTruncated) = (found.parts, found.isTruncated)
        let document = PartListing(
            bucket: request.bucket,
            key: request.key,
            uploadID: upload.text,
            partNumberMarker: marker,
            nextPartNumberMarker: isTruncated ? parts.last?.number : nil,
            maxParts: countMax,
            isTruncated: isTruncated,
            parts: parts.map { part in
                PartListing.Part(
                    partNumber: part.number,
                    lastModified: Timestamp(milliseconds: part.modified),
                    entityTag: part.etag,
                    size: UInt64(clamping: part.size),
                    attributes: part.attributes
                )
            },
            metadata: found.upload.metadata,
            initiated: Timestamp(milliseconds: found.upload.initiated)
        )
        reply.send(xml: document.xml)
    }

    func completeUpload(_ document: [UInt8]) throws {
        let upload = try request.uploadID()
        let metadata = try DialectRequest.metadata(request.head.fields)
        let condition = try request.writeCondition()
        let completion: CompletionRequest
        do {
            completion = try CompletionRequest(xml: document)
        } catch {
            throw error.response
        }
        try completion.validate()
        let parts = completion.parts.map { NamedPart(number: $0.partNumber, etag: $0.entityTag) }
        let table = completion.table ?? []
        let (bucket, key, name, reply) = (request.bucket, request.keyBytes, request.key, reply)
        change { (transaction) throws(StoreError) in
            try transaction.completeUpload(
                upload,
                bucket: bucket,
                key: key,
                parts: parts,
                metadata: metadata,
                table: table,
                condition: condition
            )
        } finish: { outcome in
            let result = CompletedUpload(bucket: bucket, key: name, entityTag: outcome.etag)
            reply.send(xml: result.xml, fields: outcome.fields)
        }
    }

    func abortUpload() throws {
        let upload = try request.uploadID()
        let (bucket, key, reply) = (request.bucket, request.keyBytes, reply)
        change { (transaction) throws(StoreError) in
            try transaction.abortUpload(upload, bucket: bucket, key: key)
        } finish: {
            reply.send(204)
        }
    }
}
