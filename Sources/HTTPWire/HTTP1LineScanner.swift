/// Finds the ends of lines, and remembers how far it looked when one isn't whole yet.
struct HTTP1LineScanner {
    /// Bytes at the front of the current line that hold no LF.
    private(set) var scanned = 0

    /// The range of the line that begins at `start`, without its CR LF.
    ///
    /// `nil` where its end isn't in the input yet; `bytesMax` counts the end too.
    mutating func line(
        in input: Span<UInt8>,
        from start: Int,
        bytesMax: Int,
        orThrow tooLong: HTTP1Error
    ) throws(HTTP1Error) -> Range<Int>? {
        let available = input.count - start
        let end = start + min(available, max(bytesMax, 0))
        let from = min(start + scanned, end)
        guard let lineFeed = Self.firstLineFeed(in: input, from: from, to: end) else {
            if available >= bytesMax { throw tooLong }
            scanned = available
            return nil
        }
        scanned = 0
        guard lineFeed > start, input[lineFeed - 1] == 0x0d else { throw .bareLineFeed }
        return start..<(lineFeed - 1)
    }

    /// Looks at eight bytes at a time: a zero byte in `word ^ pattern` is a LF.
    private static func firstLineFeed(in input: Span<UInt8>, from: Int, to end: Int) -> Int? {
        let pattern: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
        let bytes = unsafe input.bytes
        var index = from
        while end - index >= 8 {
            let word: UInt64 = unsafe bytes.unsafeLoadUnaligned(
                fromByteOffset: index,
                as: UInt64.self
            )
            let difference = UInt64(littleEndian: word) ^ pattern
            let zeros =
                (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            if input[index] == 0x0a { return index }
            index += 1
        }
        return nil
    }
}
