import Crypto
import SealedObject

/// A key for objects, always the same.
func objectKey() -> SecretBytes? {
    try? SecretBytes(copying: [UInt8](repeating: 7, count: 32).span)
}

/// Part tables and records as they come from the store, and layouts of tables.
@Sendable
func fuzzPartTable(_ input: inout FuzzInput) {
    guard let key = objectKey() else { return }
    switch input.byte() % 3 {
    case 0:
        let table = try? PartTable(
            opening: input.rest(),
            objectKey: key,
            objectID: .zero,
            expectedID: .zero
        )
        precondition(table == nil, "a table without its key")
    case 1:
        let bytes = input.rest()
        guard let record = try? PartRecord(parsing: bytes) else { return }
        precondition(record.bytes == bytes, "two spellings of one record")
        let number = record.partNumber
        let opened = try? record.open(objectKey: key, objectID: .zero, expectedNumber: number)
        precondition(opened == nil, "a record without its key")
    default: sealTable(&input, key)
    }
}

private func sealTable(_ input: inout FuzzInput, _ key: borrowing SecretBytes) {
    let flip = (offset: input.word(), mask: input.byte())
    let (first, last) = (input.word(), input.word())
    var parts: [PartTable.Part] = []
    while !input.isEmpty {
        let number = UInt32(input.word())
        // Lengths around segments and parts' limits.
        let count = input.word() << Int(input.byte() & 31) &+ Int(input.byte())
        guard let salt = try? Salt([UInt8](repeating: input.byte(), count: Salt.count)) else {
            return
        }
        parts.append(PartTable.Part(number: number, plaintextCount: count, salt: salt))
    }
    guard let table = try? PartTable(id: .zero, parts: parts),
        let salt = try? Salt([UInt8](repeating: 2, count: Salt.count)),
        var sealed = try? table.seal(objectKey: key, objectID: .zero, salt: salt),
        let layout = try? MultipartLayout(table)
    else { return }
    if flip.offset < sealed.count { sealed[flip.offset] ^= flip.mask }
    let isChanged = flip.offset < sealed.count && flip.mask != 0
    let opened = try? PartTable(
        opening: sealed,
        objectKey: key,
        objectID: .zero,
        expectedID: .zero
    )
    precondition(opened == (isChanged ? nil : table), "another table when sealed")
    check(layout, first * 4093..<max(first * 4093, last * 65_521))
}

/// Slices follow one another and give just what was asked.
private func check(_ layout: MultipartLayout, _ range: Range<Int>) {
    guard let slices = try? layout.slices(range) else { return }
    precondition(slices.reduce(0) { $0 + $1.slice.take } == range.count, "a wrong length")
    for (left, right) in zip(slices, slices.dropFirst()) {
        precondition(left.slice.storedRange.upperBound == right.slice.storedOffset, "a gap")
    }
    precondition(slices.last.map { $0.slice.storedRange.upperBound } ?? 0 <= layout.storedCount)
}
