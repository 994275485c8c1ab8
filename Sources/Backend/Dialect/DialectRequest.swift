internal import HTTPWire
internal import S3Wire

/// What a request says, with names checked.
struct DialectRequest {
    /// The header or trailer of an object's metadata.
    static let metadataField = "x-amz-meta-sealgate"
    /// The header or trailer of a part's attributes.
    static let attributesField = "x-sealgate-part"
    /// The header that names what is copied.
    static let copySourceField = "x-sealgate-copy-source"
    /// The header with the ETag of what is copied.
    static let copyMatchField = "x-sealgate-copy-if-match"
    /// The header that states the size of a chunked body.
    static let sizeField = "x-sealgate-size"
    /// The most bytes of a metadata value.
    static let metadataBytesMax = 60_000
    /// The most bytes of a part's attributes.
    static let attributesBytesMax = 8192

    let head: HTTPRequestHead
    let operation: DialectOperation
    /// Empty where the operation has none.
    let bucket: String
    /// Empty where the operation has none.
    let key: String
    let query: S3Query

    init(_ head: HTTPRequestHead, _ target: S3Target) throws(S3Error) {
        self.head = head
        operation = try DialectOperation(head.method, target)
        bucket = target.bucket ?? ""
        key = target.key ?? ""
        query = target.query
    }

    /// The key's bytes.
    var keyBytes: KeyBytes { KeyBytes(key.utf8) }

    /// The condition of a write.
    ///
    /// - Throws: `NotImplemented` for `If-None-Match` with anything but `*`, and for both headers.
    func writeCondition() throws(S3Error) -> WriteCondition {
        let match = head.fields["if-match"]
        guard let noneMatch = head.fields["if-none-match"] else {
            return match.map(Self.condition) ?? .none
        }
        guard noneMatch == "*", match == nil else {
            throw .notImplemented(header: "If-None-Match")
        }
        return .absent
    }

    /// Whether an object may be read, by `If-Match`.
    func checkRead(_ etag: String) throws(S3Error) {
        guard let match = head.fields["if-match"] else { return }
        do throws(StoreError) {
            try Self.condition(match).check(etag)
        } catch {
            throw .preconditionFailed("If-Match")
        }
    }

    /// The metadata value among `fields`, headers or trailers.
    ///
    /// - Throws: `MetadataTooLarge`.
    static func metadata(_ fields: HTTPFields) throws(S3Error) -> String? {
        guard let value = fields[metadataField] else { return nil }
        guard value.utf8.count <= metadataBytesMax else { throw S3Error(.metadataTooLarge) }
        return value
    }

    /// A part's attributes among `fields`, headers or trailers.
    ///
    /// - Throws: `MetadataTooLarge`.
    static func attributes(_ fields: HTTPFields) throws(S3Error) -> String? {
        guard let value = fields[attributesField] else { return nil }
        guard value.utf8.count <= attributesBytesMax else { throw S3Error(.metadataTooLarge) }
        return value
    }

    /// Whether `Trailer` announces a field of that name (lower case), RFC 9110 section 6.6.2.
    func announcesTrailer(_ name: String) -> Bool {
        head.fields.values(of: "trailer").contains { value in
            value.split(separator: ",").contains { item in
                item.filter { $0 != " " && $0 != "\t" }.lowercased() == name
            }
        }
    }

    /// The size of the body where it is known before: by `Content-Length` or `x-sealgate-size`.
    ///
    /// - Throws: `InvalidArgument` where the header isn't a decimal number; `IncompleteBody`
    ///   where the two differ.
    func statedSize() throws(S3Error) -> Int64? {
        var stated: Int64?
        if let text = head.fields[Self.sizeField] {
            stated = try Self.number(text, Self.sizeField, in: 0...Int64.max)
        }
        guard case .known(let length) = head.bodyLength else { return stated }
        let known = Int64(clamping: length)
        guard stated == nil || stated == known else { throw S3Error(.incompleteBody) }
        return known
    }

    /// The upload that the query names.
    ///
    /// - Throws: `NoSuchUpload` for what isn't an id.
    func uploadID() throws(S3Error) -> UploadID {
        guard let id = UploadID(text: query["uploadId"] ?? "") else {
            throw S3Error(.noSuchUpload)
        }
        return id
    }

    /// The version that the query names, or the current one.
    ///
    /// - Throws: `InvalidArgument` for what was never an id.
    func version(_ name: String = "versionId") throws(S3Error) -> VersionSelector {
        guard let id = query[name] else { return .current }
        guard let selector = VersionSelector(id: id) else {
            throw .invalidArgument("Invalid version id specified", name: name, value: id)
        }
        return selector
    }

    /// A number among the query's parameters; `fallback` where it isn't there.
    ///
    /// - Throws: `InvalidArgument`.
    func number(
        _ name: String,
        in range: ClosedRange<Int64>,
        default fallback: Int64
    ) throws(S3Error) -> Int {
        guard let text = query[name] else { return Int(fallback) }
        return Int(try Self.number(text, name, in: range))
    }

    /// How many entries a page may have: the parameter, clipped to `most`.
    func pageCount(_ name: String, most: Int64) throws(S3Error) -> Int {
        min(Int(most), try number(name, in: 0...Int64(Int32.max), default: min(most, 1000)))
    }

    private static func number(
        _ text: String,
        _ name: String,
        in range: ClosedRange<Int64>
    ) throws(S3Error) -> Int64 {
        let isDecimal = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, let value = Int64(text), range.contains(value) else {
            throw .invalidArgument(
                "Not a number from \(range.lowerBound) to \(range.upperBound)",
                name: name,
                value: text
            )
        }
        return value
    }

    private static func condition(_ match: String) -> WriteCondition {
        match == "*" ? .exists : .matches(etag: EntityTag.unquoted(match))
    }
}
