public import HTTPWire

/// `GetObjectAttributesResponse`: what GetObjectAttributes was asked for.
public struct ObjectAttributesListing: Equatable, Sendable, XMLWritable {
    /// What a request may ask for.
    public enum Attribute: String, CaseIterable, Sendable {
        /// The checksum.
        case checksum = "Checksum"
        /// The ETag.
        case entityTag = "ETag"
        /// The parts of an object in parts.
        case objectParts = "ObjectParts"
        /// The length.
        case objectSize = "ObjectSize"
        /// The storage class.
        case storageClass = "StorageClass"
    }

    /// A page of an object's parts.
    public struct Parts: Equatable, Sendable {
        /// The number and length of each part of the page, ascending.
        public var parts: [(number: Int, size: Int)]
        /// How many parts the object has.
        public var totalCount: Int
        /// The number behind which the page begins.
        public var marker: Int
        /// The most parts of a page.
        public var countMax: Int
        /// Whether more follow.
        public var isTruncated: Bool

        /// The page behind `marker` of all of an object's parts.
        public init(_ all: [(number: Int, size: Int)], after marker: Int, countMax: Int) {
            let rest = all.filter { $0.number > marker }
            parts = Array(rest.prefix(countMax))
            totalCount = all.count
            self.marker = marker
            self.countMax = countMax
            isTruncated = rest.count > countMax
        }

        /// Compares all of a page.
        public static func == (left: Parts, right: Parts) -> Bool {
            left.totalCount == right.totalCount && left.marker == right.marker
                && left.countMax == right.countMax && left.isTruncated == right.isTruncated
                && left.parts.elementsEqual(right.parts, by: ==)
        }
    }

    /// The ETag, without quotes; `nil` where it wasn't asked for.
    public var entityTag: String?
    /// The checksums; with their type, where there is one.
    public var checksums: [ChecksumText] = []
    /// What the checksums are over.
    public var checksumType: ChecksumType?
    /// The parts.
    public var parts: Parts?
    /// The storage class.
    public var storageClass: String?
    /// The length in bytes.
    public var objectSize: Int?

    /// An answer that says nothing yet.
    public init() {}

    /// What a request's `x-amz-object-attributes` asks for.
    ///
    /// - Throws: `InvalidRequest` where it is missing or empty, `InvalidArgument` for other names.
    public static func wanted(_ fields: HTTPFields) throws(S3Error) -> Set<Attribute> {
        let name = "x-amz-object-attributes"
        var wanted: Set<Attribute> = []
        for value in fields.values(of: name) {
            for item in value.split(separator: ",") {
                let text = item.filter { $0 != " " && $0 != "\t" }
                guard let attribute = Attribute(rawValue: text) else {
                    throw .invalidArgument(
                        "Invalid attribute name specified.",
                        name: name,
                        value: text
                    )
                }
                wanted.insert(attribute)
            }
        }
        guard !wanted.isEmpty else {
            throw S3Error(
                .invalidRequest,
                "The x-amz-object-attributes header specifying the attributes to be retrieved is "
                    + "either missing or empty"
            )
        }
        return wanted
    }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("GetObjectAttributesResponse")
        // Without quotes, here alone.
        writer.optionalElement("ETag", entityTag)
        if !checksums.isEmpty {
            writer.open("Checksum")
            for checksum in checksums { checksum.write(to: &writer) }
            writer.optionalElement("ChecksumType", checksumType?.rawValue)
            writer.close("Checksum")
        }
        if let parts { write(parts, to: &writer) }
        writer.optionalElement("StorageClass", storageClass)
        if let objectSize { writer.element("ObjectSize", objectSize) }
        writer.close("GetObjectAttributesResponse")
    }

    private func write(_ page: Parts, to writer: inout XMLWriter) {
        writer.open("ObjectParts")
        writer.element("PartsCount", page.totalCount)
        writer.element("PartNumberMarker", page.marker)
        if let last = page.parts.last { writer.element("NextPartNumberMarker", last.number) }
        writer.element("MaxParts", page.countMax)
        writer.element("IsTruncated", page.isTruncated)
        for part in page.parts {
            writer.open("Part")
            writer.element("PartNumber", part.number)
            writer.element("Size", part.size)
            writer.close("Part")
        }
        writer.close("ObjectParts")
    }
}
