internal import Encoding

extension ObjectListing: XMLReadable {
    /// Reads the root element of either version; keys are decoded where the document says so.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(bucket: "")
        var marks = Marks()
        try reader.root("ListBucketResult")
        while let name = try reader.child() {
            switch name {
            case "Contents": entries.append(try Entry(children: &reader))
            case "CommonPrefixes":
                commonPrefixes.append(try reader.commonPrefix())
            case "Name": bucket = try reader.text()
            case "Prefix": prefix = try reader.text()
            case "Delimiter": delimiter = try reader.nonEmptyText()
            case "MaxKeys": maxKeys = try reader.integer(name)
            case "EncodingType": encodesKeys = try reader.text() == "url"
            case "IsTruncated": isTruncated = try reader.flag(name)
            default: try marks.read(name, from: &reader)
            }
        }
        paging = marks.paging
        if encodesKeys { try decodeKeys() }
    }

    private struct Marks {
        var marker: String?
        var nextMarker: String?
        var startAfter: String?
        var token: String?
        var nextToken: String?

        mutating func read(_ name: String, from reader: inout XMLReader) throws(XMLError) {
            switch name {
            case "Marker": marker = try reader.text()
            case "NextMarker": nextMarker = try reader.nonEmptyText()
            case "StartAfter": startAfter = try reader.nonEmptyText()
            case "ContinuationToken": token = try reader.nonEmptyText()
            case "NextContinuationToken": nextToken = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }

        var paging: Paging {
            guard let marker else {
                return .version2(startAfter: startAfter, token: token, nextToken: nextToken)
            }
            return .version1(marker: marker, next: nextMarker)
        }
    }

    private mutating func decodeKeys() throws(XMLError) {
        prefix = try EncodedKey.decode(prefix, "Prefix")
        delimiter = try EncodedKey.decodeOptional(delimiter, "Delimiter")
        switch paging {
        case .version1(let marker, let next):
            paging = .version1(
                marker: try EncodedKey.decode(marker, "Marker"),
                next: try EncodedKey.decodeOptional(next, "NextMarker")
            )
        case .version2(let startAfter, let token, let nextToken):
            paging = .version2(
                startAfter: try EncodedKey.decodeOptional(startAfter, "StartAfter"),
                token: token,
                nextToken: nextToken
            )
        }
        for index in entries.indices {
            entries[index].key = try EncodedKey.decode(entries[index].key, "Key")
        }
        for index in commonPrefixes.indices {
            commonPrefixes[index] = try EncodedKey.decode(commonPrefixes[index], "Prefix")
        }
    }
}

extension ObjectListing.Entry {
    /// The elements of an entry as they come.
    struct Fields {
        private var key: String?
        private var lastModified: Timestamp?
        private var rest = ObjectListing.Entry(
            key: "",
            lastModified: Timestamp(milliseconds: 0),
            entityTag: "",
            size: 0
        )

        /// Reads the element of that name; what isn't known is skipped.
        mutating func read(_ name: String, from reader: inout XMLReader) throws(XMLError) {
            switch name {
            case "Key": key = try reader.text()
            case "LastModified": lastModified = try reader.time(name)
            case "ETag": rest.entityTag = try reader.entityTag()
            case "Size": rest.size = try reader.number(name)
            case "StorageClass": rest.storageClass = try reader.nonEmptyText()
            case "Owner": rest.owner = try Owner(children: &reader)
            case "Metadata": rest.metadata = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }

        /// The entry of all that was read.
        func entry() throws(XMLError) -> ObjectListing.Entry {
            var entry = rest
            entry.key = try XMLError.require(key, "Key")
            entry.lastModified = try XMLError.require(lastModified, "LastModified")
            return entry
        }
    }

    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var fields = Fields()
        while let name = try reader.child() { try fields.read(name, from: &reader) }
        self = try fields.entry()
    }
}

extension XMLReader {
    /// The `Prefix` of the current `CommonPrefixes` element.
    mutating func commonPrefix() throws(XMLError) -> String {
        var prefix: String?
        while let name = try child() {
            if name == "Prefix" { prefix = try text() } else { try skip() }
        }
        return try XMLError.require(prefix, "Prefix")
    }
}

/// Keys as `encoding-type=url` spells them.
enum EncodedKey {
    /// The key; S3 writes a space as `+` there, and a plus sign always as `%2B`.
    static func decode(_ text: String, _ element: String) throws(XMLError) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") })
        else { return text }
        guard let bytes = PercentEncoding.decode(text.utf8, plusIsSpace: true),
            let key = String(utf8: bytes)
        else { throw .valueInvalid(element) }
        return key
    }

    static func decodeOptional(_ text: String?, _ element: String) throws(XMLError) -> String? {
        guard let text else { return nil }
        return try decode(text, element)
    }
}
