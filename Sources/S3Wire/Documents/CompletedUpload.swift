/// `CompleteMultipartUploadResult`: the answer of CompleteMultipartUpload.
public struct CompletedUpload: Equatable, Sendable {
    /// Where the object is, as a URL; the dialect has none.
    public var location: String?
    /// The bucket's name.
    public var bucket: String
    /// The key.
    public var key: String
    /// The ETag, without quotes.
    public var entityTag: String
    /// The object's checksums; the dialect has none.
    public var checksums: [ChecksumText]
    /// `COMPOSITE` or `FULL_OBJECT`, where there is a checksum.
    public var checksumType: String?

    /// An answer from its parts.
    public init(
        location: String? = nil,
        bucket: String,
        key: String,
        entityTag: String,
        checksums: [ChecksumText] = [],
        checksumType: String? = nil
    ) {
        self.location = location
        self.bucket = bucket
        self.key = key
        self.entityTag = entityTag
        self.checksums = checksums
        self.checksumType = checksumType
    }
}

extension CompletedUpload: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("CompleteMultipartUploadResult")
        writer.optionalElement("Location", location)
        writer.element("Bucket", bucket)
        writer.element("Key", key)
        writer.element(entityTag: entityTag)
        for checksum in checksums { checksum.write(to: &writer) }
        writer.optionalElement("ChecksumType", checksumType)
        writer.close("CompleteMultipartUploadResult")
    }
}

extension CompletedUpload: XMLReadable {
    /// Reads the root element.
    ///
    /// An `Error` document in its place, which comes with status 200 where the failure came late,
    /// is `.elementUnexpected("Error")`: read it as an `ErrorDocument` then.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(bucket: "", key: "", entityTag: "")
        try reader.root("CompleteMultipartUploadResult")
        while let name = try reader.child() {
            switch name {
            case "Location": location = try reader.nonEmptyText()
            case "Bucket": bucket = try reader.text()
            case "Key": key = try reader.text()
            case "ETag": entityTag = try reader.entityTag()
            case "ChecksumType": checksumType = try reader.nonEmptyText()
            default:
                if let algorithm = ChecksumAlgorithm(elementName: name) {
                    checksums.append(ChecksumText(algorithm, try reader.text()))
                } else {
                    try reader.skip()
                }
            }
        }
        guard !entityTag.isEmpty else { throw .elementMissing("ETag") }
    }
}
