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
        let bytes = Array(target.utf8)
        var start = Self.first(UInt8(ascii: "?"), in: bytes, 0..<bytes.count) + 1
        while start < bytes.count {
            let end = Self.first(UInt8(ascii: "&"), in: bytes, start..<bytes.count)
            let equals = Self.first(UInt8(ascii: "="), in: bytes, start..<end)
            let name = bytes[start..<equals]
            if Self.mayBeKnown(name) {
                let decoded = String(decoding: try Self.decode(name), as: UTF8.self)
                try set(decoded, bytes[min(equals + 1, end)..<end])
            }
            start = end + 1
        }
    }

    /// Where a byte stands first in a range; the range's end where it doesn't.
    private static func first(_ byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != byte { index += 1 }
        return index
    }

    // All names of interest begin with one of these; others aren't worth decoding.
    private static func mayBeKnown(_ name: ArraySlice<UInt8>) -> Bool {
        switch name.first {
        case UInt8(ascii: "X"), UInt8(ascii: "A"), UInt8(ascii: "S"), UInt8(ascii: "%"): true
        default: false
        }
    }

    private static func decode(_ text: ArraySlice<UInt8>) throws(SigV4Error) -> [UInt8] {
        try CanonicalEncoding.decode(text.span)
    }

    private mutating func set(
        _ name: String,
        _ value: ArraySlice<UInt8>
    ) throws(SigV4Error) {
        switch name {
        case "AWSAccessKeyId", "Signature": hasVersion2 = true
        case "X-Amz-Algorithm": try Self.set(&algorithm, value, .algorithm)
        case "X-Amz-Content-Sha256": try Self.set(&payloadHash, value, .payloadHash)
        case "X-Amz-Credential": try Self.set(&credential, value, .credential)
        case "X-Amz-Date": try Self.set(&date, value, .date)
        case "X-Amz-Expires": try Self.set(&expires, value, .expires)
        case "X-Amz-Security-Token": try Self.set(&securityToken, value, .securityToken)
        case "X-Amz-Signature": try Self.set(&signature, value, .signature)
        case "X-Amz-SignedHeaders": try Self.set(&signedHeaders, value, .signedHeaders)
        default: break
        }
    }

    private static func set(
        _ field: inout [UInt8]?,
        _ value: ArraySlice<UInt8>,
        _ component: SigV4Component
    ) throws(SigV4Error) {
        guard field == nil else { throw .componentRepeated(.query, component) }
        field = try decode(value)
    }
}
