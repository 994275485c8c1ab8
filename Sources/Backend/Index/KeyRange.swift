/// What a page of a listing asks for, in bytes of keys.
struct ListingQuery: Equatable, Sendable {
    var prefix: KeyBytes = []
    /// Keys that share what stands up to this count as one entry.
    var delimiter: KeyBytes = []
    /// The last entry of the page before, or where to start behind.
    var marker: KeyBytes = []
    /// Entries of the page, at most.
    var countMax: Int
}

/// How keys fall together under a prefix and a delimiter.
extension ListingQuery {
    /// A bound behind every key: `0xff` stands in no UTF-8.
    static let end: KeyBytes = [0xff]

    /// The common prefix that a key falls under; `nil` where it stands for itself.
    func commonPrefix(of key: KeyBytes) -> KeyBytes? {
        guard !delimiter.isEmpty, key.starts(with: prefix) else { return nil }
        var start = prefix.count
        while start + delimiter.count <= key.count {
            if key[start...].starts(with: delimiter) {
                return Array(key[..<(start + delimiter.count)])
            }
            start += 1
        }
        return nil
    }

    /// The first key that may stand on the page.
    var first: KeyBytes {
        guard !marker.isEmpty else { return prefix }
        // A marker that is a common prefix itself skips all that it stands for.
        let behind =
            commonPrefix(of: marker) == marker
            ? Self.successor(of: marker) : marker + [0]
        return behind.lexicographicallyPrecedes(prefix) ? prefix : behind
    }

    /// The bound behind every key of the prefix.
    var bound: KeyBytes { Self.successor(of: prefix) }

    /// The least byte string above everything that begins with `prefix`.
    static func successor(of prefix: KeyBytes) -> KeyBytes {
        var bytes = prefix
        while let last = bytes.popLast() {
            if last < 0xff {
                bytes.append(last + 1)
                return bytes
            }
        }
        return end
    }
}
