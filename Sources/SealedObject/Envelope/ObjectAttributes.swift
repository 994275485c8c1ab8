/// What a client says of an object beside its bytes: sealed, so that storage sees none of it.
public struct ObjectAttributes: Equatable, Sendable {
    /// One `x-amz-meta-` field.
    public struct UserMetadata: Hashable, Sendable {
        /// The name behind `x-amz-meta-`, 1 byte or more of UTF-8.
        public var name: String
        /// The value.
        public var value: String

        /// A field of user metadata.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// One tag.
    public struct Tag: Hashable, Sendable {
        /// The key, 1 byte or more of UTF-8; no two tags have the same.
        public var key: String
        /// The value.
        public var value: String

        /// A tag from its parts.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// An attribute of a type that this version doesn't know, kept as it is.
    public struct Other: Hashable, Sendable {
        /// The type, without the critical bit.
        public let type: UInt16
        /// The value.
        public let value: [UInt8]
    }

    /// Padded attributes are a multiple of so many bytes.
    public static let paddingUnit = 32

    /// Content-Type.
    public var contentType: String?
    /// Content-Encoding.
    public var contentEncoding: String?
    /// Content-Language.
    public var contentLanguage: String?
    /// Content-Disposition.
    public var contentDisposition: String?
    /// Cache-Control.
    public var cacheControl: String?
    /// Expires, as the client wrote it.
    public var expires: String?
    /// User metadata, in the order given.
    public var userMetadata: [UserMetadata] = []
    /// Checksums of the plaintext, one an algorithm.
    public var checksums: [ObjectChecksum] = []
    /// The ETag of SSE-S3, without quotes.
    public var entityTag: String?
    /// The id of the part table of an object in parts.
    public var tableID: Identifier?
    /// x-amz-website-redirect-location.
    public var websiteRedirect: String?
    /// x-amz-storage-class.
    public var storageClass: String?
    /// Tags, in the order given.
    public var tags: [Tag] = []
    /// The upload that made an object in parts: a Complete that is repeated knows its work by it.
    public var uploadID: String?
    /// Attributes of unknown types, ascending by type as they are written.
    public internal(set) var others: [Other] = []

    /// No attributes.
    public init() {}
}
