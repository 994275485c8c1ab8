/// `Delete`: the keys that DeleteObjects removes.
public struct DeletionRequest: Equatable, Sendable {
    /// One object to remove.
    public struct Object: Equatable, Sendable {
        /// The key.
        public var key: String
        /// The version, where one is named.
        public var versionID: String?
        /// The ETag, without quotes, that the object must have.
        public var entityTag: String?

        /// An object from its parts.
        public init(key: String, versionID: String? = nil, entityTag: String? = nil) {
            self.key = key
            self.versionID = versionID
            self.entityTag = entityTag
        }
    }

    /// The objects, 1 to 1,000.
    public var objects: [Object]
    /// Whether only failures are answered.
    public var isQuiet: Bool

    /// How many objects a request may name.
    public static let objectCountMax = 1000

    /// A request from its parts.
    public init(objects: [Object], isQuiet: Bool = false) {
        self.objects = objects
        self.isQuiet = isQuiet
    }
}

extension DeletionRequest: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("Delete")
        for object in objects {
            writer.open("Object")
            writer.element("Key", object.key)
            writer.optionalElement("VersionId", object.versionID)
            if let entityTag = object.entityTag { writer.element(entityTag: entityTag) }
            writer.close("Object")
        }
        if isQuiet { writer.element("Quiet", true) }
        writer.close("Delete")
    }
}

extension DeletionRequest: XMLReadable {
    /// Reads the root element.
    ///
    /// No object at all, or more than 1,000, are `.elementMissing` and `.elementUnexpected`.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(objects: [])
        try reader.root("Delete")
        while let name = try reader.child() {
            switch name {
            case "Object":
                guard objects.count < Self.objectCountMax else { throw .elementUnexpected(name) }
                objects.append(try Object(children: &reader))
            case "Quiet": isQuiet = try reader.flag(name)
            default: throw .elementUnexpected(name)
            }
        }
        guard !objects.isEmpty else { throw .elementMissing("Object") }
    }
}

extension DeletionRequest.Object {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var key: String?
        self.init(key: "")
        while let name = try reader.child() {
            switch name {
            case "Key": key = try reader.text()
            case "VersionId": versionID = try reader.nonEmptyText()
            case "ETag": entityTag = try reader.entityTag()
            // Conditions that aren't looked at must not be taken as kept.
            default: throw .elementUnexpected(name)
            }
        }
        self.key = try XMLError.require(key, "Key")
    }
}
