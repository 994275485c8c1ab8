internal import Encoding

/// The parameters of a signature in a target's query, decoded.
///
/// A `+` stands for itself, not for a space, as everywhere in this module: what is signed is what
/// is acted on.
struct SignatureQuery {
    var algorithm: [UInt8]?
    var credential: [UInt8]?
    var date: [UInt8]?
    var expires: [UInt8]?
    var payloadHash: [UInt8]?
    var securityToken: [UInt8]?
    var signature: [UInt8]?
    var signedHeaders: [UInt8]?
    /// Whether there are parameters of signature version 2.
    private(set) var hasVersion2 = false

    /// Whether there are parameters of signature version 4.
    var hasVersion4: Bool { algorithm != nil || credential != nil || signature != nil }

    init(target: String) throws(SigV4Error) {
        let bytes = target.utf8.span
        var start = bytes.firstIndex(of: UInt8(ascii: "?")) + 1
        while start < bytes.count {
            let end = bytes.firstIndex(of: UInt8(ascii: "&"), from: start)
            let equals = min(bytes.firstIndex(of: UInt8(ascii: "="), from: start), end)
            let name = bytes.extracting(start..<equals)
            let value = bytes.extracting(min(equals + 1, end)..<end)
            if name.firstIndex(of: UInt8(ascii: "%")) == name.count {
                try set(name, value)
            } else {
                try setDecoding(name, value)
            }
            start = end + 1
        }
    }

    private mutating func setDecoding(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>
    ) throws(SigV4Error) {
        let decoded = try CanonicalEncoding.decode(name)
        try set(decoded.span, value)
    }

    private mutating func set(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>
    ) throws(SigV4Error) {
        guard name.starts(with: "X-Amz-") else {
            if name.isEqual(to: "AWSAccessKeyId") || name.isEqual(to: "Signature") {
                hasVersion2 = true
            }
            return
        }
        switch name.count {
        case 10 where name.isEqual(to: "X-Amz-Date"): try Self.set(&date, value, .date)
        case 13 where name.isEqual(to: "X-Amz-Expires"): try Self.set(&expires, value, .expires)
        case 15 where name.isEqual(to: "X-Amz-Algorithm"):
            try Self.set(&algorithm, value, .algorithm)
        case 15 where name.isEqual(to: "X-Amz-Signature"):
            try Self.set(&signature, value, .signature)
        case 16 where name.isEqual(to: "X-Amz-Credential"):
            try Self.set(&credential, value, .credential)
        case 19 where name.isEqual(to: "X-Amz-SignedHeaders"):
            try Self.set(&signedHeaders, value, .signedHeaders)
        case 20 where name.isEqual(to: "X-Amz-Content-Sha256"):
            try Self.set(&payloadHash, value, .payloadHash)
        case 20 where name.isEqual(to: "X-Amz-Security-Token"):
            try Self.set(&securityToken, value, .securityToken)
        default: break
        }
    }

    private static func set(
        _ field: inout [UInt8]?,
        _ value: Span<UInt8>,
        _ component: SigV4Component
    ) throws(SigV4Error) {
        guard field == nil else { throw .componentRepeated(.query, component) }
        field = try CanonicalEncoding.decode(value)
    }
}
