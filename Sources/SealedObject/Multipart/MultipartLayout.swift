/// Sizes and offsets of an object in parts: the stored body is the parts' streams in a row.
public struct MultipartLayout: Sendable {
    /// A slice of one part.
    public struct PartSlice: Equatable, Sendable {
        /// The part.
        public let part: PartTable.Part
        /// Which of its bytes; offsets are those of the whole stored body.
        public let slice: StoredSlice
    }

    /// The table's parts, ascending.
    public let parts: [PartTable.Part]
    /// The object's plaintext length in bytes.
    public let plaintextCount: Int
    /// The object's stored length in bytes.
    public let storedCount: Int

    private let layouts: [SealedLayout]
    private let plaintextStarts: [Int]
    private let storedStarts: [Int]

    /// The layout of the parts of a table.
    ///
    /// - Throws: `.plaintextCountInvalid`, never for a table that was checked.
    public init(_ table: PartTable) throws(SealedObjectError) {
        var layouts: [SealedLayout] = []
        var plaintextStarts: [Int] = []
        var storedStarts: [Int] = []
        var plaintext = 0
        var stored = 0
        for part in table.parts {
            let layout = try SealedLayout(plaintextCount: part.plaintextCount)
            layouts.append(layout)
            plaintextStarts.append(plaintext)
            storedStarts.append(stored)
            plaintext += layout.plaintextCount
            stored += layout.storedCount
        }
        parts = table.parts
        plaintextCount = plaintext
        storedCount = stored
        self.layouts = layouts
        self.plaintextStarts = plaintextStarts
        self.storedStarts = storedStarts
    }

    /// The whole object: every part, empty ones too.
    public var whole: [PartSlice] {
        parts.indices.map { index in
            placed(layouts[index].whole, index)
        }
    }

    /// The slices of parts that hold a range of the plaintext: one contiguous stored range.
    ///
    /// Every slice but the first begins with its part's header; empty parts in between are read
    /// and checked too.
    ///
    /// - Returns: the slices in stored order; the first's offset to the last's end is what to ask
    ///   the store for.
    /// - Throws: `.rangeInvalid` for a range that is empty or not inside the object.
    public func slices(_ range: Range<Int>) throws(SealedObjectError) -> [PartSlice] {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= plaintextCount else {
            throw .rangeInvalid
        }
        var slices: [PartSlice] = []
        var index = firstPart(at: range.lowerBound)
        while index < parts.count, plaintextStarts[index] < range.upperBound {
            let start = plaintextStarts[index]
            let layout = layouts[index]
            let lower = max(range.lowerBound - start, 0)
            let upper = min(range.upperBound - start, layout.plaintextCount)
            let slice = lower < upper ? try layout.slice(lower..<upper) : layout.whole
            slices.append(placed(slice, index))
            index += 1
        }
        return slices
    }

    /// The plaintext range of part `number`, for a read of one part; `nil` for one not there.
    public func plaintextRange(ofPart number: UInt32) -> Range<Int>? {
        guard let index = parts.firstIndex(where: { $0.number == number }) else { return nil }
        let start = plaintextStarts[index]
        return start..<(start + layouts[index].plaintextCount)
    }

    /// Refuses a stored body whose length isn't the parts'.
    ///
    /// - Throws: `.storedCountInvalid`.
    public func verify(storedCount: Int) throws(SealedObjectError) {
        guard storedCount == self.storedCount else { throw .storedCountInvalid }
    }

    private func placed(_ slice: StoredSlice, _ index: Int) -> PartSlice {
        var slice = slice
        slice.storedOffset += storedStarts[index]
        return PartSlice(part: parts[index], slice: slice)
    }

    /// The part that holds the plaintext byte at `offset`, by bisection.
    private func firstPart(at offset: Int) -> Int {
        var low = 0
        var high = parts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if plaintextStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
