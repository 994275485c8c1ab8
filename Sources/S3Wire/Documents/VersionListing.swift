/// `ListVersionsResult`: the answer of ListObjectVersions.
///
/// Keys, prefixes and markers stand decoded in it whatever `encodesKeys` says.
public struct VersionListing: Equatable, Sendable {
    /// One version of a key, or a delete marker.
    public struct Version: Equatable, Sendable {
        /// What the version holds; a delete marker has only its key and its time.
        public var object: ObjectListing.Entry
        /// The version's id.
        public var versionID: String
        /// Whether it is the key's current one.
        public var isLatest: Bool
        /// Whether it is a delete marker.
        public var isDeleteMarker: Bool

        /// A version from its parts.
        public init(
            object: ObjectListing.Entry,
            versionID: String,
            isLatest: Bool,
            isDeleteMarker: Bool = false
        ) {
            self.object = object
            self.versionID = versionID
            self.isLatest = isLatest
            self.isDeleteMarker = isDeleteMarker
        }
    }

    /// The bucket's name.
    public var bucket: String
    /// The prefix that all keys have.
    public var prefix = ""
    /// The delimiter, `nil` where none was asked for.
    public var delimiter: String?
    /// Behind which key this page begins.
    public var keyMarker = ""
    /// Behind which version of that key this page begins.
    public var versionIDMarker = ""
    /// Behind which key the next page begins.
    public var nextKeyMarker: String?
    /// Behind which version of that key the next page begins.
    public var nextVersionIDMarker: String?
    /// How many entries were asked for at most.
    public var maxKeys = 1000
    /// Whether the document spells keys percent-encoded (`encoding-type=url`).
    public var encodesKeys = false
    /// Whether more follow.
    public var isTruncated = false
    /// The versions and delete markers, by key and then the newest first.
    public var versions: [Version] = []
    /// The common prefixes, by their UTF-8 bytes.
    public var commonPrefixes: [String] = []

    /// An empty page of a bucket.
    public init(bucket: String) { self.bucket = bucket }
}

extension VersionListing: XMLWritable {
    /// The whole document, UTF-8, in a buffer made for its size.
    public var xml: [UInt8] {
        let metadataCount = versions.reduce(0) { $0 + ($1.object.metadata?.utf8.count ?? 0) }
        let entryCount = versions.count + commonPrefixes.count
        var writer = XMLWriter(capacity: 1024 + 400 * entryCount + metadataCount)
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("ListVersionsResult")
        writer.element("Name", bucket)
        writer.element("Prefix", key: prefix, encoded: encodesKeys)
        writer.element("KeyMarker", key: keyMarker, encoded: encodesKeys)
        writer.element("VersionIdMarker", versionIDMarker)
        if let nextKeyMarker {
            writer.element("NextKeyMarker", key: nextKeyMarker, encoded: encodesKeys)
        }
        writer.optionalElement("NextVersionIdMarker", nextVersionIDMarker)
        writer.element("MaxKeys", maxKeys)
        if let delimiter { writer.element("Delimiter", key: delimiter, encoded: encodesKeys) }
        if encodesKeys { writer.element("EncodingType", "url") }
        writer.element("IsTruncated", isTruncated)
        for version in versions { write(version, to: &writer) }
        for prefix in commonPrefixes {
            writer.open("CommonPrefixes")
            writer.element("Prefix", key: prefix, encoded: encodesKeys)
            writer.close("CommonPrefixes")
        }
        writer.close("ListVersionsResult")
    }

    private func write(_ version: Version, to writer: inout XMLWriter) {
        let object = version.object
        let name = version.isDeleteMarker ? "DeleteMarker" : "Version"
        writer.open(name)
        writer.element("Key", key: object.key, encoded: encodesKeys)
        writer.element("VersionId", version.versionID)
        writer.element("IsLatest", version.isLatest)
        writer.element("LastModified", object.lastModified)
        if !version.isDeleteMarker {
            writer.element(entityTag: object.entityTag)
            writer.element("Size", object.size)
        }
        object.owner?.write(to: &writer)
        writer.optionalElement("StorageClass", object.storageClass)
        writer.optionalElement("Metadata", object.metadata)
        writer.close(name)
    }
}

extension VersionListing: XMLReadable {
    /// Reads the root element; keys are decoded where the document says so.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(bucket: "")
        try reader.root("ListVersionsResult")
        while let name = try reader.child() {
            switch name {
            case "Version", "DeleteMarker":
                versions.append(try Version(children: &reader, of: name))
            case "CommonPrefixes": commonPrefixes.append(try reader.commonPrefix())
            case "Name": bucket = try reader.text()
            case "Prefix": prefix = try reader.text()
            case "KeyMarker": keyMarker = try reader.text()
            case "VersionIdMarker": versionIDMarker = try reader.text()
            case "NextKeyMarker": nextKeyMarker = try reader.nonEmptyText()
            case "NextVersionIdMarker": nextVersionIDMarker = try reader.nonEmptyText()
            case "MaxKeys": maxKeys = try reader.integer(name)
            case "Delimiter": delimiter = try reader.nonEmptyText()
            case "EncodingType": encodesKeys = try reader.text() == "url"
            case "IsTruncated": isTruncated = try reader.flag(name)
            default: try reader.skip()
            }
        }
        if encodesKeys { try decodeKeys() }
    }

    private mutating func decodeKeys() throws(XMLError) {
        prefix = try EncodedKey.decode(prefix, "Prefix")
        delimiter = try EncodedKey.decodeOptional(delimiter, "Delimiter")
        keyMarker = try EncodedKey.decode(keyMarker, "KeyMarker")
        nextKeyMarker = try EncodedKey.decodeOptional(nextKeyMarker, "NextKeyMarker")
        for index in versions.indices {
            versions[index].object.key = try EncodedKey.decode(versions[index].object.key, "Key")
        }
        for index in commonPrefixes.indices {
            commonPrefixes[index] = try EncodedKey.decode(commonPrefixes[index], "Prefix")
        }
    }
}

extension VersionListing.Version {
    fileprivate init(children reader: inout XMLReader, of element: String) throws(XMLError) {
        var versionID: String?
        var isLatest = false
        var object = ObjectListing.Entry.Fields()
        while let name = try reader.child() {
            switch name {
            case "VersionId": versionID = try reader.text()
            case "IsLatest": isLatest = try reader.flag(name)
            default: try object.read(name, from: &reader)
            }
        }
        self.init(
            object: try object.entry(),
            versionID: try XMLError.require(versionID, "VersionId"),
            isLatest: isLatest,
            isDeleteMarker: element == "DeleteMarker"
        )
    }
}
