internal import Crypto
internal import Encoding

/// So many 64-bit words of bytes that need no memory of their own: what ids and salts are made of.
struct InlineBytes<let wordCount: Int>: Hashable, Sendable {
    /// The length in bytes.
    static var count: Int { wordCount * 8 }

    var words: InlineArray<wordCount, UInt64>

    /// These words, big-endian.
    init(words: InlineArray<wordCount, UInt64>) { self.words = words }

    /// Zeros.
    init() { words = InlineArray(repeating: 0) }

    /// A copy of `count` bytes.
    ///
    /// - Throws: `.lengthInvalid` for another length.
    init(_ bytes: some Collection<UInt8>) throws(SealedObjectError) {
        guard bytes.count == Self.count else { throw .lengthInvalid }
        // Over any collection each byte would cost calls; over contiguous bytes it doesn't.
        let copy = bytes.withContiguousStorageIfAvailable { unsafe InlineBytes(copying: $0.span) }
        self = copy ?? InlineBytes(copying: Array(bytes).span)
    }

    /// A copy of `count` bytes; what is missing is zero, what is over is left.
    init(copying bytes: Span<UInt8>) {
        self.init()
        let taken = bytes.extracting(first: Self.count)
        var span = words.mutableSpan
        unsafe span.withUnsafeMutableBytes { words in
            unsafe taken.withUnsafeBytes { unsafe words.copyMemory(from: $0) }
        }
        for index in span.indices { span[index] = UInt64(bigEndian: span[index]) }
    }

    /// Random bytes.
    ///
    /// - Throws: `.crypto(.randomUnavailable)`.
    static func random() throws(SealedObjectError) -> InlineBytes {
        var drawn = InlineBytes()
        var words = drawn.words.mutableSpan
        do throws(CryptoError) { try Random.fill(&words) } catch { throw .crypto(error) }
        return drawn
    }

    /// The bytes, in an array.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.count)
        append(to: &bytes)
        return bytes
    }

    /// Lends the bytes, for which no memory is allocated.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        var swapped = words
        for index in words.indices { swapped[index] = words[index].bigEndian }
        return unsafe swapped.span.withUnsafeBytes {
            body(unsafe $0.bindMemory(to: UInt8.self).span)
        }
    }

    /// Appends the bytes, at once: each append costs more than a word's bytes do.
    func append(to bytes: inout [UInt8]) { withBytes { bytes.append($0) } }

    /// Appends the bytes.
    func append(to info: inout HKDF.Info) { info.append(bigEndian: words.span) }

    /// Whether the two are the same, in time that doesn't depend on them.
    func isEqual(to other: InlineBytes) -> Bool {
        unsafe ConstantTime.equal(words.span.bytes, other.words.span.bytes)
    }

    static func == (left: InlineBytes, right: InlineBytes) -> Bool {
        left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
    }

    func hash(into hasher: inout Swift.Hasher) {
        for index in words.indices { hasher.combine(words[index]) }
    }
}
