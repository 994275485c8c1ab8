/// Finds what somebody may have meant.
enum NearestName {
    /// The candidate with the fewest edits to `name`; `nil` where none is near.
    ///
    /// Near is at most a third of the name's length, and at least two edits.
    static func find(_ name: String, among candidates: [String]) -> String? {
        var nearest: (name: String, edits: Int)?
        for candidate in candidates {
            let edits = edits(Array(name.utf8.prefix(100)), Array(candidate.utf8))
            if edits < nearest?.edits ?? .max { nearest = (candidate, edits) }
        }
        if let nearest, nearest.edits <= max(2, name.utf8.count / 3) { return nearest.name }
        // The right word in the wrong section.
        let last = name.split(separator: ".").last
        return candidates.first { $0.split(separator: ".").last == last }
    }

    /// The number of insertions, removals and replacements between two texts (Levenshtein).
    static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (leftIndex, leftByte) in left.enumerated() {
            var diagonal = leftIndex
            row[0] = leftIndex + 1
            for (rightIndex, rightByte) in right.enumerated() {
                let above = row[rightIndex + 1]
                let replaced = diagonal + (leftByte == rightByte ? 0 : 1)
                row[rightIndex + 1] = min(replaced, above + 1, row[rightIndex] + 1)
                diagonal = above
            }
        }
        return row[right.count]
    }
}
