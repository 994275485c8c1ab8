import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// The fields of GetObject and HeadObject: which ones a request has, and those of the answer.
enum ReadFields {
    /// Whether a request has one of those that its answer depends on, access to the object aside.
    static func areAny(in fields: HTTPFields) -> Bool {
        fields.contains("range") || fields.contains("x-amz-checksum-mode")
            || fields.contains("if-match") || fields.contains("if-none-match")
            || fields.contains("if-modified-since") || fields.contains("if-unmodified-since")
            || fields.contains(prefix: SSEHeader.prefix)
    }

    /// The fields of a 200 or 206.
    static func make(
        _ opened: OpenedObject,
        _ plan: ReadPlan,
        _ customer: CustomerKeyHolder?,
        _ overrides: ResponseOverrides?,
        _ scope: RequestScope
    ) -> HTTPFields {
        var fields = opened.contents.fields
        // With all that stands before them below what the allocator keeps at hand, 1,032 bytes.
        fields.reserve(fields: 16, bytes: 768)
        fields.append("content-length", String(plan.range.count))
        overrides?.apply(to: &fields)
        if plan.status == 206, !plan.range.isEmpty {
            let range = UInt64(plan.range.lowerBound)..<UInt64(plan.range.upperBound)
            fields.append(
                "content-range",
                ByteRange.contentRange(range, size: UInt64(plan.size))
            )
        }
        if let count = plan.partCount { fields.append("x-amz-mp-parts-count", String(count)) }
        appendChecksums(opened, plan, scope, to: &fields)
        let stored = opened.envelope.reference.stored(
            kmsKeyID: opened.kmsKeyID,
            customerDigest: customer?.md5
        )
        scope.loop.services.sseResponse(stored).append(to: &fields, for: .readOrPart)
        return fields
    }

    /// The fields of a 304: those by which a cache may go on, RFC 9110 section 15.4.5.
    static func unchanged(_ opened: OpenedObject) -> HTTPFields {
        var fields = identity(opened.found, etag: opened.etag)
        if let value = opened.attributes.cacheControl { fields.append("cache-control", value) }
        if let value = opened.attributes.expires { fields.append("expires", value) }
        return fields
    }

    /// What is the same in every answer that gives an object.
    static func object(
        _ found: FoundObject,
        _ attributes: ObjectAttributes,
        etag: String
    ) -> HTTPFields {
        var fields = identity(found, etag: etag)
        fields.append("accept-ranges", "bytes")
        ObjectHeaders(attributes).append(to: &fields)
        if !attributes.tags.isEmpty {
            fields.append("x-amz-tagging-count", String(attributes.tags.count))
        }
        return fields
    }

    private static func identity(_ found: FoundObject, etag: String) -> HTTPFields {
        var fields = HTTPFields([
            ("etag", "\"\(etag)\""), ("last-modified", found.lastModified.httpDate),
        ])
        VersionOutcome(versionID: found.versionID).append(to: &fields)
        return fields
    }

    /// Checksums, where they were asked for and are of exactly the bytes that are sent: clients
    /// compare them whatever the status.
    private static func appendChecksums(
        _ opened: OpenedObject,
        _ plan: ReadPlan,
        _ scope: RequestScope,
        to fields: inout HTTPFields
    ) {
        guard scope.head.fields["x-amz-checksum-mode"]?.uppercased() == "ENABLED",
            plan.range == 0..<plan.size, opened.envelope.body != .upload
        else { return }
        let parts = opened.envelope.body.partCount ?? 1
        for checksum in opened.attributes.checksums {
            guard let algorithm = checksum.algorithm.wire else { continue }
            let value = Base64.encode(checksum.value)
            switch checksum.scope {
            case .composite:
                fields.append(algorithm.fieldName, "\(value)-\(parts)")
                fields.append("x-amz-checksum-type", ChecksumType.composite.rawValue)
            case .fullObject:
                fields.append(algorithm.fieldName, value)
                fields.append("x-amz-checksum-type", ChecksumType.fullObject.rawValue)
            }
        }
    }
}

extension ObjectHeaders {
    /// The headers that an object's sealed attributes hold.
    init(_ attributes: ObjectAttributes) {
        self.init(
            contentType: attributes.contentType ?? Self.contentTypeDefault,
            userMetadata: attributes.userMetadata.map {
                UserMetadata(name: $0.name, value: $0.value)
            }
        )
        contentEncoding = attributes.contentEncoding
        contentLanguage = attributes.contentLanguage
        contentDisposition = attributes.contentDisposition
        cacheControl = attributes.cacheControl
        expires = attributes.expires
        websiteRedirectLocation = attributes.websiteRedirect
        storageClass = attributes.storageClass
    }
}

extension ObjectTags {
    /// The tags that an object's sealed attributes hold.
    init(_ attributes: ObjectAttributes) {
        self.init(attributes.tags.map { Tag(key: $0.key, value: $0.value) })
    }
}

extension ObjectAttributes {
    /// The attributes that the headers of PutObject and CreateMultipartUpload become.
    ///
    /// - Throws: what `ObjectHeaders` and `ObjectTags` throw; `MetadataTooLarge`.
    static func ofWrite(_ fields: HTTPFields) throws(S3Error) -> ObjectAttributes {
        var attributes = try of(ObjectHeaders(fields))
        try attributes.set(try ObjectTags(fields))
        return attributes
    }

    /// Gives the object these tags.
    ///
    /// - Throws: `MetadataTooLarge` where they and the headers are over 20 KiB.
    mutating func set(_ objectTags: ObjectTags) throws(S3Error) {
        tags = objectTags.tags.map { Tag(key: $0.key, value: $0.value) }
        if !tags.isEmpty { try requireRoom() }
    }

    /// The most bytes of headers that an object keeps, so that all attributes fit the envelope.
    static let headerBytesMax = 20_480

    /// The attributes that a write's headers become.
    ///
    /// - Throws: `MetadataTooLarge`; user metadata alone has a limit of its own.
    static func of(_ headers: consuming ObjectHeaders) throws(S3Error) -> ObjectAttributes {
        var attributes = ObjectAttributes()
        attributes.contentType = headers.contentType
        // Few are there: what isn't costs no copy.
        if let text = headers.contentEncoding { attributes.contentEncoding = text }
        if let text = headers.contentLanguage { attributes.contentLanguage = text }
        if let text = headers.contentDisposition { attributes.contentDisposition = text }
        if let text = headers.cacheControl { attributes.cacheControl = text }
        if let text = headers.expires { attributes.expires = text }
        if let text = headers.websiteRedirectLocation { attributes.websiteRedirect = text }
        if let text = headers.storageClass { attributes.storageClass = text }
        attributes.userMetadata = headers.userMetadata.map {
            UserMetadata(name: $0.name, value: $0.value)
        }
        try attributes.requireRoom()
        return attributes
    }

    /// Refuses headers and tags that together take too much room.
    ///
    /// - Throws: `MetadataTooLarge` over 20 KiB.
    borrowing func requireRoom() throws(S3Error) {
        func count(_ text: String?) -> Int { 8 + (text?.utf8.count ?? 0) }
        let byteCount =
            count(contentType) + count(contentEncoding) + count(contentLanguage)
            + count(contentDisposition) + count(cacheControl) + count(expires)
            + count(websiteRedirect) + count(storageClass)
            + userMetadata.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 16 }
            + tags.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 16 }
        guard byteCount <= Self.headerBytesMax else {
            throw S3Error(
                .metadataTooLarge,
                details: [
                    .init("Size", String(byteCount)),
                    .init("MaxSizeAllowed", String(Self.headerBytesMax)),
                ]
            )
        }
    }
}
