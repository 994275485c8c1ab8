internal import Encoding

/// `CompleteMultipartUpload`: which parts make the object.
public struct CompletionRequest: Equatable, Sendable {
    /// A part that the object is made of.
    public struct Part: Equatable, Sendable {
        /// The part's number as sent; 1...10,000 is the reader's to check.
        public var partNumber: Int
        /// The ETag, without quotes.
        public var entityTag: String
        /// The checksums given with it.
        public var checksums: [ChecksumText]

        /// A part from its parts.
        public init(partNumber: Int, entityTag: String, checksums: [ChecksumText] = []) {
            self.partNumber = partNumber
            self.entityTag = entityTag
            self.checksums = checksums
        }
    }

    /// The parts in the order sent, at most 10,000.
    public var parts: [Part]
    /// The object's part table; in the dialect alone, where it goes as base64.
    public var table: [UInt8]?

    /// How many parts a request may name.
    public static let partCountMax = 10_000

    /// A request from its parts.
    public init(parts: [Part], table: [UInt8]? = nil) {
        self.parts = parts
        self.table = table
    }

    /// Checks what S3 asks of the list before any part is looked at.
    ///
    /// - Throws: `InvalidRequest` for an empty list, `InvalidPartOrder` where numbers don't
    ///   ascend, `InvalidArgument` for a number outside 1...10,000.
    public func validate() throws(S3Error) {
        guard !parts.isEmpty else {
            throw S3Error(.invalidRequest, "You must specify at least one part")
        }
        var last = 0
        for part in parts {
            guard (1...Self.partCountMax).contains(part.partNumber) else {
                throw .invalidArgument(
                    "PartNumber must be >= 1 and <= 10000",
                    name: "PartNumber",
                    value: String(part.partNumber)
                )
            }
            guard part.partNumber > last else { throw S3Error(.invalidPartOrder) }
            last = part.partNumber
        }
    }
}

extension CompletionRequest: XMLWritable {
    /// The whole document, UTF-8, in a buffer made for its size.
    public var xml: [UInt8] {
        var writer = XMLWriter(capacity: 512 + 128 * parts.count + 2 * (table?.count ?? 0))
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("CompleteMultipartUpload")
        for part in parts {
            writer.open("Part")
            writer.element("PartNumber", part.partNumber)
            writer.element(entityTag: part.entityTag)
            for checksum in part.checksums { checksum.write(to: &writer) }
            writer.close("Part")
        }
        if let table { writer.element("SealgateTable", Base64.encode(table)) }
        writer.close("CompleteMultipartUpload")
    }
}

extension CompletionRequest: XMLReadable {
    /// Reads the root element; an element `SealgateTable` is the dialect's.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(parts: [])
        try reader.root("CompleteMultipartUpload")
        while let name = try reader.child() {
            switch name {
            case "Part":
                guard parts.count < Self.partCountMax else { throw .elementUnexpected(name) }
                parts.append(try Part(children: &reader))
            case "SealgateTable":
                guard table == nil else { throw .elementUnexpected(name) }
                guard let bytes = Base64.decode(try reader.text()) else {
                    throw .valueInvalid(name)
                }
                table = bytes
            default: throw .elementUnexpected(name)
            }
        }
    }
}

extension CompletionRequest.Part {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var partNumber: Int?
        var entityTag: String?
        var checksums: [ChecksumText] = []
        while let name = try reader.child() {
            switch name {
            case "PartNumber": partNumber = try reader.integer(name)
            case "ETag": entityTag = try reader.entityTag()
            default:
                if let algorithm = ChecksumAlgorithm(elementName: name) {
                    checksums.append(ChecksumText(algorithm, try reader.text()))
                } else {
                    try reader.skip()
                }
            }
        }
        self.init(
            partNumber: try XMLError.require(partNumber, "PartNumber"),
            entityTag: try XMLError.require(entityTag, "ETag"),
            checksums: checksums
        )
    }
}
