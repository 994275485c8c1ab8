/// What a listing asks for, checked: the parameters of the four operations that page.
public enum ListParameters {
    /// The most entries that a page of a client has.
    public static let countMax = 1000

    /// Reads a count, as `max-keys`: absent is `limit`, more is clipped to it.
    ///
    /// - Throws: `InvalidArgument` for what isn't 0...2,147,483,647.
    static func count(
        _ name: String,
        in query: S3Query,
        limit: Int = countMax
    ) throws(S3Error) -> Int {
        guard let text = query[name], !text.isEmpty else { return limit }
        guard let value = DecimalText.integer(text.utf8), value <= 2_147_483_647 else {
            throw .invalidArgument(
                "Provided \(name) not an integer or within integer range",
                name: name,
                value: text
            )
        }
        return min(value, limit)
    }

    /// Reads `encoding-type`.
    ///
    /// - Throws: `InvalidArgument` for anything but `url`.
    static func encodesKeys(_ query: S3Query) throws(S3Error) -> Bool {
        guard let text = query["encoding-type"], !text.isEmpty else { return false }
        guard text == "url" else {
            throw .invalidArgument(
                "Invalid Encoding Method specified in Request",
                name: "encoding-type",
                value: text
            )
        }
        return true
    }

    /// A parameter's value, `nil` where it is absent or empty.
    static func nonEmpty(_ name: String, in query: S3Query) -> String? {
        guard let value = query[name], !value.isEmpty else { return nil }
        return value
    }
}

/// The parameters of ListObjects, version 1 or 2.
public struct ObjectListParameters: Equatable, Sendable {
    /// Where the page begins.
    public enum Start: Equatable, Sendable {
        /// Version 1: behind this marker, which may be empty.
        case version1(marker: String)
        /// Version 2: behind the token where there is one, else behind `startAfter`.
        case version2(startAfter: String?, token: String?)
    }

    /// The prefix that all keys must have; may be empty.
    public var prefix: String
    /// The delimiter, `nil` where none or an empty one was given.
    public var delimiter: String?
    /// The most entries wanted, 0...1,000.
    public var maxKeys: Int
    /// Whether the answer spells keys percent-encoded.
    public var encodesKeys: Bool
    /// Whether each entry names its owner: version 1 always does.
    public var fetchesOwner: Bool
    /// Where the page begins.
    public var start: Start

    /// Reads the query of ListObjectsV2 where `list-type=2` is in it, else of ListObjects.
    ///
    /// - Throws: `InvalidArgument`.
    public init(_ query: S3Query) throws(S3Error) {
        prefix = query["prefix"] ?? ""
        delimiter = ListParameters.nonEmpty("delimiter", in: query)
        maxKeys = try ListParameters.count("max-keys", in: query)
        encodesKeys = try ListParameters.encodesKeys(query)
        guard query["list-type"] == "2" else {
            fetchesOwner = true
            start = .version1(marker: query["marker"] ?? "")
            return
        }
        fetchesOwner = query["fetch-owner"]?.lowercased() == "true"
        let token = query["continuation-token"]
        if token?.isEmpty == true {
            throw .invalidArgument(
                "The continuation token provided is incorrect",
                name: "continuation-token",
                value: ""
            )
        }
        start = .version2(
            startAfter: ListParameters.nonEmpty("start-after", in: query),
            token: token
        )
    }
}

/// The parameters of ListMultipartUploads.
public struct UploadListParameters: Equatable, Sendable {
    /// The prefix that all keys must have; may be empty.
    public var prefix: String
    /// The delimiter, `nil` where none or an empty one was given.
    public var delimiter: String?
    /// Behind which key the page begins; may be empty.
    public var keyMarker: String
    /// Behind which upload of that key; without a key marker it means nothing and is empty.
    public var uploadIDMarker: String
    /// The most entries wanted, 0...1,000.
    public var maxUploads: Int
    /// Whether the answer spells keys percent-encoded.
    public var encodesKeys: Bool

    /// Reads a query.
    ///
    /// - Throws: `InvalidArgument`.
    public init(_ query: S3Query) throws(S3Error) {
        prefix = query["prefix"] ?? ""
        delimiter = ListParameters.nonEmpty("delimiter", in: query)
        keyMarker = query["key-marker"] ?? ""
        uploadIDMarker = keyMarker.isEmpty ? "" : query["upload-id-marker"] ?? ""
        maxUploads = try ListParameters.count("max-uploads", in: query)
        encodesKeys = try ListParameters.encodesKeys(query)
    }
}

/// The parameters of ListObjectVersions.
public struct VersionListParameters: Equatable, Sendable {
    /// The prefix that all keys must have; may be empty.
    public var prefix: String
    /// The delimiter, `nil` where none or an empty one was given.
    public var delimiter: String?
    /// Behind which key the page begins; may be empty.
    public var keyMarker: String
    /// Behind which version of that key; `nil` for all of them.
    public var versionIDMarker: String?
    /// The most entries wanted, 0...1,000.
    public var maxKeys: Int
    /// Whether the answer spells keys percent-encoded.
    public var encodesKeys: Bool

    /// Reads a query.
    ///
    /// - Throws: `InvalidArgument`, also for a version's marker without a key's.
    public init(_ query: S3Query) throws(S3Error) {
        prefix = query["prefix"] ?? ""
        delimiter = ListParameters.nonEmpty("delimiter", in: query)
        keyMarker = query["key-marker"] ?? ""
        versionIDMarker = ListParameters.nonEmpty("version-id-marker", in: query)
        if let versionIDMarker, keyMarker.isEmpty {
            throw .invalidArgument(
                "A version-id marker cannot be specified without a key marker.",
                name: "version-id-marker",
                value: versionIDMarker
            )
        }
        maxKeys = try ListParameters.count("max-keys", in: query)
        encodesKeys = try ListParameters.encodesKeys(query)
    }
}

/// The parameters of ListParts.
public struct PartListParameters: Equatable, Sendable {
    /// The upload's id.
    public var uploadID: String
    /// Behind which part the page begins; 0 for the first.
    public var partNumberMarker: Int
    /// The most parts wanted, 0 to the limit.
    public var maxParts: Int

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - query: the request's.
    ///   - limit: the most parts on a page: 1,000 for clients, 10,000 in the dialect.
    /// - Throws: `InvalidArgument`.
    public init(_ query: S3Query, limit: Int = ListParameters.countMax) throws(S3Error) {
        uploadID = query["uploadId"] ?? ""
        maxParts = try ListParameters.count("max-parts", in: query, limit: limit)
        partNumberMarker = try ListParameters.count(
            "part-number-marker",
            in: query,
            limit: 2_147_483_647
        )
        if ListParameters.nonEmpty("part-number-marker", in: query) == nil { partNumberMarker = 0 }
    }
}

/// The number of a part in a query.
public enum PartNumber {
    /// Reads `partNumber`; `nil` where it is absent.
    ///
    /// - Throws: `InvalidArgument` for anything but 1...10,000.
    public static func read(_ query: S3Query) throws(S3Error) -> Int? {
        guard let text = query["partNumber"] else { return nil }
        guard let number = DecimalText.integer(text.utf8), (1...10_000).contains(number) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive",
                name: "partNumber",
                value: text
            )
        }
        return number
    }
}
