internal import Encoding
public import HTTPWire

/// The tags of an object: `x-amz-tagging`, and the document of Get and PutObjectTagging.
public struct ObjectTags: Equatable, Sendable {
    /// One tag.
    public struct Tag: Hashable, Sendable {
        /// The key, 1 to 128 characters.
        public var key: String
        /// The value, up to 256 characters.
        public var value: String

        /// A tag from its parts.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The most tags of an object.
    public static let countMax = 10
    /// The longest key in characters, as UTF-16 counts them.
    public static let keyCountMax = 128
    /// The longest value in characters.
    public static let valueCountMax = 256

    /// The tags in the order given.
    public var tags: [Tag]

    /// Tags as they were stored.
    public init(_ tags: [Tag]) { self.tags = tags }

    /// The tags of `x-amz-tagging`, pairs as in a query; none where the header isn't there.
    ///
    /// - Throws: `InvalidArgument` for text that is no such pairs, `InvalidTag`, `BadRequest`.
    public init(_ fields: HTTPFields) throws(S3Error) {
        let name = "x-amz-tagging"
        guard let text = fields[name], !text.isEmpty else {
            tags = []
            return
        }
        guard fields.occurrences(of: name) == 1, let pairs = Self.pairs(text) else {
            throw .invalidArgument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                    + "parameters without tag name duplicates.",
                name: name,
                value: text
            )
        }
        tags = pairs
        try validate()
    }

    private static func pairs(_ text: String) -> [Tag]? {
        var tags: [Tag] = []
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let texts = halves.map { half in
                PercentEncoding.decode(half, plusIsSpace: true).flatMap { String(utf8: $0) }
            }
            guard let first = texts.first, let key = first else { return nil }
            guard let value = texts.count > 1 ? texts[1] : "" else { return nil }
            guard !tags.contains(where: { $0.key == key }) else { return nil }
            tags.append(Tag(key: key, value: value))
        }
        return tags
    }

    /// Refuses tags that S3 doesn't take.
    ///
    /// - Throws: `BadRequest` for more than 10, `InvalidTag` for a key or value that is too long,
    ///   has other characters, stands twice or is the system's.
    public func validate() throws(S3Error) {
        guard tags.count <= Self.countMax else {
            throw S3Error(.badRequest, "Object tags cannot be greater than \(Self.countMax)")
        }
        var seen: Set<String> = []
        for tag in tags {
            guard (1...Self.keyCountMax).contains(tag.key.utf16.count), Self.isPlain(tag.key) else {
                throw Self.invalid("The TagKey you have provided is invalid", tag)
            }
            guard tag.value.utf16.count <= Self.valueCountMax, Self.isPlain(tag.value) else {
                throw Self.invalid("The TagValue you have provided is invalid", tag)
            }
            guard !tag.key.lowercased().hasPrefix("aws:") else {
                throw Self.invalid("System tags cannot be added/updated by requester", tag)
            }
            guard seen.insert(tag.key).inserted else {
                throw Self.invalid("Cannot provide multiple Tags with the same key", tag)
            }
        }
    }

    private static func invalid(_ message: String, _ tag: Tag) -> S3Error {
        S3Error(.invalidTag, message, details: [.init("TagKey", tag.key)])
    }

    /// Letters, digits and spaces of any script, and `+ - = . _ : / @`.
    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "+", "-", "=", ".", "_", ":", "/", "@": return true
            default: break
            }
            switch scalar.properties.generalCategory {
            case .decimalNumber, .letterNumber, .lowercaseLetter, .modifierLetter,
                .nonspacingMark, .otherLetter, .otherNumber, .spaceSeparator, .spacingMark,
                .titlecaseLetter, .uppercaseLetter:
                return true
            default: return false
            }
        }
    }
}

extension ObjectTags: XMLWritable {
    /// Writes `Tagging`.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("Tagging")
        writer.open("TagSet")
        for tag in tags {
            writer.open("Tag")
            writer.element("Key", tag.key)
            writer.element("Value", tag.value)
            writer.close("Tag")
        }
        writer.close("TagSet")
        writer.close("Tagging")
    }
}

extension ObjectTags: XMLReadable {
    /// Reads `Tagging`; what S3 doesn't take of it is for `validate` to say.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init([])
        var hasSet = false
        try reader.root("Tagging")
        while let name = try reader.child() {
            guard name == "TagSet", !hasSet else { throw .elementUnexpected(name) }
            hasSet = true
            while let name = try reader.child() {
                guard name == "Tag" else { throw .elementUnexpected(name) }
                tags.append(try Tag(children: &reader))
            }
        }
        guard hasSet else { throw .elementMissing("TagSet") }
    }
}

extension ObjectTags.Tag {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var key: String?
        var value: String?
        while let name = try reader.child() {
            switch name {
            case "Key": key = try reader.text()
            case "Value": value = try reader.text()
            default: throw .elementUnexpected(name)
            }
        }
        self.init(
            key: try XMLError.require(key, "Key"),
            value: try XMLError.require(value, "Value")
        )
    }
}
