/// `ObjectEncryption`: the KMS key that UpdateObjectEncryption gives an object.
public struct ObjectEncryption: Equatable, Sendable, XMLReadable {
    /// The KMS key's id.
    public var keyID: String
    /// Whether a bucket key wraps the object's key.
    public var bucketKeyEnabled = false

    /// Reads the root element: SSE-KMS alone may be asked for, with a key.
    public init(from reader: inout XMLReader) throws(XMLError) {
        var keyID: String?
        var hasMode = false
        self.keyID = ""
        try reader.root("ObjectEncryption")
        while let name = try reader.child() {
            guard name == "SSE-KMS", !hasMode else { throw .elementUnexpected(name) }
            hasMode = true
            while let name = try reader.child() {
                switch name {
                case "KMSKeyArn": keyID = try reader.nonEmptyText()
                case "BucketKeyEnabled": bucketKeyEnabled = try reader.flag(name)
                default: throw .elementUnexpected(name)
                }
            }
        }
        self.keyID = try XMLError.require(keyID, "KMSKeyArn")
    }
}
