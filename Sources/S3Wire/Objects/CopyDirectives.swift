public import HTTPWire

/// What CopyObject takes from its source, and what from the request.
public struct CopyDirectives: Equatable, Sendable {
    /// Whether the copy gets the headers and user metadata of the request.
    public let replacesMetadata: Bool
    /// Whether the copy gets the tags of the request.
    public let replacesTags: Bool

    /// Reads `x-amz-metadata-directive` and `x-amz-tagging-directive`: COPY, the default, or
    /// REPLACE.
    ///
    /// - Throws: `InvalidArgument` for anything else.
    public init(_ fields: HTTPFields) throws(S3Error) {
        replacesMetadata = try Self.replaces("x-amz-metadata-directive", "metadata", fields)
        replacesTags = try Self.replaces("x-amz-tagging-directive", "tagging", fields)
    }

    /// Refuses a copy onto itself that would change nothing (E29).
    ///
    /// - Parameters:
    ///   - source: what is copied.
    ///   - bucket: where to.
    ///   - key: as what.
    ///   - fields: the request's: new metadata, a storage class, a redirect or any encryption
    ///     header is a change.
    /// - Throws: `InvalidRequest`.
    public func requireChange(
        of source: CopySource,
        to bucket: String,
        _ key: String,
        _ fields: HTTPFields
    ) throws(S3Error) {
        guard source.bucket == bucket, source.key == key, source.versionID == nil,
            !replacesMetadata, !fields.contains("x-amz-storage-class"),
            !fields.contains("x-amz-website-redirect-location"),
            !SSEHeader.isAnyPresent(in: fields)
        else { return }
        throw S3Error(
            .invalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself "
                + "without changing the object's metadata, storage class, website redirect "
                + "location or encryption attributes."
        )
    }

    private static func replaces(
        _ name: String,
        _ what: String,
        _ fields: HTTPFields
    ) throws(S3Error) -> Bool {
        switch fields[name] {
        case nil, "COPY": false
        case "REPLACE": true
        case let value?:
            throw .invalidArgument("Unknown \(what) directive.", name: name, value: value)
        }
    }
}

extension CopySource {
    /// The bytes that UploadPartCopy copies of a source so long.
    ///
    /// - Throws: `InvalidArgument` for a range that isn't inside.
    public func bytes(of size: Int) throws(S3Error) -> Range<Int> {
        guard let range else { return 0..<size }
        guard let first = Int(exactly: range.lowerBound), let last = Int(exactly: range.upperBound),
            last < size
        else {
            throw .invalidArgument(
                "Range specified is not valid for source object of size: \(size)",
                name: "x-amz-copy-source-range",
                value: "bytes=\(range.lowerBound)-\(range.upperBound)"
            )
        }
        return first..<last + 1
    }
}
