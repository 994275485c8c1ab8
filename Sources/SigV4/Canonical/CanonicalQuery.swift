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
        bytes.removeAll(keepingCapacity: true)
        pairs.removeAll(keepingCapacity: true)
        var start = 0
        while start < query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start)
            if end > start { try add(query.extracting(start..<end)) }
            start = end + 1
        }
        // Those who sign mostly send them in order.
        if !isSorted {
            let bytes = bytes
            pairs.sort { Self.precedes(bytes.span, $0, $1) }
        }
        for (position, pair) in pairs.enumerated() {
            if position > 0 { text.append(UInt8(ascii: "&")) }
            text.append(bytes.span.extracting(pair.start..<pair.end))
        }
    }

    private var isSorted: Bool {
        for index in pairs.indices.dropFirst()
        where Self.precedes(bytes.span, pairs[index], pairs[index - 1]) { return false }
        return true
    }

    private mutating func add(_ parameter: Span<UInt8>) throws(SigV4Error) {
        let nameEnd = parameter.firstIndex(of: UInt8(ascii: "="))
        let start = bytes.count
        if nameEnd < parameter.count,
            CanonicalEncoding.isCanonical(parameter.extracting(0..<nameEnd)),
            CanonicalEncoding.isCanonical(parameter.extracting(droppingFirst: nameEnd + 1))
        {
            guard !parameter.extracting(0..<nameEnd).isEqual(to: Self.signature) else { return }
            bytes.append(parameter)
            pairs.append(Pair(start: start, nameEnd: start + nameEnd, end: bytes.count))
            return
        }
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
