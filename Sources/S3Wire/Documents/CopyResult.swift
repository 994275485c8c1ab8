public import Encoding

/// `CopyObjectResult` and `CopyPartResult`: the answers of CopyObject and UploadPartCopy.
public struct CopyResult: Equatable, Sendable, XMLWritable {
    /// Whether the copy is a part.
    public var isPart: Bool
    /// The ETag, without quotes.
    public var entityTag: String
    /// When the copy was written.
    public var lastModified: Timestamp
    /// The copy's checksums.
    public var checksums: [ChecksumText]

    /// An answer from its parts.
    public init(
        isPart: Bool = false,
        entityTag: String,
        lastModified: Timestamp,
        checksums: [ChecksumText] = []
    ) {
        self.isPart = isPart
        self.entityTag = entityTag
        self.lastModified = lastModified
        self.checksums = checksums
    }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        let root = isPart ? "CopyPartResult" : "CopyObjectResult"
        writer.openRoot(root)
        writer.element("LastModified", lastModified)
        writer.element(entityTag: entityTag)
        for checksum in checksums { checksum.write(to: &writer) }
        writer.close(root)
    }
}
