import Encoding
import HTTPWire

/// A request in the local S3 dialect (docs/backend-dialect.md).
struct StoreRequest: Sendable {
    /// The field that carries an object's envelope.
    static let metadataField = "x-amz-meta-sealgate"
    /// The trailer that carries a part's attributes.
    static let partField = "x-sealgate-part"
    /// The field that names the object whose body is shared.
    static let copySourceField = "x-sealgate-copy-source"
    /// The field with the store's ETag of that object.
    static let copyMatchField = "x-sealgate-copy-if-match"
    /// The bucket of records that no client can name.
    static let reservedBucket = ".sealgate"

    /// What it is about, for stores that must be asked in other words.
    let bucket: String
    let key: String?
    let query: String

    var head: HTTPRequestHead
    var body: [UInt8]

    /// A request for a bucket and key; `query` is encoded already.
    init(
        _ method: HTTPMethod,
        bucket: String = "",
        key: String? = nil,
        query: String = "",
        fields: HTTPFields = HTTPFields(),
        body: [UInt8] = []
    ) {
        self.bucket = bucket
        self.key = key
        self.query = query
        head = HTTPRequestHead(
            method: method,
            target: Self.target(bucket: bucket, key: key, query: query),
            authority: "store",
            fields: fields,
            bodyLength: .known(UInt64(body.count))
        )
        self.body = body
    }

    /// The target of a bucket or an object in path style.
    static func target(bucket: String, key: String? = nil, query: String = "") -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bucket.utf8.count + (key?.utf8.count ?? 0) + query.utf8.count + 8)
        text.append(UInt8(ascii: "/"))
        text.append(contentsOf: bucket.utf8)
        if let key {
            text.append(UInt8(ascii: "/"))
            PercentEncoding.append(key.utf8.span, keepingSlash: true, to: &text)
        }
        if !query.isEmpty {
            text.append(UInt8(ascii: "?"))
            text.append(contentsOf: query.utf8)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The query of a sub-resource and a version; without either it is left out.
    static func query(_ subResource: String = "", version id: String?) -> String {
        guard let id else { return subResource }
        let version = "versionId=\(PercentEncoding.encode(id))"
        return subResource.isEmpty ? version : "\(subResource)&\(version)"
    }

    /// Encodes pairs of a query, leaving out those without a value.
    static func query(_ pairs: [(String, String?)]) -> String {
        PercentEncoding.encode(pairs: pairs.compactMap { name, value in value.map { (name, $0) } })
    }
}
