/// `PostResponse`: the answer to a form that asks for 201.
public struct PostedObject: Equatable, Sendable, XMLWritable {
    /// The object's URL.
    public var location: String
    /// The bucket.
    public var bucket: String
    /// The object's key.
    public var key: String
    /// The ETag, without quotes.
    public var entityTag: String

    /// An answer from its parts.
    public init(location: String, bucket: String, key: String, entityTag: String) {
        self.location = location
        self.bucket = bucket
        self.key = key
        self.entityTag = entityTag
    }

    /// Writes `PostResponse`, which has no namespace.
    public func write(to writer: inout XMLWriter) {
        writer.open("PostResponse")
        writer.element("Location", location)
        writer.element("Bucket", bucket)
        writer.element("Key", key)
        writer.element(entityTag: entityTag)
        writer.close("PostResponse")
    }
}
