public import Encoding

/// `ListBucketResult`: the answer of ListObjects, version 1 or 2.
///
/// Keys, prefixes and markers stand decoded in it whatever `encodesKeys` says: that is about how
/// the document spells them.
public struct ObjectListing: Equatable, Sendable {
    /// One object.
    public struct Entry: Equatable, Sendable {
        /// The key.
        public var key: String
        /// When it was written.
        public var lastModified: Timestamp
        /// The ETag, without quotes.
        public var entityTag: String
        /// The size in bytes.
        public var size: UInt64
        /// The storage class; the dialect has none.
        public var storageClass: String?
        /// The owner, where it was asked for.
        public var owner: Owner?
        /// The object's metadata value, base64url; in the dialect alone.
        public var metadata: String?

        /// An entry from its parts.
        public init(
            key: String,
            lastModified: Timestamp,
            entityTag: String,
            size: UInt64,
            storageClass: String? = nil,
            owner: Owner? = nil,
            metadata: String? = nil
        ) {
            self.key = key
            self.lastModified = lastModified
            self.entityTag = entityTag
            self.size = size
            self.storageClass = storageClass
            self.owner = owner
            self.metadata = metadata
        }
    }

    /// Where a page begins and where the next does, in the terms of each version.
    public enum Paging: Equatable, Sendable {
        /// Version 1; `next` only with a delimiter and more to come.
        case version1(marker: String, next: String?)
        /// Version 2.
        case version2(startAfter: String?, token: String?, nextToken: String?)
    }

    /// The bucket's name.
    public var bucket: String
    /// The prefix that all keys have.
    public var prefix: String
    /// The delimiter, `nil` where none was asked for.
    public var delimiter: String?
    /// How many entries were asked for at most.
    public var maxKeys: Int
    /// Whether the document spells keys percent-encoded (`encoding-type=url`).
    public var encodesKeys: Bool
    /// Whether more follow.
    public var isTruncated: Bool
    /// Where this page begins and the next one.
    public var paging: Paging
    /// The objects, by the UTF-8 bytes of their keys.
    public var entries: [Entry]
    /// The common prefixes, by their UTF-8 bytes.
    public var commonPrefixes: [String]

    /// How many entries and common prefixes the page has.
    public var keyCount: Int { entries.count + commonPrefixes.count }

    /// A page from its parts.
    public init(
        bucket: String,
        prefix: String = "",
        delimiter: String? = nil,
        maxKeys: Int = 1000,
        encodesKeys: Bool = false,
        isTruncated: Bool = false,
        paging: Paging = .version2(startAfter: nil, token: nil, nextToken: nil),
        entries: [Entry] = [],
        commonPrefixes: [String] = []
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.maxKeys = maxKeys
        self.encodesKeys = encodesKeys
        self.isTruncated = isTruncated
        self.paging = paging
        self.entries = entries
        self.commonPrefixes = commonPrefixes
    }
}

extension ObjectListing: XMLWritable {
    /// The whole document, UTF-8, in a buffer made for its size.
    public var xml: [UInt8] {
        let metadataCount = entries.reduce(0) { $0 + ($1.metadata?.utf8.count ?? 0) }
        var writer = XMLWriter(capacity: 1024 + 320 * keyCount + metadataCount)
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("ListBucketResult")
        writer.element("Name", bucket)
        writer.element("Prefix", key: prefix, encoded: encodesKeys)
        write(paging, to: &writer)
        writer.element("MaxKeys", maxKeys)
        if let delimiter { writer.element("Delimiter", key: delimiter, encoded: encodesKeys) }
        if encodesKeys { writer.element("EncodingType", "url") }
        writer.element("IsTruncated", isTruncated)
        for entry in entries { write(entry, to: &writer) }
        for prefix in commonPrefixes {
            writer.open("CommonPrefixes")
            writer.element("Prefix", key: prefix, encoded: encodesKeys)
            writer.close("CommonPrefixes")
        }
        writer.close("ListBucketResult")
    }

    private func write(_ paging: Paging, to writer: inout XMLWriter) {
        switch paging {
        case .version1(let marker, let next):
            writer.element("Marker", key: marker, encoded: encodesKeys)
            if let next { writer.element("NextMarker", key: next, encoded: encodesKeys) }
        case .version2(let startAfter, let token, let nextToken):
            if let startAfter {
                writer.element("StartAfter", key: startAfter, encoded: encodesKeys)
            }
            writer.optionalElement("ContinuationToken", token)
            writer.optionalElement("NextContinuationToken", nextToken)
            writer.element("KeyCount", keyCount)
        }
    }

    private func write(_ entry: Entry, to writer: inout XMLWriter) {
        writer.open("Contents")
        writer.element("Key", key: entry.key, encoded: encodesKeys)
        writer.element("LastModified", entry.lastModified)
        writer.element(entityTag: entry.entityTag)
        writer.element("Size", entry.size)
        entry.owner?.write(to: &writer)
        writer.optionalElement("StorageClass", entry.storageClass)
        writer.optionalElement("Metadata", entry.metadata)
        writer.close("Contents")
    }
}
