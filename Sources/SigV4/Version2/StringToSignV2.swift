internal import Encoding
internal import HTTPWire

/// What a signature of version 2 is made over: method, MD5, type, date, `x-amz-` headers, path and
/// the parameters that are sub-resources.
enum StringToSignV2 {
    // Every parameter that names what is done to a bucket or object, or changes its answer, as far
    // as version 2 knows of it.
    private static let signed: Set<String> = [
        "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory",
        "lifecycle", "location", "logging", "metrics", "notification", "object-lock", "partNumber",
        "policy", "replication", "requestPayment", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "restore", "select", "select-type",
        "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning",
        "versions", "website",
    ]

    // What only chooses among the members of a listing, or says nothing.
    private static let unsigned: Set<String> = [
        "AWSAccessKeyId", "Expires", "Signature", "continuation-token", "delimiter",
        "encoding-type", "fetch-owner", "id", "key-marker", "list-type", "marker", "max-keys",
        "max-parts", "max-uploads", "part-number-marker", "prefix", "start-after",
        "upload-id-marker", "version-id-marker", "x-amz-security-token", "x-id",
    ]

    /// What a target is about, as it may have been signed: the bucket that the host names, and the
    /// path as it is sent.
    ///
    /// A bucket's own path some clients sign with a `/` behind it, which means the same.
    static func resources(of target: String, hostBucket: String?) -> [String] {
        let path = String(target.prefix { $0 != "?" })
        if let hostBucket { return ["/" + hostBucket + path] }
        let isBucket = path != "/" && !path.utf8.dropFirst().contains(UInt8(ascii: "/"))
        return isBucket ? [path, path + "/"] : [path]
    }

    /// The text of a request.
    ///
    /// - Parameters:
    ///   - head: the request's head.
    ///   - date: its line of the date.
    ///   - resource: what it is about, one of `resources(of:hostBucket:)`.
    /// - Returns: the text.
    /// - Throws: `.queryUnsigned` where a parameter that version 2 doesn't sign may change what is
    ///   asked for, `.targetMalformed`.
    static func bytes(
        _ head: HTTPRequestHead,
        date: [UInt8],
        resource: String
    ) throws(SigV4Error) -> [UInt8] {
        var text: [UInt8] = []
        // Room from the start: growing would leave a customer's key in memory given back.
        text.reserveCapacity(
            2 * head.target.utf8.count + head.fields.listSize + date.count + 256
        )
        text.append(contentsOf: head.method.name.utf8)
        endLine(&text)
        for name in ["content-md5", "content-type"] {
            appendValues(of: name, head.fields, &text)
            endLine(&text)
        }
        text.append(contentsOf: date)
        endLine(&text)
        let names = Set((0..<head.fields.count).map { head.fields.name(at: $0) })
        for name in names.filter({ $0.hasPrefix("x-amz-") }).sorted() {
            text.append(contentsOf: name.utf8)
            text.append(UInt8(ascii: ":"))
            appendValues(of: name, head.fields, &text)
            endLine(&text)
        }
        text.append(contentsOf: resource.utf8)
        try appendParameters(of: head.target, &text)
        return text
    }

    private static func appendValues(
        of name: String,
        _ fields: HTTPFields,
        _ text: inout [UInt8]
    ) {
        var index = fields.firstIndex(of: name)
        while let position = index {
            text.append(contentsOf: SigV4Authorization.trim(fields.valueBytes(at: position)))
            index = fields.firstIndex(of: name, from: position + 1)
            if index != nil { text.append(UInt8(ascii: ",")) }
        }
    }

    private static func appendParameters(
        of target: String,
        _ text: inout [UInt8]
    ) throws(SigV4Error) {
        var found: [(name: String, value: [UInt8]?)] = []
        try ParametersV2.forEach(target) { name, value throws(SigV4Error) in
            if signed.contains(name) {
                found.append((name, value))
            } else if !unsigned.contains(name) {
                throw .queryUnsigned(name)
            }
        }
        found.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (position, parameter) in found.enumerated() {
            // Which of two would count isn't signed.
            guard position == 0 || found[position - 1].name != parameter.name else {
                throw .queryUnsigned(parameter.name)
            }
            text.append(position == 0 ? UInt8(ascii: "?") : UInt8(ascii: "&"))
            text.append(contentsOf: parameter.name.utf8)
            guard let value = parameter.value else { continue }
            // Values are signed decoded: one that reads like two parameters would be as good as
            // them.
            guard !splits(value) else { throw .queryUnsigned(parameter.name) }
            text.append(UInt8(ascii: "="))
            text.append(contentsOf: value)
        }
    }

    private static func splits(_ value: [UInt8]) -> Bool {
        value.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).dropFirst()
            .contains { part in
                signed.contains(
                    String(decoding: part.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
                )
            }
    }

    private static func endLine(_ text: inout [UInt8]) { text.append(UInt8(ascii: "\n")) }
}

/// The parameters of a query, as signatures of version 2 look at them.
enum ParametersV2 {
    /// Calls `body` with each parameter, decoded.
    ///
    /// A value is `nil` where there is no `=`; a `+` stands for itself.
    ///
    /// - Throws: what `body` throws; `.targetMalformed`, for names that aren't UTF-8 too.
    static func forEach(
        _ target: String,
        _ body: (String, [UInt8]?) throws(SigV4Error) -> Void
    ) throws(SigV4Error) {
        let bytes = target.utf8.span
        var start = bytes.firstIndex(of: UInt8(ascii: "?")) + 1
        while start < bytes.count {
            let end = bytes.firstIndex(of: UInt8(ascii: "&"), from: start)
            let equals = min(bytes.firstIndex(of: UInt8(ascii: "="), from: start), end)
            let name = try CanonicalEncoding.decode(bytes.extracting(start..<equals))
            guard let text = String(utf8: name) else { throw .targetMalformed }
            let value: [UInt8]? =
                equals < end
                ? try CanonicalEncoding.decode(bytes.extracting((equals + 1)..<end)) : nil
            if end > start { try body(text, value) }
            start = end + 1
        }
    }
}
