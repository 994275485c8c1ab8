/// `InitiateMultipartUploadResult`: the answer of CreateMultipartUpload.
public struct InitiatedUpload: Equatable, Sendable {
    /// The bucket's name.
    public var bucket: String
    /// The key.
    public var key: String
    /// The upload's id.
    public var uploadID: String

    /// An answer from its parts.
    public init(bucket: String, key: String, uploadID: String) {
        self.bucket = bucket
        self.key = key
        self.uploadID = uploadID
    }
}

extension InitiatedUpload: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("InitiateMultipartUploadResult")
        writer.element("Bucket", bucket)
        writer.element("Key", key)
        writer.element("UploadId", uploadID)
        writer.close("InitiateMultipartUploadResult")
    }
}

extension InitiatedUpload: XMLReadable {
    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(bucket: "", key: "", uploadID: "")
        try reader.root("InitiateMultipartUploadResult")
        while let name = try reader.child() {
            switch name {
            case "Bucket": bucket = try reader.text()
            case "Key": key = try reader.text()
            case "UploadId": uploadID = try reader.text()
            default: try reader.skip()
            }
        }
        guard !uploadID.isEmpty else { throw .elementMissing("UploadId") }
    }
}
