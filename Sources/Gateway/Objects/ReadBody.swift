import SealedObject

/// Which stored bytes a read asks for, and what opens them.
struct ReadBody {
    let opener: ObjectOpener
    /// The stored bytes; the whole body where `isWhole`.
    let storedRange: Range<Int>
    let isWhole: Bool

    /// The stored side of a plan.
    ///
    /// - Throws: what `ObjectOpener` throws for keys and envelopes that don't go together; for a
    ///   multipart object whose stored length isn't its parts'.
    init(
        _ opened: OpenedObject,
        _ plan: ReadPlan,
        _ layout: MultipartLayout?
    ) throws(SealedObjectError) {
        let stored = opened.found.storedCount
        let isWhole = plan.range == 0..<plan.size
        if let layout {
            guard let objectKey = opened.objectKey else { throw .keyCheckMismatch }
            try layout.verify(storedCount: stored)
            let slices = isWhole ? layout.whole : try layout.slices(plan.range)
            opener = try ObjectOpener(
                objectID: opened.envelope.objectID,
                slices: slices,
                objectKey: objectKey.bytes
            )
            let lower = slices.first?.slice.storedRange.lowerBound ?? 0
            let upper = slices.last?.slice.storedRange.upperBound ?? 0
            storedRange = lower..<max(lower, upper)
        } else {
            guard let facts = opened.envelope.streamFacts else { throw .headerMismatch }
            guard let keys = opened.contents.streamKeys else { throw .keyCheckMismatch }
            let slice = isWhole ? facts.layout.whole : try facts.layout.slice(plan.range)
            opener = try ObjectOpener(facts: facts, slice: slice, keys: keys.keys)
            storedRange = slice.storedRange
        }
        self.isWhole = isWhole || storedRange == 0..<stored
    }

    /// The `Range` header for the store.
    var rangeHeader: String { "bytes=\(storedRange.lowerBound)-\(storedRange.upperBound - 1)" }
}
