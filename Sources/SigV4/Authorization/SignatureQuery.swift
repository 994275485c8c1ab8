internal import Encoding

/// The parameters of a signature in a target's query, decoded.
///
/// A `+` stands for itself, not for a space, as everywhere in this module: what is signed is what
/// is acted on.
struct SignatureQuery {
    /// The values, one behind the other: a block of memory for all of them.
    private var text: [UInt8] = []
    private var places = InlineArray<8, Range<Int>?>(repeating: nil)

    var algorithm: ArraySlice<UInt8>? { places[0].map { text[$0] } }
    var credential: ArraySlice<UInt8>? { places[1].map { text[$0] } }
    var date: ArraySlice<UInt8>? { places[2].map { text[$0] } }
    var expires: ArraySlice<UInt8>? { places[3].map { text[$0] } }
    var payloadHash: ArraySlice<UInt8>? { places[4].map { text[$0] } }
    var securityToken: ArraySlice<UInt8>? { places[5].map { text[$0] } }
    var signature: ArraySlice<UInt8>? { places[6].map { text[$0] } }
    var signedHeaders: ArraySlice<UInt8>? { places[7].map { text[$0] } }
    /// Whether there are parameters of signature version 2.
    private(set) var hasVersion2 = false

    /// Whether there are parameters of signature version 4.
    var hasVersion4: Bool { places[0] != nil || places[1] != nil || places[6] != nil }

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
        case 10 where name.isEqual(to: "X-Amz-Date"): try set(2, value, .date)
        case 13 where name.isEqual(to: "X-Amz-Expires"): try set(3, value, .expires)
        case 15 where name.isEqual(to: "X-Amz-Algorithm"):
            try set(0, value, .algorithm)
        case 15 where name.isEqual(to: "X-Amz-Signature"):
            try set(6, value, .signature)
        case 16 where name.isEqual(to: "X-Amz-Credential"):
            try set(1, value, .credential)
        case 19 where name.isEqual(to: "X-Amz-SignedHeaders"):
            try set(7, value, .signedHeaders)
        case 20 where name.isEqual(to: "X-Amz-Content-Sha256"):
            try set(4, value, .payloadHash)
        case 20 where name.isEqual(to: "X-Amz-Security-Token"):
            try set(5, value, .securityToken)
        default: break
        }
    }

    private mutating func set(
        _ place: Int,
        _ value: Span<UInt8>,
        _ component: SigV4Component
    ) throws(SigV4Error) {
        guard places[place] == nil else { throw .componentRepeated(.query, component) }
        if text.isEmpty { text.reserveCapacity(512) }
        let start = text.count
        try CanonicalEncoding.append(decoding: value, to: &text)
        places[place] = start..<text.count
    }
}
