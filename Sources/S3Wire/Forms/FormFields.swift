internal import Encoding
public import HTTPWire

/// The fields of a form, and the write that they ask for.
///
/// Source: Amazon S3 API Reference, "POST Object"; "HTML form fields" of the User Guide.
public struct FormFields: Equatable, Sendable {
    /// What the client wants to hear when the object is written.
    public enum Success: Equatable, Sendable {
        /// A redirection to this URL.
        case redirect(String)
        /// A status: 200, 201 or 204.
        case status(Int)
    }

    /// Every field, names in lower case, variables expanded: what a policy's conditions look at.
    public let all: HTTPFields

    /// Fields with `${filename}` replaced by the file's name.
    ///
    /// - Parameters:
    ///   - fields: as they were sent, names in lower case.
    ///   - fileName: the file's name as sent; of a path its last part is taken.
    /// - Throws: `InvalidArgument` where a value isn't UTF-8.
    public init(_ fields: HTTPFields, fileName: [UInt8]) throws(S3Error) {
        let separator = fileName.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let name = fileName.dropFirst(separator.map { $0 + 1 } ?? 0)
        var all = HTTPFields()
        all.reserve(fields: fields.count, bytes: fields.listSize + 1024)
        for index in 0..<fields.count {
            let label = fields.nameBytes(at: index)
            let value = Self.expand(fields.valueBytes(at: index), Array(name))
            guard String(utf8: value) != nil else {
                throw .invalidArgument(
                    "The value of a form's field is not UTF-8.",
                    name: fields.name(at: index),
                    value: ""
                )
            }
            all.append(name: label.span, value: value.span)
        }
        self.all = all
    }

    private static let variable = Array("${filename}".utf8)

    private static func expand(_ value: ArraySlice<UInt8>, _ name: [UInt8]) -> ArraySlice<UInt8> {
        guard value.contains(UInt8(ascii: "$")) else { return value }
        var expanded: [UInt8] = []
        var rest = value
        while let first = rest.first {
            if rest.starts(with: variable) {
                expanded += name
                rest = rest.dropFirst(variable.count)
            } else {
                expanded.append(first)
                rest = rest.dropFirst()
            }
        }
        return expanded[...]
    }

    /// The object's key.
    ///
    /// - Throws: `UserKeyMustBeSpecified` where there is none.
    public func key() throws(S3Error) -> String {
        guard let key = all["key"], !key.isEmpty else { throw S3Error(.userKeyMustBeSpecified) }
        return key
    }

    /// What the client wants to hear: a redirection to a URL of the web, else the status asked for.
    public var success: Success {
        if let url = all["success_action_redirect"] ?? all["redirect"], Self.isWebURL(url) {
            return .redirect(url)
        }
        switch all["success_action_status"] {
        case "200": return .status(200)
        case "201": return .status(201)
        default: return .status(204)
        }
    }

    private static func isWebURL(_ url: String) -> Bool {
        let start = url.lowercased()
        guard start.hasPrefix("https://") || start.hasPrefix("http://") else { return false }
        return url.utf8Span.span.isVisible
    }
}

extension FormFields {
    /// The headers that PutObject would have for the same object: of what may be asked for in a
    /// form, and of nothing else.
    ///
    /// - Throws: `NotImplemented` for a field of S3's that isn't known; `InvalidArgument` for a
    ///   value that can't stand in a header, and for a header asked for twice; what `ObjectTags`
    ///   throws of `tagging`.
    public func headers() throws(S3Error) -> HTTPFields {
        var headers = HTTPFields()
        headers.reserve(fields: all.count, bytes: all.listSize)
        for index in 0..<all.count {
            let name = all.name(at: index)
            guard let header = try Self.header(of: name) else { continue }
            guard !headers.contains(header) else {
                throw FormError.fieldRepeated(name).response
            }
            if name == "tagging" {
                headers.append(header, try Self.tagging(all.valueBytes(at: index)))
                continue
            }
            let value = all.valueBytes(at: index)
            guard HTTPFieldRules.isName(header.utf8.span), HTTPFieldRules.isValue(value.span)
            else {
                throw .invalidArgument(
                    "A form's field is not what a header may be.",
                    name: name,
                    value: ""
                )
            }
            headers.append(name: header.utf8.span, value: value.span)
        }
        return headers
    }

    private static let names: Set<String> = [
        "cache-control", "content-disposition", "content-encoding", "content-language",
        "content-md5", "content-type", "expires", "x-amz-acl", "x-amz-expected-bucket-owner",
        "x-amz-sdk-checksum-algorithm", "x-amz-storage-class", "x-amz-tagging",
        "x-amz-website-redirect-location",
    ]
    private static let prefixes = [
        "x-amz-checksum-", "x-amz-grant-", "x-amz-meta-", "x-amz-object-lock-",
        "x-amz-server-side-encryption",
    ]
    private static let ofSignature: Set<String> = [
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token",
        "x-amz-signature",
    ]

    /// The header that a field stands for, `nil` where it stands for none.
    private static func header(of name: String) throws(S3Error) -> String? {
        switch name {
        case "acl": return "x-amz-acl"
        case "tagging": return "x-amz-tagging"
        default: break
        }
        if names.contains(name) || prefixes.contains(where: name.hasPrefix) { return name }
        guard !name.hasPrefix("x-amz-") || ofSignature.contains(name) else {
            throw .notImplemented(header: name)
        }
        return nil
    }

    /// A document of tags as the header has them.
    private static func tagging(_ xml: ArraySlice<UInt8>) throws(S3Error) -> String {
        let tags: ObjectTags
        do throws(XMLError) { tags = try ObjectTags(xml: Array(xml)) } catch {
            throw error.response
        }
        return PercentEncoding.encode(pairs: tags.tags.map { ($0.key, $0.value) })
    }
}
