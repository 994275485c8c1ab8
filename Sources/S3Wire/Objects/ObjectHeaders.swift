internal import Encoding
public import HTTPWire

/// The headers that a write gives an object and that its reads show again.
public struct ObjectHeaders: Equatable, Sendable {
    /// One pair of user metadata.
    public struct UserMetadata: Equatable, Sendable {
        /// The name, lower case, without `x-amz-meta-`.
        public var name: String
        /// The value; several headers of one name are one value with commas.
        public var value: String

        /// A pair from its parts.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// `Content-Type`; `binary/octet-stream` where none was given.
    public var contentType: String
    /// `Content-Encoding`, without `aws-chunked`; `nil` where nothing is left.
    public var contentEncoding: String?
    /// `Content-Language`.
    public var contentLanguage: String?
    /// `Content-Disposition`.
    public var contentDisposition: String?
    /// `Cache-Control`.
    public var cacheControl: String?
    /// `Expires`, as sent.
    public var expires: String?
    /// `x-amz-website-redirect-location`.
    public var websiteRedirectLocation: String?
    /// `x-amz-storage-class`, `nil` for STANDARD.
    public var storageClass: String?
    /// User metadata in the order sent.
    public var userMetadata: [UserMetadata]

    /// What objects without a type are.
    public static let contentTypeDefault = "binary/octet-stream"
    /// The most user metadata, in bytes of names and values.
    public static let userMetadataBytesMax = 2048

    /// An object's headers from their parts.
    public init(
        contentType: String = ObjectHeaders.contentTypeDefault,
        userMetadata: [UserMetadata] = []
    ) {
        self.contentType = contentType
        self.userMetadata = userMetadata
    }

    /// Reads them from a request.
    ///
    /// - Throws: `InvalidArgument` for reserved names, values that aren't UTF-8, and user metadata
    ///   without a name; `MetadataTooLarge` over 2 KiB of user metadata, `InvalidStorageClass`.
    public init(_ fields: HTTPFields) throws(S3Error) {
        try Self.refuseReserved(fields)
        contentType = try Self.text("content-type", in: fields) ?? Self.contentTypeDefault
        contentEncoding = Self.withoutChunked(try Self.text("content-encoding", in: fields))
        contentLanguage = try Self.text("content-language", in: fields)
        contentDisposition = try Self.text("content-disposition", in: fields)
        cacheControl = try Self.text("cache-control", in: fields)
        expires = try Self.text("expires", in: fields)
        websiteRedirectLocation = try Self.text("x-amz-website-redirect-location", in: fields)
        storageClass = try Self.storageClass(in: fields)
        userMetadata = try Self.userMetadata(in: fields)
    }

    /// Adds the headers that GetObject and HeadObject show.
    public func append(to fields: inout HTTPFields) {
        fields.append("content-type", contentType)
        for (name, value) in [
            ("content-encoding", contentEncoding), ("content-language", contentLanguage),
            ("content-disposition", contentDisposition), ("cache-control", cacheControl),
            ("expires", expires), ("x-amz-website-redirect-location", websiteRedirectLocation),
            ("x-amz-storage-class", storageClass),
        ] {
            if let value { fields.append(name, value) }
        }
        for pair in userMetadata { fields.append("\(Self.userPrefix)\(pair.name)", pair.value) }
    }

    /// Refuses the names that Sealgate keeps for itself, in any request of a client.
    ///
    /// - Throws: `InvalidArgument`.
    public static func refuseReserved(_ fields: HTTPFields) throws(S3Error) {
        for index in 0..<fields.count where isReserved(fields, at: index) {
            let name = fields.name(at: index)
            throw .invalidArgument("The header name is reserved.", name: name, value: "")
        }
    }

    /// Whether the header at a position is Sealgate's own.
    private static func isReserved(_ fields: HTTPFields, at index: Int) -> Bool {
        fields.isName(startingWith: "x-", at: index)
            && (fields.isName(startingWith: "x-sealgate-", at: index)
                || fields.isName(startingWith: "x-amz-meta-sealgate", at: index))
    }
}

extension ObjectHeaders {
    private static let userPrefix: StaticString = "x-amz-meta-"
    private static let storageClasses: Set<String> = [
        "DEEP_ARCHIVE", "EXPRESS_ONEZONE", "FSX_OPENZFS", "GLACIER", "GLACIER_IR",
        "INTELLIGENT_TIERING", "ONEZONE_IA", "OUTPOSTS", "REDUCED_REDUNDANCY", "SNOW",
        "STANDARD_IA",
    ]

    /// The value of a header, joined where there are several; `nil` where absent or empty.
    private static func text(_ name: StaticString, in fields: HTTPFields) throws(S3Error) -> String?
    {
        var text: String?
        var index = fields.firstIndex(of: name)
        while let position = index {
            let value = try utf8(at: position, in: fields)
            text = text.map { $0 + "," + value } ?? value
            index = fields.firstIndex(of: name, from: position + 1)
        }
        return text?.isEmpty == true ? nil : text
    }

    private static func utf8(at index: Int, in fields: HTTPFields) throws(S3Error) -> String {
        guard let text = String(utf8: fields.valueBytes(at: index)) else {
            throw .invalidArgument(
                "The value of a header is not UTF-8.",
                name: fields.name(at: index),
                value: ""
            )
        }
        return text
    }

    private static func withoutChunked(_ text: String?) -> String? {
        guard let text else { return nil }
        let tokens = text.utf8.split(separator: UInt8(ascii: ",")).map {
            $0.drop { $0 == 0x20 || $0 == 0x09 }
        }
        let kept = tokens.map { token in
            var token = token
            while let last = token.last, last == 0x20 || last == 0x09 { token.removeLast() }
            return String(Substring(token))
        }
        .filter { !$0.isEmpty && $0.lowercased() != "aws-chunked" }
        return kept.isEmpty ? nil : kept.joined(separator: ",")
    }

    private static func storageClass(in fields: HTTPFields) throws(S3Error) -> String? {
        guard let name = try text("x-amz-storage-class", in: fields), name != "STANDARD" else {
            return nil
        }
        guard storageClasses.contains(name) else { throw S3Error(.invalidStorageClass) }
        return name
    }

    private static func userMetadata(in fields: HTTPFields) throws(S3Error) -> [UserMetadata] {
        var pairs: [UserMetadata] = []
        var byteCount = 0
        for index in 0..<fields.count where fields.isName(startingWith: userPrefix, at: index) {
            let bytes = fields.nameBytes(at: index).dropFirst(userPrefix.utf8CodeUnitCount)
            let name = String(decoding: bytes, as: UTF8.self)
            let value = try utf8(at: index, in: fields)
            guard !name.isEmpty else {
                throw .invalidArgument(
                    "User metadata has no name.",
                    name: "\(userPrefix)",
                    value: ""
                )
            }
            if let known = pairs.firstIndex(where: { $0.name == name }) {
                pairs[known].value += "," + value
                byteCount += value.utf8.count + 1
            } else {
                pairs.append(UserMetadata(name: name, value: value))
                byteCount += name.utf8.count + value.utf8.count
            }
        }
        guard byteCount <= userMetadataBytesMax else {
            throw S3Error(
                .metadataTooLarge,
                details: [
                    .init("Size", String(byteCount)),
                    .init("MaxSizeAllowed", String(userMetadataBytesMax)),
                ]
            )
        }
        return pairs
    }
}
