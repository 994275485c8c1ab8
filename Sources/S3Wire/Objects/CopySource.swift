internal import Encoding
public import HTTPWire

/// What CopyObject and UploadPartCopy copy, as `x-amz-copy-source` says.
public struct CopySource: Equatable, Sendable {
    /// The source's bucket.
    public let bucket: String
    /// The source's key.
    public let key: String
    /// The source's version, where one is named.
    public let versionID: String?
    /// The bytes to copy, ends included; UploadPartCopy alone has them.
    public let range: ClosedRange<UInt64>?

    /// Reads the headers: percent-encoded `bucket/key`, with or without a slash before it and
    /// `?versionId=` behind.
    ///
    /// - Throws: `InvalidArgument` for anything else, for an empty version, and for a range that
    ///   isn't `bytes=a-b`; `NotImplemented` for access points.
    public init(_ fields: HTTPFields) throws(S3Error) {
        let name = "x-amz-copy-source"
        let text = fields[name] ?? ""
        guard fields.occurrences(of: name) <= 1 else {
            throw .invalidArgument("The header must stand once.", name: name, value: text)
        }
        guard !text.hasPrefix("arn:") else { throw .notImplemented(header: name) }
        var path = text.utf8[...]
        var version: String?
        let mark = "?versionId="
        if let start = Self.lastIndex(of: mark, in: path) {
            let id = path[start...].dropFirst(mark.utf8.count)
            version = PercentEncoding.decode(id).flatMap { String(utf8: $0) } ?? ""
            guard version?.isEmpty == false else {
                throw .invalidArgument(
                    "Version id cannot be the empty string",
                    name: name,
                    value: text
                )
            }
            path = path[..<start]
        }
        if path.first == UInt8(ascii: "/") { path = path.dropFirst() }
        guard let bytes = PercentEncoding.decode(path),
            let decoded = String(utf8: bytes),
            let slash = decoded.utf8.firstIndex(of: UInt8(ascii: "/")),
            slash != decoded.startIndex,
            decoded.utf8.index(after: slash) != decoded.endIndex
        else {
            throw .invalidArgument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                name: name,
                value: text
            )
        }
        bucket = String(decoded[..<slash])
        key = String(decoded[decoded.utf8.index(after: slash)...])
        versionID = version
        range = try Self.range(in: fields)
    }

    private static func range(in fields: HTTPFields) throws(S3Error) -> ClosedRange<UInt64>? {
        let name = "x-amz-copy-source-range"
        guard let text = fields[name] else { return nil }
        guard case .closed(let first, let last) = ByteRange(text) else {
            throw .invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                    + "first and last are the zero-based offsets of the first and last bytes to "
                    + "copy",
                name: name,
                value: text
            )
        }
        return first...last
    }

    private static func lastIndex(
        of text: String,
        in path: Substring.UTF8View
    ) -> Substring.UTF8View.Index? {
        let count = text.utf8.count
        var index = path.endIndex
        while index > path.startIndex {
            index = path.index(before: index)
            guard path[index] == UInt8(ascii: "?") else { continue }
            return path[index...].prefix(count).elementsEqual(text.utf8) ? index : nil
        }
        return nil
    }
}
