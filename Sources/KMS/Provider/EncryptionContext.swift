internal import Encoding

/// Names and values bound to a wrapped key: not secret, needed again to unwrap it.
///
/// Its canonical form is a JSON object of strings: names in the order of their UTF-8 bytes, no
/// spaces, escaped as `JSONValue` writes strings. Equal contexts have the same canonical bytes.
public struct EncryptionContext: Hashable, Sendable {
    /// The longest canonical form in bytes (AWS KMS takes 8 KiB).
    public static let canonicalCountMax = 8192

    /// The canonical form.
    public let canonical: [UInt8]

    /// The empty context, canonically `{}`.
    public static let empty = EncryptionContext(sorted: [])

    /// A context of these pairs, in any order.
    ///
    /// - Throws: `.contextInvalid` for a name that stands twice, or over 8,192 canonical bytes.
    public init(_ pairs: [(name: String, value: String)]) throws(KMSError) {
        var pairs = pairs.map { (name: Array($0.name.utf8), value: Array($0.value.utf8)) }
        pairs.sort { $0.name.lexicographicallyPrecedes($1.name) }
        for (left, right) in zip(pairs, pairs.dropFirst()) where left.name == right.name {
            throw .contextInvalid
        }
        self.init(sorted: pairs)
        guard canonical.count <= Self.canonicalCountMax else { throw .contextInvalid }
    }

    /// A context from a JSON object whose values are strings, as a client sends it.
    ///
    /// - Throws: `.contextInvalid` for anything else, a name that stands twice, or too many bytes.
    public init(json: [UInt8]) throws(KMSError) {
        guard json.count <= 2 * Self.canonicalCountMax, let value = try? JSONValue(reading: json)
        else { throw .contextInvalid }
        try self.init(value)
    }

    init(_ value: JSONValue) throws(KMSError) {
        guard let members = value.object else { throw .contextInvalid }
        var pairs: [(name: String, value: String)] = []
        for member in members {
            guard let text = member.value.string else { throw .contextInvalid }
            pairs.append((member.name, text))
        }
        try self.init(pairs)
    }

    /// The pairs, in canonical order.
    public var pairs: [(name: String, value: String)] {
        let members = (try? JSONValue(reading: canonical))?.object ?? []
        return members.map { ($0.name, $0.value.string ?? "") }
    }

    private init(sorted pairs: [(name: [UInt8], value: [UInt8])]) {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            JSONValue.append(quoting: pair.name, to: &text)
            text.append(UInt8(ascii: ":"))
            JSONValue.append(quoting: pair.value, to: &text)
        }
        text.append(UInt8(ascii: "}"))
        canonical = text
    }
}

extension EncryptionContext {
    /// The context of a bucket key: `{"bk":…,"bucket":…,"sealgate":"bk1"}`, the id in hexadecimal.
    public static func bucketKey(
        _ id: RecordID,
        bucket: String
    ) throws(KMSError) -> EncryptionContext {
        try EncryptionContext([("sealgate", "bk1"), ("bucket", bucket), ("bk", id.hex)])
    }

    /// The context of an attribute key: `{"ak":…,"sealgate":"ak1"}`, the id in hexadecimal.
    public static func attributeKey(_ id: RecordID) throws(KMSError) -> EncryptionContext {
        try EncryptionContext([("sealgate", "ak1"), ("ak", id.hex)])
    }

    /// The context of an object's own data key: the object's ARN and the client's pairs.
    ///
    /// - Parameters:
    ///   - bucket: the bucket.
    ///   - key: the object key.
    ///   - client: the pairs of `x-amz-server-side-encryption-context`.
    /// - Returns: `{"aws:s3:arn":"arn:aws:s3:::bucket/key"}` and the client's pairs.
    /// - Throws: `.contextInvalid` where the client names `aws:s3:arn` itself, or over 8,192 bytes.
    public static func object(
        bucket: String,
        key: String,
        client: EncryptionContext = .empty
    ) throws(KMSError) -> EncryptionContext {
        try EncryptionContext([("aws:s3:arn", "arn:aws:s3:::\(bucket)/\(key)")] + client.pairs)
    }
}
