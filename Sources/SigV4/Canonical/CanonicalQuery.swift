internal import Encoding

/// The canonical form of queries: sorted by name, then by value, both in their encoded form.
struct CanonicalQuery {
    // Positions in `bytes` of `name=value`.
    private struct Pair {
        var start: Int
        var nameEnd: Int
        var end: Int
    }

    private static let signature: StaticString = "X-Amz-Signature"

    private var bytes: [UInt8] = []
    private var pairs: [Pair] = []

    /// Appends the canonical form of a query, without `X-Amz-Signature`.
    ///
    /// - Throws: `.targetMalformed`.
    mutating func append(_ query: Span<UInt8>, to text: inout [UInt8]) throws(SigV4Error) {
        // Those who sign mostly send what they signed, and the signature behind it.
        if let end = Self.end(ofCanonical: query) {
            return text.append(query.extracting(0..<end))
        }
        bytes.removeAll(keepingCapacity: true)
        pairs.removeAll(keepingCapacity: true)
        var start = 0
        while start < query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start)
            if end > start { try add(query.extracting(start..<end)) }
            start = end + 1
        }
        let bytes = bytes
        pairs.sort { Self.precedes(bytes.span, $0, $1) }
        for (position, pair) in pairs.enumerated() {
            if position > 0 { text.append(UInt8(ascii: "&")) }
            text.append(bytes.span.extracting(pair.start..<pair.end))
        }
    }

    /// Where a canonical query ends that a signature follows, or nothing; `nil` where the query
    /// isn't canonical as it stands.
    private static func end(ofCanonical query: Span<UInt8>) -> Int? {
        var last: Pair?
        var start = 0
        while start < query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start)
            let nameEnd = query.firstIndex(of: UInt8(ascii: "="), from: start)
            guard nameEnd < end else { return nil }
            if query.extracting(start..<nameEnd).isEqual(to: signature) {
                return end == query.count ? max(start - 1, 0) : nil
            }
            let pair = Pair(start: start, nameEnd: nameEnd, end: end)
            guard CanonicalEncoding.isCanonical(query.extracting(start..<nameEnd)),
                CanonicalEncoding.isCanonical(query.extracting((nameEnd + 1)..<end))
            else { return nil }
            if let last, precedes(query, pair, last) { return nil }
            last = pair
            start = end + 1
        }
        // A `&` at the end would be in the way.
        return start == query.count + 1 || query.isEmpty ? query.count : nil
    }

    private mutating func add(_ parameter: Span<UInt8>) throws(SigV4Error) {
        let nameEnd = parameter.firstIndex(of: UInt8(ascii: "="))
        let start = bytes.count
        try CanonicalEncoding.append(
            parameter.extracting(0..<nameEnd),
            keepingSlash: false,
            to: &bytes
        )
        let encodedNameEnd = bytes.count
        if bytes.span.extracting(droppingFirst: start).isEqual(to: Self.signature) {
            bytes.removeSubrange(start...)
            return
        }
        bytes.append(UInt8(ascii: "="))
        if nameEnd < parameter.count {
            try CanonicalEncoding.append(
                parameter.extracting(droppingFirst: nameEnd + 1),
                keepingSlash: false,
                to: &bytes
            )
        }
        pairs.append(Pair(start: start, nameEnd: encodedNameEnd, end: bytes.count))
    }

    // The `=` takes no part: it sorts behind characters that a longer name may go on with.
    private static func precedes(_ bytes: Span<UInt8>, _ left: Pair, _ right: Pair) -> Bool {
        let order = compare(
            bytes.extracting(left.start..<left.nameEnd),
            bytes.extracting(right.start..<right.nameEnd)
        )
        guard order == 0 else { return order < 0 }
        return compare(
            bytes.extracting(left.nameEnd..<left.end),
            bytes.extracting(right.nameEnd..<right.end)
        ) < 0
    }

    /// Below zero where `left` comes first, 0 where both are the same.
    private static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return Int(left[index]) - Int(right[index])
        }
        return left.count - right.count
    }
}
