internal import Encoding

/// The parameters of a signature in a target's query, decoded.
///
/// A `+` stands for itself, not for a space, as everywhere in this module: what is signed is what
/// is acted on.
struct SignatureQuery: ~Copyable {
    /// The values, one behind the other: a block of memory for all of them.
    private var text: [UInt8] = []
    private var places = Places()

    /// Where the values stand in the text.
    private struct Places {
        var algorithm: Range<Int>?
        var credential: Range<Int>?
        var date: Range<Int>?
        var expires: Range<Int>?
        var payloadHash: Range<Int>?
        var securityToken: Range<Int>?
        var signature: Range<Int>?
        var signedHeaders: Range<Int>?
    }

    var algorithm: ArraySlice<UInt8>? { value(places.algorithm) }
    var credential: ArraySlice<UInt8>? { value(places.credential) }
    var date: ArraySlice<UInt8>? { value(places.date) }
    var expires: ArraySlice<UInt8>? { value(places.expires) }
    var payloadHash: ArraySlice<UInt8>? { value(places.payloadHash) }
    var securityToken: ArraySlice<UInt8>? { value(places.securityToken) }
    var signature: ArraySlice<UInt8>? { value(places.signature) }
    var signedHeaders: ArraySlice<UInt8>? { value(places.signedHeaders) }
    private func value(_ place: Range<Int>?) -> ArraySlice<UInt8>? {
        guard let place else { return nil }
        return text[place]
    }

    /// Whether there are parameters of signature version 2.
    private(set) var hasVersion2 = false

    /// Whether there are parameters of signature version 4.
    var hasVersion4: Bool {
        places.algorithm != nil || places.credential != nil || places.signature != nil
    }

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
        case 10 where name.isEqual(to: "X-Amz-Date"):
            try Self.set(&text, &places.date, value, .date)
        case 13 where name.isEqual(to: "X-Amz-Expires"):
            try Self.set(&text, &places.expires, value, .expires)
        case 15 where name.isEqual(to: "X-Amz-Algorithm"):
            try Self.set(&text, &places.algorithm, value, .algorithm)
        case 15 where name.isEqual(to: "X-Amz-Signature"):
            try Self.set(&text, &places.signature, value, .signature)
        case 16 where name.isEqual(to: "X-Amz-Credential"):
            try Self.set(&text, &places.credential, value, .credential)
        case 19 where name.isEqual(to: "X-Amz-SignedHeaders"):
            try Self.set(&text, &places.signedHeaders, value, .signedHeaders)
        case 20 where name.isEqual(to: "X-Amz-Content-Sha256"):
            try Self.set(&text, &places.payloadHash, value, .payloadHash)
        case 20 where name.isEqual(to: "X-Amz-Security-Token"):
            try Self.set(&text, &places.securityToken, value, .securityToken)
        default: break
        }
    }

    private static func set(
        _ text: inout [UInt8],
        _ place: inout Range<Int>?,
        _ value: Span<UInt8>,
        _ component: SigV4Component
    ) throws(SigV4Error) {
        guard place == nil else { throw .componentRepeated(.query, component) }
        if text.isEmpty { text.reserveCapacity(512) }
        let start = text.count
        try CanonicalEncoding.append(decoding: value, to: &text)
        place = start..<text.count
    }
}
