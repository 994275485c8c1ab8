internal import Encoding

/// What a request is about: a bucket, a key, a query, read from its target and its authority.
///
/// Dots and double slashes in a path mean nothing to S3: no segment is ever removed or merged.
public struct S3Target: Equatable, Sendable {
    /// How the bucket was named.
    public enum Style: Equatable, Sendable {
        /// In the path: `/bucket/key`.
        case path
        /// In the authority: `bucket.base.domain`.
        case virtualHost
    }

    /// How the bucket was named.
    public let style: Style
    /// The bucket's name as sent, decoded; `nil` for the service itself.
    public let bucket: String?
    /// The key, decoded, whose UTF-8 is what was sent; `nil` for a bucket or the service.
    public let key: String?
    /// The query.
    public let query: S3Query

    /// The key's bytes; none where there is no key.
    public var keyBytes: [UInt8] { key.map { Array($0.utf8) } ?? [] }

    /// Reads a target in origin form, or `*`.
    ///
    /// - Parameters:
    ///   - target: as sent: a path from `/` on, and behind `?` a query.
    ///   - authority: `Host` or `:authority` as sent, with or without a port.
    ///   - baseDomains: the names, lower case, below which buckets are hosts.
    /// - Throws: `InvalidURI` where it isn't that, or isn't percent-encoded UTF-8;
    ///   `InvalidBucketName` for an empty bucket before a key.
    public init(target: String, authority: String, baseDomains: [String] = []) throws(S3Error) {
        let bytes = target.utf8.span
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        query = try S3Query(raw: bytes.extracting(min(mark + 1, bytes.count)..<bytes.count))
        let rawPath = bytes.extracting(0..<mark)
        if rawPath.isEqual(to: "*") {
            (style, bucket, key) = (.path, nil, nil)
            return
        }
        guard rawPath.starts(with: "/") else { throw S3Error(.invalidURI) }
        let path = rawPath.extracting(droppingFirst: 1)
        if let name = Self.bucket(inAuthority: authority, baseDomains: baseDomains) {
            (style, bucket) = (.virtualHost, name)
            key = try Self.nonEmpty(Self.decode(path))
            return
        }
        style = .path
        let slash = path.firstIndex(of: UInt8(ascii: "/"))
        let name = try Self.decode(path.extracting(0..<slash))
        let rest = try Self.decode(path.extracting(min(slash + 1, path.count)..<path.count))
        if name.isEmpty {
            guard slash == path.count else { throw S3Error(.invalidBucketName) }
            (bucket, key) = (nil, nil)
        } else {
            (bucket, key) = (name, Self.nonEmpty(rest))
        }
    }

    /// An object in the bucket of a target, by no query.
    public init(_ key: String, in target: S3Target) throws(S3Error) {
        style = target.style
        bucket = target.bucket
        self.key = key
        query = try S3Query(raw: "")
    }

    private static func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }

    private static func decode(_ text: Span<UInt8>) throws(S3Error) -> String {
        if text.firstIndex(of: UInt8(ascii: "%")) == text.count, let string = String(utf8: text) {
            return string
        }
        guard let bytes = PercentEncoding.decode(text), let string = String(utf8: bytes) else {
            throw S3Error(.invalidURI)
        }
        return string
    }

    /// The bucket that an authority names: what stands before the longest base domain it has.
    private static func bucket(inAuthority authority: String, baseDomains: [String]) -> String? {
        guard !baseDomains.isEmpty, let host = host(of: authority) else { return nil }
        var found: String?
        for domain in baseDomains {
            if host == domain { return nil }
            let ending = "." + domain
            guard host.utf8.count > ending.utf8.count,
                host.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
            else { continue }
            let name = String(Substring(host.utf8.dropLast(ending.utf8.count)))
            if name.utf8.count < found?.utf8.count ?? .max { found = name }
        }
        return found
    }

    /// The host in lower case without port and final dot; `nil` for an address.
    private static func host(of authority: String) -> String? {
        let bytes = authority.utf8.span
        var host = bytes.extracting(0..<bytes.firstIndex(of: UInt8(ascii: ":")))
        guard !host.starts(with: "[") else { return nil }
        if !host.isEmpty, host[host.count - 1] == UInt8(ascii: ".") {
            host = host.extracting(droppingLast: 1)
        }
        return isIPv4(host) ? nil : String(utf8: host)?.lowercased()
    }

    private static func isIPv4(_ host: Span<UInt8>) -> Bool {
        var fieldCount = 0
        var start = 0
        while start <= host.count {
            let end = host.firstIndex(of: UInt8(ascii: "."), from: start)
            guard (1...3).contains(end - start) else { return false }
            for index in start..<end where !(0x30...0x39).contains(host[index]) { return false }
            fieldCount += 1
            start = end + 1
        }
        return fieldCount == 4
    }
}
