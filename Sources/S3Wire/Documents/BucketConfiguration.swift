/// `CreateBucketConfiguration`: the body of CreateBucket.
public struct BucketConfiguration: Equatable, Sendable, XMLReadable {
    /// The region that the bucket shall be in; `nil` where none is named.
    public var locationConstraint: String?

    /// A configuration from its parts.
    public init(locationConstraint: String? = nil) {
        self.locationConstraint = locationConstraint
    }

    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init()
        try reader.root("CreateBucketConfiguration")
        while let name = try reader.child() {
            if name == "LocationConstraint" {
                locationConstraint = try reader.nonEmptyText()
            } else {
                try reader.skip()
            }
        }
    }
}

/// `LocationConstraint`: the answer of GetBucketLocation.
public struct BucketLocation: Equatable, Sendable, XMLWritable {
    /// The region; us-east-1 is written as an empty element, as S3 does.
    public var region: String

    /// An answer for a region.
    public init(region: String) { self.region = region }

    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("LocationConstraint")
        if region != "us-east-1" { writer.append(text: region) }
        writer.close("LocationConstraint")
    }
}
