public import Encoding

/// `ListMultipartUploadsResult`: the answer of ListMultipartUploads.
///
/// Keys, prefixes and markers stand decoded in it whatever `encodesKeys` says.
public struct UploadListing: Equatable, Sendable {
    /// One open upload.
    public struct Upload: Equatable, Sendable {
        /// The key.
        public var key: String
        /// The upload's id.
        public var uploadID: String
        /// When it was begun.
        public var initiated: Timestamp
        /// The storage class; the dialect has none.
        public var storageClass: String?
        /// Who began it; the dialect has none.
        public var owner: Owner?
        /// The upload's metadata value, base64url; in the dialect alone.
        public var metadata: String?

        /// An upload from its parts.
        public init(
            key: String,
            uploadID: String,
            initiated: Timestamp,
            storageClass: String? = nil,
            owner: Owner? = nil,
            metadata: String? = nil
        ) {
            self.key = key
            self.uploadID = uploadID
            self.initiated = initiated
            self.storageClass = storageClass
            self.owner = owner
            self.metadata = metadata
        }
    }

    /// The bucket's name.
    public var bucket: String
    /// The prefix that all keys have.
    public var prefix: String
    /// The delimiter, `nil` where none was asked for.
    public var delimiter: String?
    /// Behind which key this page begins.
    public var keyMarker: String
    /// Behind which upload of that key this page begins.
    public var uploadIDMarker: String
    /// Behind which key the next page begins.
    public var nextKeyMarker: String?
    /// Behind which upload of that key the next page begins.
    public var nextUploadIDMarker: String?
    /// How many entries were asked for at most.
    public var maxUploads: Int
    /// Whether the document spells keys percent-encoded (`encoding-type=url`).
    public var encodesKeys: Bool
    /// Whether more follow.
    public var isTruncated: Bool
    /// The uploads, by key and then by time.
    public var uploads: [Upload]
    /// The common prefixes, by their UTF-8 bytes.
    public var commonPrefixes: [String]

    /// A page from its parts.
    public init(
        bucket: String,
        prefix: String = "",
        delimiter: String? = nil,
        keyMarker: String = "",
        uploadIDMarker: String = "",
        nextKeyMarker: String? = nil,
        nextUploadIDMarker: String? = nil,
        maxUploads: Int = 1000,
        encodesKeys: Bool = false,
        isTruncated: Bool = false,
        uploads: [Upload] = [],
        commonPrefixes: [String] = []
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.keyMarker = keyMarker
        self.uploadIDMarker = uploadIDMarker
        self.nextKeyMarker = nextKeyMarker
        self.nextUploadIDMarker = nextUploadIDMarker
        self.maxUploads = maxUploads
        self.encodesKeys = encodesKeys
        self.isTruncated = isTruncated
        self.uploads = uploads
        self.commonPrefixes = commonPrefixes
    }
}

extension UploadListing: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("ListMultipartUploadsResult")
        writer.element("Bucket", bucket)
        writer.element("KeyMarker", key: keyMarker, encoded: encodesKeys)
        writer.element("UploadIdMarker", uploadIDMarker)
        if let nextKeyMarker {
            writer.element("NextKeyMarker", key: nextKeyMarker, encoded: encodesKeys)
        }
        writer.optionalElement("NextUploadIdMarker", nextUploadIDMarker)
        writer.element("Prefix", key: prefix, encoded: encodesKeys)
        if let delimiter { writer.element("Delimiter", key: delimiter, encoded: encodesKeys) }
        if encodesKeys { writer.element("EncodingType", "url") }
        writer.element("MaxUploads", maxUploads)
        writer.element("IsTruncated", isTruncated)
        for upload in uploads {
            writer.open("Upload")
            writer.element("Key", key: upload.key, encoded: encodesKeys)
            writer.element("UploadId", upload.uploadID)
            upload.owner?.write(to: &writer, as: "Initiator")
            upload.owner?.write(to: &writer)
            writer.optionalElement("StorageClass", upload.storageClass)
            writer.element("Initiated", upload.initiated)
            writer.optionalElement("Metadata", upload.metadata)
            writer.close("Upload")
        }
        for prefix in commonPrefixes {
            writer.open("CommonPrefixes")
            writer.element("Prefix", key: prefix, encoded: encodesKeys)
            writer.close("CommonPrefixes")
        }
        writer.close("ListMultipartUploadsResult")
    }
}

extension UploadListing: XMLReadable {
    /// Reads the root element; keys are decoded where the document says so.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(bucket: "")
        try reader.root("ListMultipartUploadsResult")
        while let name = try reader.child() {
            switch name {
            case "Upload": uploads.append(try Upload(children: &reader))
            case "CommonPrefixes": commonPrefixes.append(try reader.commonPrefix())
            case "Bucket": bucket = try reader.text()
            case "KeyMarker": keyMarker = try reader.text()
            case "UploadIdMarker": uploadIDMarker = try reader.text()
            case "NextKeyMarker": nextKeyMarker = try reader.nonEmptyText()
            case "NextUploadIdMarker": nextUploadIDMarker = try reader.nonEmptyText()
            case "Prefix": prefix = try reader.text()
            case "Delimiter": delimiter = try reader.nonEmptyText()
            case "EncodingType": encodesKeys = try reader.text() == "url"
            case "MaxUploads": maxUploads = try reader.integer(name)
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
        for index in uploads.indices {
            uploads[index].key = try EncodedKey.decode(uploads[index].key, "Key")
        }
        for index in commonPrefixes.indices {
            commonPrefixes[index] = try EncodedKey.decode(commonPrefixes[index], "Prefix")
        }
    }
}

extension UploadListing.Upload {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var key: String?
        var uploadID: String?
        var initiated: Timestamp?
        self.init(key: "", uploadID: "", initiated: Timestamp(milliseconds: 0))
        while let name = try reader.child() {
            switch name {
            case "Key": key = try reader.text()
            case "UploadId": uploadID = try reader.text()
            case "Initiated": initiated = try reader.time(name)
            case "StorageClass": storageClass = try reader.nonEmptyText()
            case "Owner": owner = try Owner(children: &reader)
            case "Metadata": metadata = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }
        self.key = try XMLError.require(key, "Key")
        self.uploadID = try XMLError.require(uploadID, "UploadId")
        self.initiated = try XMLError.require(initiated, "Initiated")
    }
}
