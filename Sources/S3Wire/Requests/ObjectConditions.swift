public import Encoding
public import HTTPWire

/// The conditions of a read, RFC 9110 section 13, or of a copy's source.
public struct ObjectConditions: Equatable, Sendable {
    /// What a condition on ETags names.
    public enum Tags: Equatable, Sendable {
        /// `*`: any object.
        case any
        /// These tags, without quotes.
        case list([String])

        func contains(_ tag: String) -> Bool {
            switch self {
            case .any: true
            case .list(let tags): tags.contains(tag)
            }
        }
    }

    /// What the conditions make of a request.
    public enum Decision: Equatable, Sendable {
        /// It is served.
        case proceed
        /// 304, with the object's ETag and Last-Modified and without a body.
        case notModified
        /// 412 `PreconditionFailed`; the condition is named as S3 does.
        case failed(condition: String)

        /// The error of a failed condition, else `nil`.
        public var error: S3Error? {
            guard case .failed(let condition) = self else { return nil }
            return .preconditionFailed(condition)
        }
    }

    /// Served only where the ETag is among these.
    public var ifMatch: Tags?
    /// Served only where the ETag isn't among these.
    public var ifNoneMatch: Tags?
    /// Served only where the object changed since.
    public var ifModifiedSince: Timestamp?
    /// Served only where the object didn't change since.
    public var ifUnmodifiedSince: Timestamp?
    /// Whether they are of a copy's source: nothing is 304 there.
    public var isCopySource: Bool

    /// Whether there is any.
    public var isEmpty: Bool {
        ifMatch == nil && ifNoneMatch == nil && ifModifiedSince == nil && ifUnmodifiedSince == nil
    }

    /// Reads the conditions of a read, or with `isCopySource` those of a copy's source.
    ///
    /// A date that isn't one is left aside, RFC 9110 section 13.1.3.
    public init(_ fields: HTTPFields, isCopySource: Bool = false) {
        self.isCopySource = isCopySource
        guard !fields.isEmpty else { return }
        let prefix = isCopySource ? "x-amz-copy-source-" : ""
        ifMatch = Self.tags(prefix + "if-match", in: fields, isStrong: true)
        ifNoneMatch = Self.tags(prefix + "if-none-match", in: fields, isStrong: false)
        ifModifiedSince = fields[prefix + "if-modified-since"].flatMap(Timestamp.init(httpDate:))
        ifUnmodifiedSince = fields[prefix + "if-unmodified-since"]
            .flatMap(Timestamp.init(httpDate:))
    }

    /// Decides for an object that exists.
    ///
    /// A matching `If-Match` overrules `If-Unmodified-Since`, `If-None-Match` overrules
    /// `If-Modified-Since` (RFC 9110 section 13.2.2); times are compared in whole seconds.
    ///
    /// - Parameters:
    ///   - entityTag: the object's, without quotes, as clients see it.
    ///   - lastModified: when the object was written.
    /// - Returns: what becomes of the request.
    public func evaluate(entityTag: String, lastModified: Timestamp) -> Decision {
        if let ifMatch {
            guard ifMatch.contains(entityTag) else { return failed("If-Match") }
        } else if let ifUnmodifiedSince {
            guard lastModified.seconds <= ifUnmodifiedSince.seconds else {
                return failed("If-Unmodified-Since")
            }
        }
        if let ifNoneMatch {
            guard ifNoneMatch.contains(entityTag) else { return .proceed }
            return isCopySource ? failed("If-None-Match") : .notModified
        }
        if let ifModifiedSince, lastModified.seconds <= ifModifiedSince.seconds {
            return isCopySource ? failed("If-Modified-Since") : .notModified
        }
        return .proceed
    }

    private func failed(_ condition: String) -> Decision {
        .failed(condition: isCopySource ? "x-amz-copy-source-" + condition : condition)
    }

    // A weak tag matches nothing where the comparison is strong, RFC 9110 section 8.8.3.2.
    private static func tags(_ name: String, in fields: HTTPFields, isStrong: Bool) -> Tags? {
        guard fields.contains(name) else { return nil }
        var tags: [String] = []
        for value in fields.values(of: name) {
            for member in list(value) {
                if member == "*" { return .any }
                if isStrong, member.hasPrefix("W/") { continue }
                tags.append(EntityTag.unquoted(member))
            }
        }
        return .list(tags)
    }

    /// The members of a list of ETags; a comma between quotes belongs to the tag.
    static func list(_ text: String) -> [String] {
        var members: [String] = []
        var member: [UInt8] = []
        var isQuoted = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: ","), !isQuoted {
                if !member.isEmpty { members.append(trimmed(member)) }
                member.removeAll()
            } else if !member.isEmpty || (byte != 0x20 && byte != 0x09) {
                member.append(byte)
            }
        }
        if !member.isEmpty { members.append(trimmed(member)) }
        return members
    }

    private static func trimmed(_ text: [UInt8]) -> String {
        var text = text[...]
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The condition of a write, decided by the store in the commit.
public enum WriteCondition: Equatable, Sendable {
    /// None.
    case none
    /// `If-None-Match: *`: only where the key doesn't exist.
    case ifAbsent
    /// `If-Match`: only where the object has this ETag, without quotes.
    case ifMatch(String)

    /// Reads the condition of PutObject, CopyObject and CompleteMultipartUpload.
    ///
    /// - Throws: `NotImplemented` for `If-None-Match` with an ETag, `If-Match: *`, several ETags,
    ///   a weak one, both headers, and conditions on times.
    public init(_ fields: HTTPFields) throws(S3Error) {
        for name in ["if-modified-since", "if-unmodified-since"] where fields.contains(name) {
            throw .notImplemented(header: name)
        }
        let match = fields["if-match"]
        guard let noneMatch = fields["if-none-match"] else {
            guard let match else {
                self = .none
                return
            }
            let tags = ObjectConditions.list(match)
            guard fields.occurrences(of: "if-match") == 1, tags.count == 1, tags[0] != "*",
                !tags[0].hasPrefix("W/")
            else {
                throw .notImplemented(header: "If-Match")
            }
            self = .ifMatch(EntityTag.unquoted(tags[0]))
            return
        }
        guard match == nil, noneMatch == "*", fields.occurrences(of: "if-none-match") == 1 else {
            throw .notImplemented(header: "If-None-Match")
        }
        self = .ifAbsent
    }
}
