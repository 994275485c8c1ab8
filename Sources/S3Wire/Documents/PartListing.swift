public import Encoding

/// `ListPartsResult`: the answer of ListParts.
public struct PartListing: Equatable, Sendable {
    /// One part.
    public struct Part: Equatable, Sendable {
        /// The part's number, 1...10,000.
        public var partNumber: Int
        /// When it was written.
        public var lastModified: Timestamp
        /// The ETag, without quotes.
        public var entityTag: String
        /// The size in bytes.
        public var size: UInt64
        /// Its checksums; the dialect has none.
        public var checksums: [ChecksumText]
        /// The part's attributes, base64url; in the dialect alone.
        public var attributes: String?

        /// A part from its parts.
        public init(
            partNumber: Int,
            lastModified: Timestamp,
            entityTag: String,
            size: UInt64,
            checksums: [ChecksumText] = [],
            attributes: String? = nil
        ) {
            self.partNumber = partNumber
            self.lastModified = lastModified
            self.entityTag = entityTag
            self.size = size
            self.checksums = checksums
            self.attributes = attributes
        }
    }

    /// The bucket's name.
    public var bucket: String
    /// The key.
    public var key: String
    /// The upload's id.
    public var uploadID: String
    /// Behind which part this page begins.
    public var partNumberMarker: Int
    /// The last part of this page: behind it the next page begins.
    public var nextPartNumberMarker: Int?
    /// How many parts were asked for at most.
    public var maxParts: Int
    /// Whether more follow.
    public var isTruncated: Bool
    /// The parts, by number.
    public var parts: [Part]
    /// The storage class; the dialect has none.
    public var storageClass: String?
    /// Who began the upload; the dialect has none.
    public var owner: Owner?
    /// The checksum algorithm that the upload named, where it did.
    public var checksumAlgorithm: ChecksumAlgorithm?
    /// The upload's metadata value, base64url; in the dialect alone.
    public var metadata: String?
    /// When the upload was begun; in the dialect alone.
    public var initiated: Timestamp?

    /// A page from its parts.
    public init(
        bucket: String,
        key: String,
        uploadID: String,
        partNumberMarker: Int = 0,
        nextPartNumberMarker: Int? = nil,
        maxParts: Int = 1000,
        isTruncated: Bool = false,
        parts: [Part] = [],
        storageClass: String? = nil,
        owner: Owner? = nil,
        checksumAlgorithm: ChecksumAlgorithm? = nil,
        metadata: String? = nil,
        initiated: Timestamp? = nil
    ) {
        self.bucket = bucket
        self.key = key
        self.uploadID = uploadID
        self.partNumberMarker = partNumberMarker
        self.nextPartNumberMarker = nextPartNumberMarker
        self.maxParts = maxParts
        self.isTruncated = isTruncated
        self.parts = parts
        self.storageClass = storageClass
        self.owner = owner
        self.checksumAlgorithm = checksumAlgorithm
        self.metadata = metadata
        self.initiated = initiated
    }
}

extension PartListing: XMLWritable {
    /// The whole document, UTF-8, in a buffer made for its size.
    public var xml: [UInt8] {
        var writer = XMLWriter(capacity: 1024 + 256 * parts.count)
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("ListPartsResult")
        writer.element("Bucket", bucket)
        writer.element("Key", key)
        writer.element("UploadId", uploadID)
        writer.optionalElement("Metadata", metadata)
        if let initiated { writer.element("Initiated", initiated) }
        owner?.write(to: &writer, as: "Initiator")
        owner?.write(to: &writer)
        writer.optionalElement("StorageClass", storageClass)
        writer.element("PartNumberMarker", partNumberMarker)
        if let nextPartNumberMarker {
            writer.element("NextPartNumberMarker", nextPartNumberMarker)
        }
        writer.element("MaxParts", maxParts)
        writer.optionalElement("ChecksumAlgorithm", checksumAlgorithm?.rawValue)
        writer.element("IsTruncated", isTruncated)
        for part in parts {
            writer.open("Part")
            writer.element("PartNumber", part.partNumber)
            writer.element("LastModified", part.lastModified)
            writer.element(entityTag: part.entityTag)
            writer.element("Size", part.size)
            for checksum in part.checksums { checksum.write(to: &writer) }
            writer.optionalElement("Attributes", part.attributes)
            writer.close("Part")
        }
        writer.close("ListPartsResult")
    }
}

extension PartListing: XMLReadable {
    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(bucket: "", key: "", uploadID: "")
        try reader.root("ListPartsResult")
        while let name = try reader.child() {
            switch name {
            case "Part": parts.append(try Part(children: &reader))
            case "Bucket": bucket = try reader.text()
            case "Key": key = try reader.text()
            case "UploadId": uploadID = try reader.text()
            case "Metadata": metadata = try reader.nonEmptyText()
            case "Initiated": initiated = try reader.time(name)
            case "Owner": owner = try Owner(children: &reader)
            case "StorageClass": storageClass = try reader.nonEmptyText()
            case "PartNumberMarker": partNumberMarker = try reader.integer(name)
            case "NextPartNumberMarker": nextPartNumberMarker = try reader.integer(name)
            case "MaxParts": maxParts = try reader.integer(name)
            case "ChecksumAlgorithm":
                checksumAlgorithm = ChecksumAlgorithm(rawValue: try reader.text())
            case "IsTruncated": isTruncated = try reader.flag(name)
            default: try reader.skip()
            }
        }
    }
}

extension PartListing.Part {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var partNumber: Int?
        var lastModified: Timestamp?
        self.init(
            partNumber: 0,
            lastModified: Timestamp(milliseconds: 0),
            entityTag: "",
            size: 0
        )
        while let name = try reader.child() {
            switch name {
            case "PartNumber": partNumber = try reader.integer(name)
            case "LastModified": lastModified = try reader.time(name)
            case "ETag": entityTag = try reader.entityTag()
            case "Size": size = try reader.number(name)
            case "Attributes": attributes = try reader.nonEmptyText()
            default:
                if let algorithm = ChecksumAlgorithm(elementName: name) {
                    checksums.append(ChecksumText(algorithm, try reader.text()))
                } else {
                    try reader.skip()
                }
            }
        }
        self.partNumber = try XMLError.require(partNumber, "PartNumber")
        self.lastModified = try XMLError.require(lastModified, "LastModified")
    }
}
