public import Encoding

/// The owner of a bucket or an object, as listings name it.
public struct Owner: Equatable, Sendable {
    /// The canonical id.
    public var id: String
    /// The name for people, where there is one.
    public var displayName: String?

    /// An owner from its parts.
    public init(id: String, displayName: String? = nil) {
        self.id = id
        self.displayName = displayName
    }

    func write(to writer: inout XMLWriter, as name: String = "Owner") {
        writer.open(name)
        writer.element("ID", id)
        writer.optionalElement("DisplayName", displayName)
        writer.close(name)
    }

    init(children reader: inout XMLReader) throws(XMLError) {
        self.init(id: "")
        while let name = try reader.child() {
            switch name {
            case "ID": id = try reader.text()
            case "DisplayName": displayName = try reader.text()
            default: try reader.skip()
            }
        }
    }
}

/// `ListAllMyBucketsResult`: the answer of ListBuckets.
public struct BucketListing: Equatable, Sendable {
    /// One bucket.
    public struct Bucket: Equatable, Sendable {
        /// The name.
        public var name: String
        /// When it was made.
        public var creationDate: Timestamp
        /// Its region; the dialect has none.
        public var region: String?

        /// A bucket from its parts.
        public init(name: String, creationDate: Timestamp, region: String? = nil) {
            self.name = name
            self.creationDate = creationDate
            self.region = region
        }
    }

    /// Whose buckets they are; the dialect has none.
    public var owner: Owner?
    /// The buckets, by name.
    public var buckets: [Bucket]
    /// The prefix asked for.
    public var prefix: String?
    /// Where the next page begins.
    public var continuationToken: String?

    /// A listing from its parts.
    public init(
        buckets: [Bucket],
        owner: Owner? = nil,
        prefix: String? = nil,
        continuationToken: String? = nil
    ) {
        self.buckets = buckets
        self.owner = owner
        self.prefix = prefix
        self.continuationToken = continuationToken
    }
}

extension BucketListing: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("ListAllMyBucketsResult")
        owner?.write(to: &writer)
        writer.open("Buckets")
        for bucket in buckets {
            writer.open("Bucket")
            writer.element("Name", bucket.name)
            writer.element("CreationDate", bucket.creationDate)
            writer.optionalElement("BucketRegion", bucket.region)
            writer.close("Bucket")
        }
        writer.close("Buckets")
        writer.optionalElement("ContinuationToken", continuationToken)
        writer.optionalElement("Prefix", prefix)
        writer.close("ListAllMyBucketsResult")
    }
}

extension BucketListing: XMLReadable {
    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(buckets: [])
        try reader.root("ListAllMyBucketsResult")
        while let name = try reader.child() {
            switch name {
            case "Owner": owner = try Owner(children: &reader)
            case "Buckets":
                while let member = try reader.child() {
                    guard member == "Bucket" else { throw .elementUnexpected(member) }
                    buckets.append(try Bucket(children: &reader))
                }
            case "ContinuationToken": continuationToken = try reader.nonEmptyText()
            case "Prefix": prefix = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }
    }
}

extension BucketListing.Bucket {
    init(children reader: inout XMLReader) throws(XMLError) {
        var name: String?
        var creationDate: Timestamp?
        var region: String?
        while let child = try reader.child() {
            switch child {
            case "Name": name = try reader.text()
            case "CreationDate": creationDate = try reader.time(child)
            case "BucketRegion": region = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }
        self.init(
            name: try XMLError.require(name, "Name"),
            creationDate: try XMLError.require(creationDate, "CreationDate"),
            region: region
        )
    }
}
