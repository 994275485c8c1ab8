internal import Encoding

/// The first line of a request, RFC 9112 section 3.
struct HTTP1RequestLine: Sendable {
    /// Room for the method, the version, the spaces and an absolute target's authority.
    static let otherBytesMax = 512
    private static let methodBytesMax = 32

    let method: HTTPMethod
    /// In origin form, or `*`.
    let target: String
    let version: HTTPVersion
    /// The authority of a target in absolute form.
    private let targetAuthority: String?

    /// Takes the line apart, which is given without its end.
    init(_ line: Span<UInt8>, limits: HTTPLimits) throws(HTTP1Error) {
        var firstSpace = 0
        while firstSpace < line.count, line[firstSpace] != 0x20 { firstSpace += 1 }
        let name = line.extracting(0..<firstSpace)
        guard name.count <= Self.methodBytesMax, HTTPFieldRules.isName(name) else {
            throw .methodInvalid
        }
        var secondSpace = firstSpace + 1
        while secondSpace < line.count, line[secondSpace] != 0x20 { secondSpace += 1 }
        guard secondSpace < line.count else { throw .requestLineInvalid }
        version = try Self.version(
            line.extracting((secondSpace + 1)..<line.count),
            orThrow: .requestLineInvalid
        )
        method = HTTPMethod(Self.text(name))
        let target = line.extracting((firstSpace + 1)..<secondSpace)
        guard target.count <= limits.targetBytesMax + Self.otherBytesMax / 2 else {
            throw .targetTooLong
        }
        (self.target, targetAuthority) = try Self.target(target, of: method)
        guard self.target.utf8.count <= limits.targetBytesMax else { throw .targetTooLong }
    }

    /// The authority, which the target and `Host` give alike, RFC 9112 section 3.2.
    func authority(agreeingWith fields: HTTPFields) throws(HTTP1Error) -> String {
        guard let index = fields.firstIndex(of: "host") else {
            guard version == .http1_0 else { throw .hostMissing }
            return targetAuthority ?? ""
        }
        guard fields.firstIndex(of: "host", from: index + 1) == nil else { throw .hostRepeated }
        let bytes = fields.valueBytes(at: index)
        if let error = HTTPFieldRules.authorityError(bytes.span) { throw error }
        if let targetAuthority,
            !HTTPFieldRules.equalIgnoringCase(bytes, targetAuthority.utf8)
        {
            throw .authorityConflict
        }
        return fields.value(at: index)
    }

    /// `HTTP/1.1` or `HTTP/1.0`; also the front of a status line.
    static func version(
        _ text: Span<UInt8>,
        orThrow malformed: HTTP1Error
    ) throws(HTTP1Error) -> HTTPVersion {
        guard text.count == 8, text.starts(with: "HTTP/") else { throw malformed }
        guard (0x30...0x39).contains(text[5]), text[6] == UInt8(ascii: "."),
            (0x30...0x39).contains(text[7])
        else { throw malformed }
        switch (text[5], text[7]) {
        case (0x31, 0x31): return .http1_1
        case (0x31, 0x30): return .http1_0
        default: throw .versionUnsupported
        }
    }

    private static func target(
        _ bytes: Span<UInt8>,
        of method: HTTPMethod
    ) throws(HTTP1Error) -> (target: String, authority: String?) {
        guard !bytes.isEmpty else { throw .requestLineInvalid }
        for index in bytes.indices where !HTTPFieldRules.isTargetByte(bytes[index]) {
            throw bytes[index] == 0x0d ? .bareCarriageReturn : .targetInvalid
        }
        let text = text(bytes)
        if bytes[0] == UInt8(ascii: "/") { return (text, nil) }
        if text == "*" {
            guard method == .options else { throw .targetInvalid }
            return (text, nil)
        }
        guard let scheme = ["http://", "https://"].first(where: { isPrefix($0, of: bytes) }) else {
            throw .targetInvalid
        }
        let start = scheme.utf8.count
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") {
            end += 1
        }
        let authority = bytes.extracting(start..<end)
        if let error = HTTPFieldRules.authorityError(authority) { throw error }
        let rest = Self.text(bytes.extracting(end..<bytes.count))
        // RFC 9112 section 3.2.4: without path and query, OPTIONS means the server as a whole.
        if rest.isEmpty { return (method == .options ? "*" : "/", Self.text(authority)) }
        return (rest.utf8.first == UInt8(ascii: "/") ? rest : "/" + rest, Self.text(authority))
    }

    private static func isPrefix(_ prefix: String, of bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= prefix.utf8.count else { return false }
        let front = text(bytes.extracting(0..<prefix.utf8.count))
        return HTTPFieldRules.equalIgnoringCase(front.utf8, prefix.utf8)
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
