internal import Encoding

/// The header or trailer fields of one HTTP message, in the order received (RFC 9110 section 5).
///
/// Names are kept in lower case, values as received, repeated fields apart: signatures are made
/// over what was sent. All bytes stand in one array, so that a usual message costs one allocation
/// and a secret value can be wiped where it stands.
public struct HTTPFields: Sendable {
    /// Where a field stands, from the first of all bytes on.
    private struct Entry: BitwiseCopyable {
        static let size = 12

        var start: UInt32
        var nameCount: UInt32
        var valueCount: UInt32
    }

    // Room comes by so many entries, of 192 bytes together, or of 48 where few are wanted.
    private static let firstRoom = 16, smallRoom = 4

    // Entries for `room` fields, then the names and values, end to end.
    private var bytes: [UInt8] = []
    private var room = 0
    // A bit for each length of a name modulo 64: most fields that are looked for aren't there.
    private var nameCounts: UInt64 = 0
    /// The number of fields.
    public private(set) var count = 0

    /// No fields.
    public init() {}

    /// Fields from pairs of name and value.
    public init(_ pairs: [(String, String)]) {
        reserve(
            fields: pairs.count,
            bytes: pairs.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count }
        )
        for (name, value) in pairs { append(name, value) }
    }

    /// Whether there are no fields.
    public var isEmpty: Bool { count == 0 }

    /// The size as RFC 9113 section 6.5.2 counts it: name, value and 32 bytes a field.
    public var listSize: Int { bytes.count - room * Entry.size + 32 * count }

    /// Makes room for so many fields, and bytes of names and values, in all.
    public mutating func reserve(fields: Int, bytes count: Int) {
        guard room == 0 else {
            while room < fields { doubleRoom() }
            bytes.reserveCapacity(room * Entry.size + count)
            return
        }
        guard fields > 0 || count > 0 else { return }
        guard fields > Self.smallRoom else {
            bytes.reserveCapacity(Self.smallRoom * Entry.size + count)
            let entries = InlineArray<48, UInt8>(repeating: 0)
            bytes.append(entries.span)
            room = Self.smallRoom
            return
        }
        bytes.reserveCapacity(max(fields, Self.firstRoom) * Entry.size + count)
        repeat {
            let entries = InlineArray<192, UInt8>(repeating: 0)
            bytes.append(entries.span)
            room += Self.firstRoom
        } while room < fields
    }

    private func entry(at index: Int) -> Entry {
        // Nothing else keeps the read within the entries.
        precondition(index >= 0 && index < count, "there is no such field")
        return unsafe bytes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: index * Entry.size, as: Entry.self)
        }
    }

    private mutating func setEntry(_ entry: Entry, at index: Int) {
        unsafe bytes.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: entry, toByteOffset: index * Entry.size, as: Entry.self)
        }
    }

    /// Adds the entry of what is about to be appended.
    private mutating func beginField(_ nameCount: Int, _ valueCount: Int) {
        if room == 0 { reserve(fields: Self.firstRoom, bytes: max(256, nameCount + valueCount)) }
        if count == room { doubleRoom() }
        let entry = Entry(
            start: UInt32(truncatingIfNeeded: bytes.count),
            nameCount: UInt32(truncatingIfNeeded: nameCount),
            valueCount: UInt32(truncatingIfNeeded: valueCount)
        )
        setEntry(entry, at: count)
        count += 1
        nameCounts |= Self.bit(nameCount)
    }

    private static func bit(_ nameCount: Int) -> UInt64 { 1 << UInt64(nameCount & 63) }

    private mutating func doubleRoom() {
        let added = room * Entry.size
        bytes.insert(contentsOf: repeatElement(0, count: added), at: added)
        room *= 2
        for index in 0..<count {
            var entry = entry(at: index)
            entry.start += UInt32(truncatingIfNeeded: added)
            setEntry(entry, at: index)
        }
    }

    /// Adds a field at the end; the name is put in lower case.
    @_disfavoredOverload
    public mutating func append(_ name: String, _ value: String) {
        append(name: name.utf8.span, value: value.utf8.span)
    }

    /// Adds a field at the end; the name is in lower case.
    public mutating func append(_ name: StaticString, _ value: String) {
        name.withUTF8Buffer { bytes in
            let name = unsafe bytes.span
            assert(!name.hasUppercase, "a name that isn't in lower case")
            append(lowercaseName: name, value: value.utf8.span)
        }
    }

    /// Adds a field at the end; the name is put in lower case.
    public mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
        append(lowercaseName: name, value: value)
        guard name.hasUppercase else { return }
        let start = bytes.count - value.count - name.count
        for index in name.indices where (0x41...0x5a).contains(name[index]) {
            bytes[start + index] |= 0x20
        }
    }

    /// Adds a field at the end; the name is in lower case, as HTTP/2 has them.
    public mutating func append(lowercaseName name: Span<UInt8>, value: Span<UInt8>) {
        beginField(name.count, value.count)
        unsafe name.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        unsafe value.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Adds a field whose value stands between quotes, as entity tags do; nothing is escaped, and
    /// the name is in lower case.
    public mutating func append(_ name: StaticString, quoting value: String) {
        let value = value.utf8.span
        beginField(name.utf8CodeUnitCount, value.count + 2)
        name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        unsafe value.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds all fields of others at the end.
    public mutating func append(_ others: HTTPFields) {
        guard !isEmpty else {
            self = others
            return
        }
        for index in 0..<others.count {
            let (name, value) = (others.nameRange(at: index), others.valueRange(at: index))
            let all = others.bytes.span
            append(lowercaseName: all.extracting(name), value: all.extracting(value))
        }
    }

    /// The first value of a field of that name (lower case), `nil` where there is none.
    @_disfavoredOverload
    public subscript(_ name: String) -> String? {
        guard let index = firstIndex(of: name) else { return nil }
        return value(at: index)
    }

    /// The first value of a field of that name (lower case), `nil` where there is none.
    public subscript(_ name: StaticString) -> String? {
        guard let index = firstIndex(of: name) else { return nil }
        return value(at: index)
    }

    /// The position of the first field of that name (lower case).
    @_disfavoredOverload
    public func firstIndex(of name: String, from start: Int = 0) -> Int? {
        firstIndex(of: name.utf8.span, from: start)
    }

    /// The position of the first field of that name (lower case).
    public func firstIndex(of name: StaticString, from start: Int = 0) -> Int? {
        name.withUTF8Buffer { firstIndex(of: unsafe $0.span, from: start) }
    }

    private func firstIndex(of wanted: Span<UInt8>, from start: Int) -> Int? {
        guard nameCounts & Self.bit(wanted.count) != 0 else { return nil }
        let all = bytes.span
        var index = start
        while index < count {
            let entry = entry(at: index)
            if Int(entry.nameCount) == wanted.count,
                Self.isEqual(all, from: Int(entry.start), to: wanted)
            {
                return index
            }
            index += 1
        }
        return nil
    }

    private static func isEqual(_ bytes: Span<UInt8>, from start: Int, to name: Span<UInt8>) -> Bool
    {
        bytes.extracting(start..<(start + name.count)).isEqual(to: name)
    }

    /// Whether a field of that name (lower case) is there.
    @_disfavoredOverload
    public func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

    /// Whether a field of that name (lower case) is there.
    public func contains(_ name: StaticString) -> Bool { firstIndex(of: name) != nil }

    /// Every value of the fields of that name (lower case), in order.
    public func values(of name: String) -> [String] {
        (0..<count).filter { isName(name, at: $0) }.map { value(at: $0) }
    }

    /// How many fields have that name (lower case).
    public func occurrences(of name: String) -> Int {
        (0..<count).count { isName(name, at: $0) }
    }

    /// The name of the field at a position below `count`.
    public func name(at index: Int) -> String {
        String(decoding: nameBytes(at: index), as: UTF8.self)
    }

    /// The value of the field at a position below `count`; invalid UTF-8 is mended with U+FFFD.
    public func value(at index: Int) -> String {
        let range = valueRange(at: index)
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        }
    }

    /// The name's bytes of the field at a position below `count`.
    public func nameBytes(at index: Int) -> ArraySlice<UInt8> {
        bytes[nameRange(at: index)]
    }

    /// The value's bytes, as received, of the field at a position below `count`.
    public func valueBytes(at index: Int) -> ArraySlice<UInt8> {
        bytes[valueRange(at: index)]
    }

    /// Lends the bytes of all fields at once; `nameRange(at:)` and `valueRange(at:)` say where.
    public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result { body(bytes.span) }

    /// Where the name of the field at a position below `count` stands in the bytes of all.
    public func nameRange(at index: Int) -> Range<Int> {
        let entry = entry(at: index)
        return Int(entry.start)..<Int(entry.start + entry.nameCount)
    }

    /// Where the value of the field at a position below `count` stands in the bytes of all.
    public func valueRange(at index: Int) -> Range<Int> {
        let entry = entry(at: index)
        let start = entry.start + entry.nameCount
        return Int(start)..<Int(start + entry.valueCount)
    }

    /// Replaces every field of that name by one.
    public mutating func set(_ name: String, _ value: String) {
        removeAll(name)
        append(name, value)
    }

    /// Removes every field of that name (lower case).
    public mutating func removeAll(_ name: String) {
        guard contains(name) else { return }
        let kept = (0..<count).filter { !isName(name, at: $0) }.map { entry(at: $0) }
        for (index, entry) in kept.enumerated() { setEntry(entry, at: index) }
        count = kept.count
    }

    /// Overwrites the values of that name (lower case) with zeros, for secrets that were read out.
    ///
    /// In every copy of these fields that wasn't changed since it was made, since they stand in
    /// the same memory: a copy that was forgotten somewhere keeps no secret. Nothing may read the
    /// values meanwhile in another thread.
    public func wipeValues(of name: String) {
        for index in 0..<count where isName(name, at: index) {
            let entry = entry(at: index)
            let start = Int(entry.start + entry.nameCount)
            unsafe bytes.withUnsafeBytes { storage in
                unsafe Self.wipe(storage[start..<(start + Int(entry.valueCount))])
            }
        }
    }

    // Written through a pointer: a change by way of the array would first make a copy where the
    // storage is shared, and leave the secret in the others. Kept from the optimizer, which takes
    // memory that was lent for reading as unchanged.
    @inline(never)
    @_optimize(none)
    private static func wipe(_ value: Slice<UnsafeRawBufferPointer>) {
        let part = unsafe UnsafeRawBufferPointer(rebasing: value)
        guard let address = part.baseAddress else { return }
        let memory = unsafe UnsafeMutableRawPointer(mutating: address)
        for offset in 0..<part.count {
            unsafe memory.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }

    /// Whether the field at a position below `count` has that value, byte for byte.
    public func isValue(_ value: Span<UInt8>, at index: Int) -> Bool {
        bytes.span.extracting(valueRange(at: index)).isEqual(to: value)
    }

    /// Whether the field at a position below `count` has that name (lower case).
    public func isName(_ name: Span<UInt8>, at index: Int) -> Bool {
        let entry = entry(at: index)
        guard Int(entry.nameCount) == name.count else { return false }
        return Self.isEqual(bytes.span, from: Int(entry.start), to: name)
    }

    /// Whether the name of the field at a position below `count` begins so (lower case).
    public func isName(startingWith prefix: StaticString, at index: Int) -> Bool {
        bytes.span.extracting(nameRange(at: index)).starts(with: prefix)
    }

    /// How many fields have a name that begins so (lower case).
    public func count(prefix: StaticString) -> Int {
        (0..<count).count { isName(startingWith: prefix, at: $0) }
    }

    /// Whether a field's name begins so (lower case).
    public func contains(prefix: StaticString) -> Bool {
        (0..<count).contains { isName(startingWith: prefix, at: $0) }
    }

    /// Whether the field at a position below `count` has that name (lower case).
    func isName(_ name: String, at index: Int) -> Bool { isName(name.utf8.span, at: index) }
}

extension HTTPFields: Equatable {
    /// The same names and values in the same order.
    public static func == (left: HTTPFields, right: HTTPFields) -> Bool {
        left.count == right.count
            && (0..<left.count).allSatisfy {
                left.nameBytes(at: $0) == right.nameBytes(at: $0)
                    && left.valueBytes(at: $0) == right.valueBytes(at: $0)
            }
    }
}
