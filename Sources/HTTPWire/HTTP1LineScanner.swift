internal import Encoding

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
        let lineFeed = input.extracting(0..<end).firstIndex(of: 0x0a, from: from)
        guard lineFeed < end else {
            if available >= bytesMax { throw tooLong }
            scanned = available
            return nil
        }
        scanned = 0
        guard lineFeed > start, input[lineFeed - 1] == 0x0d else { throw .bareLineFeed }
        return start..<(lineFeed - 1)
    }
}
