/// The canonical form of queries: sorted by name, then by value, both in their encoded form.
struct CanonicalQuery {
    // Positions in `bytes` of `name=value`.
    private struct Pair {
        var start: Int
        var nameEnd: Int
        var end: Int
    }

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
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            if end > start { try add(query.extracting(start..<end)) }
            start = end + 1
        }
        if pairs.count > 1 {
            let bytes = bytes
            pairs.sort { Self.precedes(bytes, $0, $1) }
        }
        for (position, pair) in pairs.enumerated() {
            if position > 0 { text.append(UInt8(ascii: "&")) }
            text.append(contentsOf: bytes[pair.start..<pair.end])
        }
    }

    private mutating func add(_ parameter: Span<UInt8>) throws(SigV4Error) {
        var nameEnd = 0
        while nameEnd < parameter.count, parameter[nameEnd] != UInt8(ascii: "=") { nameEnd += 1 }
        let start = bytes.count
        try CanonicalEncoding.append(
            parameter.extracting(0..<nameEnd),
            keepingSlash: false,
            to: &bytes
        )
        let encodedNameEnd = bytes.count
        if bytes[start...].elementsEqual("X-Amz-Signature".utf8) {
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
    private static func precedes(_ bytes: [UInt8], _ left: Pair, _ right: Pair) -> Bool {
        let leftName = bytes[left.start..<left.nameEnd]
        let rightName = bytes[right.start..<right.nameEnd]
        if leftName == rightName {
            return bytes[left.nameEnd..<left.end]
                .lexicographicallyPrecedes(bytes[right.nameEnd..<right.end])
        }
        return leftName.lexicographicallyPrecedes(rightName)
    }
}
